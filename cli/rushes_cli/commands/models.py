"""`rushes models`: which embedding models are here, how fast they are, and the export to ONNX."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rushes_cli.console import WrongUse, complain, say, say_json
from rushes_cli.render.tables import checked_table, list_json, list_table, speed_json
from rushes_cli.render.terminal import out
from rushes_models.export import ExportRefused
from rushes_models.export import export as export_model
from rushes_models.measurements import Speed, measure, measure_texts
from rushes_models.onnx_clip import read_manifest
from rushes_models.open_clip_weights import cache_roots
from rushes_models.registry import Availability, available, encoders, look
from rushes_models.weights import WeightsError
from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.settings import ModelSettings, Settings, load

models = typer.Typer(name="models", help="List, measure and export the embedding models.", no_args_is_help=True)


class Exported(StrEnum):
    """How an exported model stores its weights."""

    FP32 = "fp32"
    INT8 = "int8"


@models.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show which models there are, and where weights are looked for.

    Those that come with rushes, those of the settings (marked *), and the tags of open_clip whose weights are here.
    Nothing is fetched. Every file's SHA-256 is checked, about a second per gigabyte.
    """
    chosen = load(Settings).models
    named = (chosen.image_text, chosen.text)
    try:
        with _told():
            found = available(named)
    except WrongUse as error:
        raise ConfigurationError(f"RUSHES_MODELS__IMAGE_TEXT or RUSHES_MODELS__TEXT is wrong: {error}") from error
    places = cache_roots()
    if as_json:
        say_json(list_json(found, named, places))
        return
    out().print(list_table(found, named))
    for model in found:
        if model.problem:
            complain(f"{model.name}: {model.problem}")
    say(f"weights of open_clip's tags are looked for in {' and '.join(map(str, places))}")


@models.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Default: the models of the settings.")] = None,
    batch: Annotated[int, typer.Option(help="Pictures at once.", min=1, max=4096)] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Load models and measure how fast they are here, from decoded 720p pictures and single queries.

    With the threads, device and precision of the settings. The exit code is 1 if one of them can't be used.

    \b
    Examples:
      rushes models check
      rushes models check onnx-clip:/models/vit-b-32 open-clip:ViT-B-32:laion2b_s34b_b79k
    """
    settings = load(Settings).models
    with _told():
        models = [look(name) for name in names or (settings.image_text, settings.text)]
    checked = [_check(model, settings, batch) for model in models]
    if as_json:
        say_json([speed_json(each.model, each.speed) for each in checked])
    else:
        out().print(checked_table([(each.model, each.speed) for each in checked]))
    for each in checked:
        if each.model.problem:
            complain(f"{each.model.name}: {each.model.problem}")
    if not all(each.speed for each in checked):
        raise typer.Exit(1)


@models.command()
def export(
    name: Annotated[str, typer.Argument(help="open-clip:<architecture>:<pretrained>", metavar="MODEL")],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    precision: Annotated[Exported, typer.Option(help="int8 is smaller and faster, and another model to the index.")] = (
        Exported.FP32
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write an OpenCLIP model to a folder that runs without torch: onnx-clip:FOLDER.

    Compared with torch before the folder appears; one that is too far off is not kept.

    \b
    Example:
      rushes models export open-clip:ViT-B-32:laion2b_s34b_b79k /models/vit-b-32 --precision int8
    """
    try:
        with _told():
            agreed = export_model(name, folder, precision.value, threads=load(Settings).models.threads)
            recipe = read_manifest(folder).recipe
    except ExportRefused as error:
        raise RushesError(str(error)) from error
    size = look(f"onnx-clip:{folder}").size
    if as_json:
        cosine = {"pictures": agreed.pictures, "queries": agreed.queries}
        say_json(
            {"model": f"onnx-clip:{folder.resolve()}", "bytes": size, "cosine": cosine, "recipe": recipe.as_dict()}
        )
        return
    cosines = f"{agreed.pictures:.5f} of pictures, {agreed.queries:.5f} of queries"
    say(f"wrote {folder}, {size / 1e6:.0f} MB; least cosine to torch: {cosines}")
    say(f"use it with RUSHES_MODELS__IMAGE_TEXT=onnx-clip:{folder.resolve()}")


@dataclass(frozen=True)
class Checked:
    """A model, and how fast it is; None where it can't be used."""

    model: Availability
    speed: Speed | None


def _check(model: Availability, settings: ModelSettings, batch: int) -> Checked:
    if model.problem:
        return Checked(model, None)
    try:
        return Checked(model, _speed(model, settings, batch))
    except WeightsError as error:
        return Checked(model.with_problem(str(error)), None)


def _speed(model: Availability, settings: ModelSettings, batch: int) -> Speed:
    chosen = settings.model_copy(update={"batch": batch} | {model.kind.replace("-", "_"): model.name})
    images, texts = encoders(chosen)
    return measure(images, batch) if model.kind == "image-text" else measure_texts(texts)


@contextmanager
def _told() -> Iterator[None]:
    """What the models raise, as the command tells it."""
    try:
        yield
    except ValueError as error:
        raise WrongUse(str(error)) from error
    except WeightsError as error:
        raise ConfigurationError(str(error)) from error
