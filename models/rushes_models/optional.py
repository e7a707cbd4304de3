"""Packages of the extra `open-clip`, which most installations do without."""

from importlib import import_module
from typing import Any

from rushes_models.weights import WeightsError


def need(module: str) -> Any:
    """The module, imported now. Raises `WeightsError`, with what to install, where it can't be.

    `Any`, so that the types are the same whether the extra is installed or not.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise WeightsError(
            f"open-clip models need the package {module.partition('.')[0]}: `pip install 'rushes-models[open-clip]'`, "
            "or export the model where it is installed and name the folder: onnx-clip:<folder>"
        ) from error
