"""Fetching videos from URIs: which URIs are allowed, and how their bytes are read."""
