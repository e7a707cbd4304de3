"""An OpenCLIP model to a folder that `open_clip_onnx` runs without torch."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rushes_models.agreement import Agreement, agreement
from rushes_models.clip_folder import TEXT, TOKENIZER, VISUAL, Manifest, digests, write_manifest
from rushes_models.clip_recipe import Exported
from rushes_models.onnx_export import write_onnx
from rushes_models.open_clip import open_clip, parts_of
from rushes_models.open_clip_halves import Computing, Half, HalfName, load_tokenizer
from rushes_models.open_clip_onnx import onnx_clip
from rushes_models.open_clip_tokenizer import write_tokenizer
from rushes_models.open_clip_weights import Checkpoint, find_checkpoint
from rushes_models.optional import need

LEAST_COSINE: dict[Exported, float] = {"fp32": 0.999, "int8": 0.99}
"""To torch's vectors of the same input: an export that is further off is refused."""

CPU = Computing("cpu", "fp32")


class ExportRefused(Exception):
    """The model can't be exported as asked. Nothing was left behind."""


def export(name: str, folder: Path, precision: Exported = "fp32", *, threads: int = 2) -> Agreement:
    """Writes the model called `open-clip:...` to `folder`, empty or not there yet; how well it agrees with torch.

    Takes the memory of the model some three times and, for ViT-B-32, about a minute. The folder is there whole or not
    at all. Raises `ValueError` for another name, `WeightsError` if the model is not here, `ExportRefused` if the folder
    is taken or the vectors are further from torch's than `LEAST_COSINE`.
    """
    architecture, pretrained = parts_of(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportRefused(f"{folder} is there and not empty: name a new folder")
    checkpoint = find_checkpoint(architecture, pretrained)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        made = Path(beside) / folder.name
        _write(checkpoint, made, precision)
        agreed = agreement(open_clip(architecture, pretrained, threads, 8, CPU), onnx_clip(made, threads, 8))
        _require(agreed, precision)
        for file in made.iterdir():
            file.chmod(0o644)  # onnxruntime's are its owner's alone, and a service may be somebody else
        made.rename(folder)
    return agreed


def _write(checkpoint: Checkpoint, folder: Path, precision: Exported) -> None:
    """All files; `model.json` last."""
    folder.mkdir()
    tokenizer = load_tokenizer(checkpoint.architecture)
    write_tokenizer(tokenizer, folder / TOKENIZER)
    torch = need("torch")
    side = checkpoint.preprocess.side
    _write_half(checkpoint, "visual", torch.zeros(2, 3, side, side), folder / VISUAL, precision)
    _write_half(checkpoint, "text", tokenizer(["two", "texts"]), folder / TEXT, precision)
    write_manifest(
        folder,
        Manifest(
            checkpoint.architecture,
            checkpoint.sha256,
            precision,
            checkpoint.dimensions,
            checkpoint.preprocess,
            digests(folder),
            {name: str(need(name).__version__) for name in ("torch", "open_clip", "onnx", "onnxruntime")},
        ),
    )


def _write_half(checkpoint: Checkpoint, name: HalfName, sample: Any, path: Path, precision: Exported) -> None:
    write_onnx(Half(checkpoint, name, CPU).module, sample, path, precision)


def _require(agreed: Agreement, precision: Exported) -> None:
    least = LEAST_COSINE[precision]
    if not min(agreed.pictures, agreed.queries) >= least:
        raise ExportRefused(
            f"the {precision} export is too far from torch: least cosine {agreed.pictures:.4f} for pictures and "
            f"{agreed.queries:.4f} for queries, where {least} is needed"
        )
