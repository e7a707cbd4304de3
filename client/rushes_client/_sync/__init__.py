"""The client that blocks. `make client` generates `client.py` and `uploads.py` from `rushes_client._async`."""
