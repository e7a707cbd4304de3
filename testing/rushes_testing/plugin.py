"""The fixtures, for pytest. Nothing is started, nor imported, before a test asks for it."""
