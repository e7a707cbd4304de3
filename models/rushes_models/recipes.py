"""What the vectors of an installation are made with."""

from typing import Any

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder


def recipes(images: ImageTextEncoder, texts: TextEncoder) -> dict[str, Any]:
    """The recipe of each leg of a search, by its name.

    Blocks where an OpenCLIP model's weights are hashed for the first time, and then raises `WeightsError` if they are
    not there.
    """
    return {"visual": images.recipe.as_dict(), "speech": texts.recipe.as_dict(), "lexical": LexicalEncoder.recipe}
