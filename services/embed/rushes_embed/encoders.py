"""The encoders that the settings name."""

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.registry import encoders
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import ModelSettings


def chosen(models: ModelSettings) -> tuple[ImageTextEncoder, TextEncoder]:
    """Pictures' and texts', not loaded yet. Raises ConfigurationError for a name that no model has."""
    try:
        return encoders(models)
    except ValueError as error:
        raise ConfigurationError(f"RUSHES_MODELS__IMAGE_TEXT or RUSHES_MODELS__TEXT is wrong: {error}") from error
