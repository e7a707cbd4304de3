"""The gRPC server of the query service, and the stubs that protoc generates."""
