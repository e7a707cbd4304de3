"""What a person says of a video that is added."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from rushes_cli.errors import WrongUse
from rushes_client.calls import Said
from rushes_schemas.events import Language
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
    """What an option says, if a record can carry it. Raises WrongUse."""
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
