"""What the vectors of a CLIP model depend on, beside the picture or the words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rushes_models.ports import ModelRecipe
from rushes_models.weights import WeightsError

Exported = Literal["fp32", "int8"]
"""How an exported model stores its weights and computes."""

Precision = Literal[Exported, "bf16"]

_SAID: dict[Precision, str] = {
    "fp32": "float32 weights",
    "int8": "int8 weights, int8 matrix products",
    "bf16": "float32 weights, bfloat16 matrix products",
}


@dataclass(frozen=True)
class Preprocess:
    """How a picture becomes the network's input, in open_clip's words and with its defaults.

    `side`: pixels; the input is square, as that of every architecture of open_clip is. `mean` and `std`: per channel,
    of values 0 to 1. `resize_mode`: `shortest` crops the centre, `longest` pads with `fill_color`, `squash` distorts.
    """

    side: int
    mean: tuple[float, ...] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, ...] = (0.26862954, 0.26130258, 0.27577711)
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    fill_color: int = 0

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Preprocess":
        """From open_clip's preprocessing settings, or from `asdict`; what is not said has open_clip's default.

        Raises `WeightsError` for what is no preprocessing of three channels to a square.
        """
        side = said.get("side", said.get("size"))
        sides = {side} if isinstance(side, int) else set(side or ())
        values = {name: _plain(said[name]) for name in cls.__dataclass_fields__ if said.get(name) is not None}
        made = cls(**{**values, "side": sides.pop() if len(sides) == 1 else 0})
        good = made.side > 0 and len(made.mean) == len(made.std) == 3 and 0 not in made.std
        if not good or made.interpolation not in _INTERPOLATIONS or made.resize_mode not in _RESIZE_MODES:
            raise WeightsError(f"pictures can't be prepared as {dict(said)}")
        return made


_INTERPOLATIONS = ("bicubic", "bilinear")
_RESIZE_MODES = ("shortest", "longest", "squash")


def clip_recipe(
    architecture: str, weights_sha256: str, precision: Precision, dimensions: int, preprocess: Preprocess
) -> ModelRecipe:
    """The recipe of a CLIP model, in torch or exported.

    The two have the same at the same precision, as have float32 on a CPU and float16 products on a GPU, since their
    vectors agree to a cosine of .999: the scenes may be embedded on a GPU and the queries on a CPU. bfloat16 has fewer
    digits (cosine .997 at worst) and a recipe of its own, as has another way to prepare the pictures.
    """
    said = json.dumps(asdict(preprocess), sort_keys=True)
    pictures = hashlib.sha256(said.encode()).hexdigest()[:8]
    return ModelRecipe(f"open-clip:{architecture}/pictures-{pictures}", weights_sha256, _SAID[precision], dimensions)


def _plain(value: Any) -> Any:
    return tuple(float(each) for each in value) if isinstance(value, (list, tuple)) else value
