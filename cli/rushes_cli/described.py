"""What a person says of a video that is added."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rushes_cli.errors import WrongUse
from rushes_schemas.events import Language


@dataclass(frozen=True)
class Described:
    """What is published beside the bytes. What is None says nothing, and changes nothing that was said before."""

    title: str | None = None
    description: str | None = None
    language: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The fields that say something."""
        said = {"title": self.title, "description": self.description, "language": self.language}
        return {name: value for name, value in said.items() if value} | (
            {"metadata": dict(self.metadata)} if self.metadata else {}
        )

    def as_form(self) -> dict[str, str]:
        """The same as fields of a form."""
        return {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.as_json().items()}


def described(title: str | None, description: str | None, language: str | None, metadata: Iterable[str]) -> Described:
    """The options of `rushes add`, checked before anything is sent. Raises WrongUse."""
    try:
        TypeAdapter(Language | None).validate_python(language)
    except ValidationError:
        raise WrongUse(f"--language {language} is no language tag: write it as in `--language en` or pt-BR") from None
    return Described(title, description, language, dict(map(_pair, metadata)))


def _pair(option: str) -> tuple[str, str]:
    key, equals, value = option.partition("=")
    if not key or not equals:
        raise WrongUse(f"--metadata {option} is no key=value: write it as in `--metadata camera=B`")
    return key, value
