"""For tests against rushes: a broker, an index, a blob store, and the whole pipeline running on them.

`rushes_testing.plugin` has them as pytest fixtures; pytest loads it by itself once this package is installed. `broker`,
`index`, `blobs` and `pipeline` have them as context managers, for any other harness.
"""
