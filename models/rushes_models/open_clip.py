"""The image-text encoder over OpenCLIP in torch: any architecture and weights, on the CPU or a GPU.

torch and open_clip are imported when a model is found or a half is loaded, never before.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from rushes_models.clip import Clip, load_to_batch
from rushes_models.open_clip_weights import Checkpoint, find_checkpoint
from rushes_models.ports import Image, ImageTextEncoder, ModelRecipe, Vectors
from rushes_models.weights import WeightsError, need

PREFIX = "open-clip"
FORM = f"{PREFIX}:<architecture>:<pretrained>"

HalfName = Literal["visual", "text"]
Products = Literal["auto", "fp32", "fp16", "bf16"]


@dataclass(frozen=True)
class Computing:
    """Where and how torch computes. Reading this loads nothing.

    `device`: `auto` (a GPU if there is one) or torch's name of a device. `products`: the type of matrix products under
    torch's autocast, which keeps the rest in float32; `auto` is float16 on a GPU and float32 on a CPU.
    """

    device: str = "auto"
    products: Products = "auto"


def open_clip(architecture: str, pretrained: str, threads: int, batch: int, how: Computing) -> ImageTextEncoder:
    """Return the encoder of the model of `find_checkpoint`; nothing is imported or read before the first call.

    `threads` is the number of torch's threads, which the whole process shares.
    """
    return Clip(partial(_open, architecture, pretrained, threads, how), batch)


def parts_of(name: str) -> tuple[str, str]:
    """Return architecture and pretrained of a name like `FORM`. Raises `ValueError` for any other name."""
    prefix, _, rest = name.partition(":")
    # The file name in `pretrained` may hold colons itself, an architecture never does.
    architecture, _, pretrained = rest.partition(":")
    if prefix != PREFIX or not architecture or not pretrained:
        raise ValueError(f"{name!r} is not like {FORM}, such as {PREFIX}:ViT-B-32:laion2b_s34b_b79k")
    return architecture, pretrained


class Half:
    """One half of a model as a torch module that maps a batch to unit vectors. Safe to share between threads."""

    def __init__(self, checkpoint: Checkpoint, name: HalfName, how: Computing) -> None:
        """Load the weights and keep those of this half. Raises `WeightsError`."""
        self._device = _device(how.device)
        self._products = how.products
        self.module = _unit_vectors(_only(_load(checkpoint), name), name).to(self._device)

    def __call__(self, batch: Any) -> Vectors:
        """Shape (n, dimensions), for a tensor of n >= 1 prepared pictures or texts."""
        torch = need("torch")
        with torch.inference_mode(), mixed_precision(self._device.type, self._products):
            vectors = self.module(batch.to(self._device))
        # numpy has no bfloat16, so the vectors become float32 in torch.
        return np.asarray(vectors.float().cpu().numpy(), np.float32)


def mixed_precision(device_type: str, products: Products) -> AbstractContextManager[Any]:
    """Return torch's autocast, as `Computing.products` says."""
    torch = need("torch")
    dtypes = {"fp16": torch.float16, "bf16": torch.bfloat16}
    dtype = dtypes.get("fp16" if products == "auto" and device_type == "cuda" else products)
    context: AbstractContextManager[Any] = torch.autocast(device_type, dtype, enabled=dtype is not None)
    return context


def load_tokenizer(architecture: str) -> Any:
    """Return open_clip's tokenizer: it maps a list of texts to an int64 tensor of shape (n, context length).

    Raises `WeightsError` if the tokenizer comes from the model hub and is not in its cache; never downloads it.
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


class _OpenClip:
    """See `ClipModel`."""

    def __init__(self, checkpoint: Checkpoint, how: Computing) -> None:
        self._checkpoint = checkpoint
        self._how = how

    @property
    def recipe(self) -> ModelRecipe:
        """The same on CPU and GPU: see `clip_recipe`."""
        return self._checkpoint.recipe("bf16" if self._how.products == "bf16" else "fp32")

    def load_pictures(self) -> Callable[[Sequence[Image]], Vectors]:
        """See `ClipModel`."""
        to_batch = load_to_batch(self._checkpoint.preprocess)
        half = Half(self._checkpoint, "visual", self._how)
        return lambda images: half(need("torch").from_numpy(to_batch(images)))

    def load_queries(self) -> Callable[[Sequence[str]], Vectors]:
        """See `ClipModel`."""
        half = Half(self._checkpoint, "text", self._how)
        tokenize = load_tokenizer(self._checkpoint.architecture)
        return lambda texts: half(tokenize(list(texts)))


def _open(architecture: str, pretrained: str, threads: int, how: Computing) -> _OpenClip:
    # By default torch takes a thread for every core, and the other services need some.
    need("torch").set_num_threads(threads)
    return _OpenClip(find_checkpoint(architecture, pretrained), how)


def _load(checkpoint: Checkpoint) -> Any:
    """Load the whole model, for inference."""
    try:
        # Without pretrained_text=False some architectures download a text tower that the checkpoint replaces anyway.
        model = need("open_clip").create_model(
            checkpoint.architecture, pretrained=str(checkpoint.path), pretrained_text=False
        )
    except Exception as error:  # torch, safetensors and pickle each raise exceptions of their own
        raise WeightsError(
            f"{checkpoint.path} holds no weights of {checkpoint.architecture}: {_first_line(error)}"
        ) from error
    return model.eval()


def _only(model: Any, name: HalfName) -> Any:
    """Remove the modules of the other half, which frees their memory."""
    for module in [module for module, _ in model.named_children() if (module == "visual") != (name == "visual")]:
        delattr(model, module)
    return model


def _unit_vectors(model: Any, name: HalfName) -> Any:
    """Make a call of the model encode pictures, or texts, to vectors of length 1."""
    encode = model.encode_image if name == "visual" else model.encode_text
    model.forward = lambda batch: encode(batch, normalize=True)
    return model


def _device(name: str) -> Any:
    """torch's device, after a check that it works."""
    torch = need("torch")
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        # torch accepts the name of a GPU that is absent; only an allocation on it fails.
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise WeightsError(
            f"torch can't compute on {name!r} here, set RUSHES_MODELS__DEVICE: {_first_line(error)}"
        ) from error
    return device


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
