"""Search: a request into moments."""
