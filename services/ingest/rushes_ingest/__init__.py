"""Ingest: takes a video in, refuses what is none, and plans the segments that the other stages work on."""
