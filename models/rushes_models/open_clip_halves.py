"""One half of an OpenCLIP model, the pictures' or the words', in torch.

torch and open_clip are imported when a half is loaded, never before.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rushes_models.open_clip_weights import Checkpoint
from rushes_models.optional import need
from rushes_models.ports import Vectors
from rushes_models.weights import WeightsError

HalfName = Literal["visual", "text"]
Products = Literal["auto", "fp32", "fp16", "bf16"]


@dataclass(frozen=True)
class Computing:
    """Where and how torch computes. Reading this loads nothing.

    `device`: `auto` (a GPU if there is one) or torch's name of one. `products`: what matrices are multiplied in, by
    torch's autocast, which keeps the rest in float32; `auto` is float16 on a GPU and float32 on a CPU.
    """

    device: str = "auto"
    products: Products = "auto"


class Half:
    """A torch module that takes a batch to unit vectors. Safe to share between threads."""

    def __init__(self, checkpoint: Checkpoint, name: HalfName, how: Computing) -> None:
        """Loads the weights and keeps those of this half. Raises `WeightsError`."""
        self._device = _device(how.device)
        self._products = how.products
        self.module = _unit_vectors(_only(_load(checkpoint), name), name).to(self._device)

    def __call__(self, batch: Any) -> Vectors:
        """Shape (n, dimensions), for a tensor of n >= 1 prepared pictures or texts."""
        torch = need("torch")
        with torch.inference_mode(), mixed_precision(self._device.type, self._products):
            vectors = self.module(batch.to(self._device))
        return np.asarray(vectors.float().cpu().numpy(), np.float32)


def mixed_precision(device_type: str, products: Products) -> AbstractContextManager[Any]:
    """torch's autocast, as `Computing.products` says."""
    torch = need("torch")
    dtypes = {"fp16": torch.float16, "bf16": torch.bfloat16}
    dtype = dtypes.get("fp16" if products == "auto" and device_type == "cuda" else products)
    context: AbstractContextManager[Any] = torch.autocast(device_type, dtype, enabled=dtype is not None)
    return context


def load_tokenizer(architecture: str) -> Any:
    """open_clip's own: takes a list of texts to an int64 tensor of shape (n, context length).

    Raises `WeightsError` if the architecture's comes from the model hub and is not in its cache; does not fetch it.
    """
    open_clip = need("open_clip")
    hub = open_clip.get_model_config(architecture)["text_cfg"].get("hf_tokenizer_name")
    try:
        return open_clip.get_tokenizer(architecture, **({"local_files_only": True} if hub else {}))
    except (ImportError, OSError, ValueError) as error:
        raise WeightsError(
            f"{architecture} needs the tokenizer {hub}, which is not here ({_first_line(error)}): "
            f"`pip install transformers`, and `hf download {hub}` where there is a network"
        ) from error


def _load(checkpoint: Checkpoint) -> Any:
    """The whole model, for inference."""
    try:
        model = need("open_clip").create_model(
            checkpoint.architecture, pretrained=str(checkpoint.path), pretrained_text=False
        )
    except Exception as error:  # torch, safetensors and pickle each raise their own
        raise WeightsError(
            f"{checkpoint.path} holds no weights of {checkpoint.architecture}: {_first_line(error)}"
        ) from error
    return model.eval()


def _only(model: Any, name: HalfName) -> Any:
    """The model less the modules of its other half, whose memory is freed."""
    for module in [module for module, _ in model.named_children() if (module == "visual") != (name == "visual")]:
        delattr(model, module)
    return model


def _unit_vectors(model: Any, name: HalfName) -> Any:
    """The model, whose call now encodes pictures, or words, to vectors of length 1."""
    encode = model.encode_image if name == "visual" else model.encode_text
    model.forward = lambda batch: encode(batch, normalize=True)
    return model


def _device(said: str) -> Any:
    """torch's device, checked to be there."""
    torch = need("torch")
    if said == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(said)
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise WeightsError(
            f"torch can't compute on {said!r} here, set RUSHES_MODELS__DEVICE: {_first_line(error)}"
        ) from error
    return device


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
