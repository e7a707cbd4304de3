"""Torch modules to ONNX files, in float32 or with int8 weights."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rushes_models.clip_recipe import Exported
from rushes_models.optional import need


def write_onnx(module: Any, sample: Any, path: Path, precision: Exported) -> None:
    """Writes `path` and, since a file of ONNX can't be larger than 2 GB, its weights to `<path>.data`.

    `module` takes a batch of any size to one tensor; `sample` is a batch of two, of which the shape matters.
    """
    if precision == "fp32":
        _write_float32(module, sample, path)
        return
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        _write_float32(module, sample, whole)
        _write_int8(whole, path)


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
    """Dynamic quantisation of the matrix products and the table of tokens; the rest stays float32.

    Weights of seven bits per channel: a CPU with AVX2 and no VNNI adds two products in 16 bits, which overflows with
    eight and takes ViT-B-32's pictures to a cosine of .98 to float32; so they are at .9997 on either, and a third
    faster there than unsigned weights, which do not overflow.
    """
    quantization = need("onnxruntime.quantization")
    with _quiet():
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
def _quiet() -> Iterator[None]:
    """Without onnxruntime's advice to pre-process the graph, which does nothing for these."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
