"""The answers of `rushes models`. Pure."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from rushes_cli.terminal import text
from rushes_models.measurements import Speed
from rushes_models.registry import Availability


def list_table(models: Iterable[Availability], named: Sequence[str]) -> Table:
    """One line a model; `named` are those of the settings."""
    table = _table("", "model", "kind", right=("here", "size", "dimensions"), then=("where",))
    for model in models:
        where = ", ".join(map(str, model.places[:1]))
        table.add_row("*" if model.name in named else "", text(model.name), model.kind, *_facts(model), text(where))
    return table


def checked_table(checked: Iterable[tuple[Availability, Speed | None]]) -> Table:
    """One line a model."""
    right = ("here", "size", "dimensions", "loads in", "pictures/s", "queries/s")
    table = _table("model", "kind", right=right)
    for model, speed in checked:
        table.add_row(text(model.name), model.kind, *_facts(model), *_speed(speed))
    return table


def list_json(models: Iterable[Availability], named: Sequence[str], places: Iterable[Path]) -> dict[str, Any]:
    """The models, and where the weights of open_clip's tags are looked for."""
    return {
        "models": [_json(model) | {"set": model.name in named} for model in models],
        "looked_in": [str(place) for place in places],
    }


def speed_json(model: Availability, speed: Speed | None) -> dict[str, Any]:
    """A model and its speed, null where it can't be used."""
    return _json(model) | {
        "load_s": round(speed.load_s, 3) if speed else None,
        "pictures_per_s": round(speed.pictures, 2) if speed and speed.pictures else None,
        "queries_per_s": round(speed.queries, 2) if speed else None,
    }


def _json(model: Availability) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": model.kind,
        "here": model.there,
        "bytes": model.size,
        "dimensions": model.dimensions,
        "weights_sha256": model.weights_sha256,
        "places": [str(place) for place in model.places],
        "problem": model.problem,
    }


def _facts(model: Availability) -> tuple[str, str, str]:
    return "yes" if model.there else "no", f"{model.size / 1e6:.0f} MB", str(model.dimensions or "")


def _speed(speed: Speed | None) -> tuple[str, str, str]:
    if speed is None:
        return "", "", ""
    pictures = "" if speed.pictures is None else f"{speed.pictures:.1f}"
    return f"{speed.load_s:.1f} s", pictures, f"{speed.queries:.1f}"


def _table(*left: str, right: Sequence[str], then: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in left:
        table.add_column(heading, no_wrap=True)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in then:
        table.add_column(heading, overflow="fold")
    return table
