"""The client that does not block, from which `make client` generates the one that does (`rushes_client._sync`)."""
