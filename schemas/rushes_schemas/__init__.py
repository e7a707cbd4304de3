"""The contract of rushes: events, topics, identifiers and the index, and nothing that needs more than pydantic."""
