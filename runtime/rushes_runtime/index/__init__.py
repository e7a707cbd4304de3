"""The index port and its two adapters: a Qdrant server's, and Qdrant Edge in the process."""
