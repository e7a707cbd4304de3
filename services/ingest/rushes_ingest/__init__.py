"""Ingest: accepts videos, refuses other files, and plans the segments that the other stages process."""
