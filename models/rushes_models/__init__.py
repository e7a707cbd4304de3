"""Encoders that turn text and pictures into vectors, behind the two interfaces of `rushes_models.ports`.

Importing this package or `rushes_models.registry` loads neither a model nor onnxruntime, OpenCV, Pillow or torch. Get
an encoder from `rushes_models.registry`; it reads its weights on first use or when `warm()` is called.
"""
