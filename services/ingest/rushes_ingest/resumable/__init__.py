"""Uploads that can be interrupted and resumed, by the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload)."""
