"""The HTTP routes of ingest: uploads, archives, edits and deletions."""
