"""Option values that several commands share, checked before anything is sent. All functions raise WrongUse."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from rushes_cli.console import WrongUse
from rushes_client.options import Said, Wish
from rushes_schemas.events import Language
from rushes_schemas.index import LEGS
from rushes_schemas.upload_metadata import Description, Metadata, Title

T = TypeVar("T")


def described(title: str | None, description: str | None, language: str | None, metadata: Iterable[str]) -> Said:
    """The options of `rushes add`, checked before anything is sent. Raises WrongUse."""
    return Said(
        checked("--title", Title, title),
        checked("--description", Description, description),
        language_tag(language),
        checked("--metadata", Metadata, dict(map(pair, metadata))),
    )


def checked(option: str, kind: Any, value: T) -> T:
    """The value of an option, if a record can carry it. Raises WrongUse."""
    try:
        TypeAdapter(kind | None).validate_python(value)
    except ValidationError as error:
        raise WrongUse(f"{option} can't be stored: {error.errors()[0]['msg']}") from None
    return value


def language_tag(option: str | None) -> str | None:
    """The option `--language`. Raises WrongUse."""
    try:
        return TypeAdapter(Language | None).validate_python(option)
    except ValidationError:
        raise WrongUse(f"--language {option} is no language tag: write it as in `--language en` or pt-BR") from None


def pair(option: str) -> tuple[str, str]:
    """The option `--metadata`. Raises WrongUse."""
    key, equals, value = option.partition("=")
    if not key or not equals:
        raise WrongUse(f"--metadata {option} is no key=value: write it as in `--metadata camera=B`")
    return key, value


CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")
WEIGHT = re.compile(rf"({'|'.join(LEGS)})=(\d+(?:\.\d+)?)")


def search_options(
    *,
    videos: Sequence[str],
    language: str | None,
    times: Mapping[str, str | None],
    since: datetime | None,
    before: datetime | None,
    metadata: Sequence[str],
    speech: bool | None,
    per_video: int | None,
    weights: Iterable[str],
    cursor: str | None,
) -> Wish:
    """The options, checked before anything is sent; `times`: option -> as typed. Raises WrongUse."""
    return Wish(
        video_id=videos,
        language=language_tag(language),
        from_ms=milliseconds("--from", times["--from"]),
        to_ms=milliseconds("--to", times["--to"]),
        added_from=since.astimezone() if since else None,
        added_to=before.astimezone() if before else None,
        min_duration_ms=milliseconds("--min-length", times["--min-length"]),
        max_duration_ms=milliseconds("--max-length", times["--max-length"]),
        metadata=["=".join(pair(each)) for each in metadata],
        speech=speech,
        per_video=per_video,
        cursor=cursor,
        **dict(map(_weight, weights)),
    )


def milliseconds(option: str, clock: str | None) -> int | None:
    """A time in a video as a person writes it: 90, 1:30, 1:02:03. Raises WrongUse."""
    if clock is None:
        return None
    if not (found := CLOCK.fullmatch(clock)):
        raise WrongUse(f"{option} {clock} is no time: write seconds or a clock, as in `{option} 1:30`")
    hours, minutes, seconds = found.groups(default="0")
    return round(((int(hours) * 60 + int(minutes)) * 60 + float(seconds)) * 1000)


def _weight(option: str) -> tuple[str, float]:
    if not (found := WEIGHT.fullmatch(option)):
        raise WrongUse(f"--weight {option} is none: write visual, speech or lexical, as in `--weight visual=2`")
    return f"{found[1]}_weight", float(found[2])
