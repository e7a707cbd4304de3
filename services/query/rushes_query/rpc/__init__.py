"""The stubs of `schemas/proto/rushes/v1/query.proto`. `python -m rushes_query.rpc.generate` writes them."""
