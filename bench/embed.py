"""`make bench-embed`: pictures a second of the image-text models, from decoded frames to vectors.

ViT-B-32 with random weights, which compute as fast as trained ones, in torch and exported, and the offline default.
In seconds of one core, which the machine's other work does not stretch as it does the time on the wall.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.page import table, write_section

from rushes_models import conse
from rushes_models.clip import Exported
from rushes_models.export import export
from rushes_models.measurements import FRAME, Agreement, Speed, agreement, measure
from rushes_models.open_clip import Computing
from rushes_models.ports import ImageTextEncoder
from rushes_models.registry import image_text_encoder
from rushes_models.weights import need

ARCHITECTURE = "ViT-B-32"
BATCHES = (1, 8, 32)
THREADS = 1
EXPORTS: tuple[Exported, ...] = ("fp32", "int8")


class Measured(NamedTuple):
    """A model, its speeds by `BATCHES`, and its least cosine to torch in float32 (None: there is none)."""

    model: str
    speeds: list[Speed]
    cosine: float | None


def main() -> None:
    """Measure, and write the section."""
    with tempfile.TemporaryDirectory(prefix="rushes-bench-") as folder:
        measured = list(_all(Path(folder)))
    write_section("bench-embed", report(measured))
    sys.stdout.write(f"{report(measured)}\n")


def _all(folder: Path) -> list[Measured]:
    name = write_random(folder)
    made = {precision: folder / precision for precision in EXPORTS}
    agreed = {precision: export(name, made[precision], precision, threads=THREADS) for precision in EXPORTS}
    fp32 = image_text_encoder(name, THREADS)
    bf16 = image_text_encoder(name, THREADS, computing=Computing("cpu", "bf16"))
    return [
        Measured(conse.NAME, _speeds(image_text_encoder(conse.NAME, THREADS)), None),
        *(
            Measured(
                f"{ARCHITECTURE}, ONNX {precision}",
                _speeds(image_text_encoder(f"onnx-clip:{made[precision]}", THREADS)),
                _least(agreed[precision]),
            )
            for precision in EXPORTS
        ),
        Measured(f"{ARCHITECTURE}, torch fp32", _speeds(fp32), None),
        Measured(f"{ARCHITECTURE}, torch bf16", _speeds(bf16), _least(agreement(fp32, bf16))),
    ]


def write_random(folder: Path) -> str:
    """The name of a model whose weights are random and lie in the folder."""
    torch, weights = need("torch"), folder / "random.pt"
    torch.manual_seed(0)
    torch.save(need("open_clip").create_model(ARCHITECTURE).state_dict(), weights)
    return f"open-clip:{ARCHITECTURE}:{weights}"


def _least(agreed: Agreement) -> float:
    return min(agreed.pictures, agreed.queries)


def _speeds(encoder: ImageTextEncoder) -> list[Speed]:
    return [measure(encoder, batch, clock=time.process_time) for batch in BATCHES]


def report(measured: list[Measured]) -> str:
    """The section."""
    height, width = FRAME
    pictures = (f"pictures/s, {batch} at once" for batch in BATCHES)
    header = ("model", *pictures, "queries/s", "loads in, s", "least cosine")
    rows: list[tuple[object, ...]] = [
        (
            each.model,
            *(f"{speed.pictures or 0:.1f}" for speed in each.speeds),
            f"{max(speed.queries for speed in each.speeds):.0f}",
            f"{each.speeds[0].load_s:.1f}",
            "" if each.cosine is None else f"{each.cosine:.4f}",
        )
        for each in measured
    ]
    return f"""{ARCHITECTURE} with random weights, and the offline default: pictures a second of one core's time,
{", ".join(map(str, BATCHES))} at once, from decoded {width}x{height} frames to vectors; single queries a second; the
least cosine of the vectors of pictures and texts to those of torch in float32. `rushes models check` has the speed by
the wall clock, with the threads of the settings.

{table(header, rows)}"""


if __name__ == "__main__":
    main()
