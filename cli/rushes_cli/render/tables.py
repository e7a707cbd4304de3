"""The tables of `rushes dead`, `rushes topics lag` and `rushes models`. Pure."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rushes_cli.render.terminal import text
from rushes_cli.render.words import moment_of
from rushes_models.measurements import Speed
from rushes_models.registry import Availability
from rushes_runtime.bus.lag import PartitionLag, TopicLag
from rushes_schemas.api import DeadLetter


def dead_letters_table(letters: Iterable[DeadLetter]) -> Table:
    """One line a dead letter."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "at", "reason"):
        rows.add_column(heading, no_wrap=True)
    rows.add_column("tries", justify="right", no_wrap=True)
    rows.add_column("video", overflow="fold")
    rows.add_column("error", overflow="fold")
    for letter in letters:
        rows.add_row(
            text(letter.id),
            moment_of(letter.at),
            text(letter.reason),
            str(letter.attempts),
            text(_about(letter)),
            text(letter.error),
        )
    return rows


def dead_letter_report(letter: DeadLetter) -> RenderableType:
    """One dead letter: the facts, the stack, the record."""
    facts = {
        "given up": moment_of(letter.at),
        "reason": letter.reason,
        "error": letter.error,
        "first error": letter.first_error,
        "tries": str(letter.attempts),
        "about": _about(letter),
        "recipe": letter.recipe or "",
        "came from": letter.origin,
        "stored at": letter.stored_at or "",
        "missing": letter.missing or "",
        "key": letter.key or "",
        **{f"header {name}": value for name, value in letter.headers.items()},
    }
    lines = [text(f"{name:<12}  {value}") for name, value in facts.items() if value]
    value = "value, in base64" if letter.is_base64 else "value"
    return Group(text(letter.id, "bold"), *lines, *_below("stack", letter.stack), *_below(value, letter.value))


def _below(heading: str, content: str) -> list[Text]:
    return [Text(""), text(heading, "bold"), *(text(line) for line in content.splitlines())]


def _about(letter: DeadLetter) -> str:
    segment = "" if letter.segment is None else f" segment {letter.segment}"
    return (letter.video_id or "") + segment


UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lag_table(lags: Iterable[TopicLag], now_ms: int) -> Table:
    """One line a partition."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("stage", "topic"):
        table.add_column(heading, no_wrap=True)
    for heading in ("partition", "end", "settled", "waiting", "oldest"):
        table.add_column(heading, justify="right", no_wrap=True)
    for lag in lags:
        if not lag.partitions:
            table.add_row(lag.service, lag.topic, "", "", "", "", "there is no such topic")
        for part in lag.partitions:
            settled = "-" if part.committed is None else str(part.committed)
            oldest = "" if part.oldest_ms is None else age(now_ms - part.oldest_ms)
            table.add_row(
                *(lag.service, lag.topic, str(part.partition), str(part.end), settled, str(part.waiting), oldest)
            )
    return table


def lag_json(lags: Iterable[TopicLag], now_ms: int) -> list[dict[str, Any]]:
    """One object a topic and stage."""
    return [
        {
            "stage": lag.service,
            "group": lag.group,
            "topic": lag.topic,
            "waiting": lag.waiting,
            "oldest_age_ms": _age_ms(lag.oldest_ms, now_ms),
            "partitions": [_partition(part, now_ms) for part in lag.partitions],
        }
        for lag in lags
    ]


def age(ms: int) -> str:
    """A duration for people, to the second below a minute and in whole units above: "12 s", "3 min", "2 d"."""
    seconds = max(0, ms) // 1000
    return next((f"{seconds // size} {unit}" for size, unit in UNITS if seconds >= size), f"{seconds} s")


def _partition(part: PartitionLag, now_ms: int) -> dict[str, Any]:
    return {
        "partition": part.partition,
        "end": part.end,
        "committed": part.committed,
        "waiting": part.waiting,
        "oldest_age_ms": _age_ms(part.oldest_ms, now_ms),
    }


def _age_ms(at_ms: int | None, now_ms: int) -> int | None:
    return None if at_ms is None else max(0, now_ms - at_ms)


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
