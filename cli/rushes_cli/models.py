"""`rushes models`: what is here, how fast it is, and the export to ONNX."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rushes_cli.errors import WrongUse
from rushes_cli.plain import complain, say, say_json
from rushes_cli.render.models import checked_table, list_json, list_table, speed_json
from rushes_cli.terminal import out
from rushes_models.clip import Exported
from rushes_models.export import ExportRefused, export
from rushes_models.measurements import Speed, measure, measure_texts
from rushes_models.onnx_clip import read_manifest
from rushes_models.open_clip_weights import cache_roots
from rushes_models.registry import Availability, available, encoders, look
from rushes_models.weights import WeightsError
from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.settings import ModelSettings, Settings, load


@dataclass(frozen=True)
class Checked:
    """A model, and how fast it is; None where it can't be used."""

    model: Availability
    speed: Speed | None


def list_models(*, as_json: bool) -> None:
    """Raises ConfigurationError for a setting that names no model."""
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


def check_models(names: Sequence[str], *, batch: int, as_json: bool) -> bool:
    """Whether all can be used. Raises ConfigurationError for what is no model's name."""
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
    return all(each.speed for each in checked)


def export_model(name: str, folder: Path, precision: Exported, *, as_json: bool) -> None:
    """Raises WrongUse for another name or folder, ConfigurationError where the model or the extra is not here."""
    try:
        with _told():
            agreed = export(name, folder, precision, threads=load(Settings).models.threads)
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
