"""What tests against rushes stand on: a broker, an index, a blob store, and the whole pipeline running on them.

As pytest fixtures they are in `rushes_testing.plugin`, which pytest loads by itself once this package is installed; as
context managers, for any other harness, in `broker`, `index`, `blobs` and `pipeline`.
"""
