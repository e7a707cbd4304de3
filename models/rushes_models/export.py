"""Exports an OpenCLIP model to a folder that `onnx_clip` runs without torch: both halves, tokenizer and manifest."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from rushes_models.clip import Exported
from rushes_models.measurements import Agreement, agreement
from rushes_models.onnx_clip import TEXT, TOKENIZER, VISUAL, Manifest, digests, onnx_clip, write_manifest
from rushes_models.open_clip import Computing, Half, HalfName, load_tokenizer, open_clip, parts_of
from rushes_models.open_clip_weights import Checkpoint, find_checkpoint
from rushes_models.weights import WeightsError, need

LEAST_COSINE: dict[Exported, float] = {"fp32": 0.999, "int8": 0.99}
"""To torch's vectors of the same input: an export with a lower cosine is refused."""

CPU = Computing("cpu", "fp32")

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+"
"""What CLIP calls a word (Radford et al., 2021): English endings, runs of letters, single digits, runs of the rest.

As in open_clip, U+0345 is lost; code points that Unicode has not assigned may be split differently. A text with
`<start_of_text>` in it is split like any other text here; in open_clip it becomes the control token.
"""


class ExportRefused(Exception):
    """The model can't be exported as asked. The target folder was not written."""


def export(name: str, folder: Path, precision: Exported = "fp32", *, threads: int = 2) -> Agreement:
    """Write the model called `open-clip:...` to `folder`, which is empty or missing; return its agreement with torch.

    Takes about three times the memory of the model and, for ViT-B-32, about a minute. The folder is written completely
    or not at all. Raises `ValueError` for another name, `WeightsError` if the model is missing, `ExportRefused` if the
    folder is not empty or the cosine to torch's vectors is below `LEAST_COSINE`.
    """
    architecture, pretrained = parts_of(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportRefused(f"{folder} is there and not empty: name a new folder")
    checkpoint = find_checkpoint(architecture, pretrained)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the final rename stays on one filesystem and is atomic.
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        made = Path(beside) / folder.name
        _write_model(checkpoint, made, precision)
        agreed = agreement(open_clip(architecture, pretrained, threads, 8, CPU), onnx_clip(made, threads, 8))
        _require_agreement(agreed, precision)
        for file in made.iterdir():
            # onnxruntime's files are readable by their owner alone, and a service may run as another user.
            file.chmod(0o644)
        made.rename(folder)
    return agreed


def write_tokenizer(tokenizer: Any, path: Path) -> None:
    """Write open_clip's own tokenizer as a `tokenizer.json`; texts are cut and zero-padded to its context length.

    The text must go through `onnx_clip.clean` first. Raises `WeightsError` for tokenizers of the model hub.
    """
    if not isinstance(tokenizer, need("open_clip").SimpleTokenizer):
        raise WeightsError(
            "only models with open_clip's own tokenizer can be exported, not those with one of the hub's"
        )
    start, end = ("<start_of_text>", tokenizer.sot_token_id), ("<end_of_text>", tokenizer.eot_token_id)
    made = Tokenizer(_byte_pairs(tokenizer))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.post_processor = processors.TemplateProcessing(single=f"{start[0]} $A {end[0]}", special_tokens=[start, end])
    made.enable_truncation(tokenizer.context_length)
    made.enable_padding(length=tokenizer.context_length, pad_id=0, pad_token="!")  # noqa: S106  # token 0
    made.save(str(path), pretty=False)


def write_onnx(module: Any, sample: Any, path: Path, precision: Exported) -> None:
    """Write a torch module to `path` and, since an ONNX file can't exceed 2 GB, its weights to `<path>.data`.

    `module` maps a batch of any size to one tensor; `sample` is a batch of two, of which only the shape matters.
    """
    if precision == "fp32":
        _write_float32(module, sample, path)
        return
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        _write_float32(module, sample, whole)
        _write_int8(whole, path)


def _write_model(checkpoint: Checkpoint, folder: Path, precision: Exported) -> None:
    """Write all files. The manifest is last, since it holds the digests of the others."""
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


def _require_agreement(agreed: Agreement, precision: Exported) -> None:
    least = LEAST_COSINE[precision]
    # "not >=" and not "<": a NaN must be refused too.
    if not min(agreed.pictures, agreed.queries) >= least:
        raise ExportRefused(
            f"the {precision} export is too far from torch: least cosine {agreed.pictures:.4f} for pictures and "
            f"{agreed.queries:.4f} for queries, where {least} is needed"
        )


def _byte_pairs(tokenizer: Any) -> Any:
    merges = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.__getitem__)
    return models.BPE(vocab=tokenizer.encoder, merges=merges, end_of_word_suffix="</w>")


def _write_float32(module: Any, sample: Any, path: Path) -> None:
    torch = need("torch")
    need("onnxscript")
    program = torch.onnx.export(
        module,
        (sample,),
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("n")},),
        input_names=["input"],
        output_names=["vector"],
        verbose=False,
    )
    program.save(path, external_data=True)


def _write_int8(whole: Path, path: Path) -> None:
    """Quantise the matrix products and the table of tokens dynamically; the rest stays float32.

    Weights have seven bits per channel: a CPU with AVX2 and no VNNI adds two products in 16 bits, which overflows with
    eight bits and lowers the cosine of ViT-B-32's pictures to .98 of float32. With seven bits it is .9997 on either
    CPU, and a third faster there than unsigned weights, which do not overflow.
    """
    quantization = need("onnxruntime.quantization")
    with _without_warnings():
        quantization.quantize_dynamic(
            whole,
            path,
            op_types_to_quantize=["MatMul", "Gather"],
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            use_external_data_format=True,
        )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Suppress onnxruntime's advice to pre-process the graph, which changes nothing for these models."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
