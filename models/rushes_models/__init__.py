"""Encoders that turn text and pictures into vectors, behind the two ports of `rushes_models.ports`.

Importing this package, or a module of it that an encoder is asked for by (`registry`, `available`), loads neither a
model nor a native library for pictures, and no module of it imports torch. Ask `rushes_models.registry` for an
encoder; its weights are read on first use or by `warm()`.
"""
