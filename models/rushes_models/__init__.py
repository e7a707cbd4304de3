"""Encoders that turn text and pictures into vectors, behind the two ports of `rushes_models.ports`.

Importing this package, or any module of it but `conse_image`, loads neither a model nor a native library for
pictures. Ask `rushes_models.registry` for an encoder; its weights are read on first use or by `warm()`.
"""
