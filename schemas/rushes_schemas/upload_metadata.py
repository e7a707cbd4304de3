"""What people say of a video, as types that refuse what no record can carry.

The same types stand at every place where something is said: the form, tus, `from-uri`, PATCH, a record that a client
publishes, the notes in an archive. What they take can be written as JSON and read again as the same, fits into a
record, and can be stored in the index.
"""

import json
import math
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError, from_json

METADATA_BYTES = 65_536
"""Bytes of all metadata of a video, as JSON in UTF-8."""
METADATA_FIELDS = 1000
"""Fields that metadata may have."""
KEY_CHARACTERS = 256
"""Characters of the name of a field."""
EXTRA_LEVELS = 16
"""How deep the values of fields may be nested that rushes does not know and only carries on."""
EVENT_BYTES = 262_144
"""Bytes of a whole `video-uploaded` event. Later events hold it twice, and Kafka's default limit is 1,048,576."""
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**63 - 1
"""What a whole number of 64 bits can be, which is what the index stores."""

Scalar = str | int | float | bool


def check_text(value: Any) -> Any:
    """Raises PydanticCustomError for text with a NUL character or a lone surrogate. Other types are not looked at."""
    if isinstance(value, str) and (why := _text_fault(value)):
        raise _refused(f"the text {why}")
    return value


def check_uri(value: Any) -> Any:
    """The same for a URI, which has no control characters at all, and whose parts can be told apart."""
    if not isinstance(value, str):
        return value
    check_text(value)
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise _refused("the URI has a control character; write it as %XX")
    try:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https"):
            _ = parts.port
    except ValueError as error:
        raise _refused(f"the URI can't be read: {error}") from error
    return value


def check_language(value: Any) -> Any:
    """Raises PydanticCustomError for a language tag of more than 100 characters."""
    if isinstance(value, str) and len(value) > 100:
        raise _refused("a language tag has at most 100 characters")
    return value


def check_metadata(value: Any) -> Any:
    """Raises PydanticCustomError for metadata that are too much, or that hold anything but texts, finite numbers of at
    most 64 bits, and truth values. What is no mapping is not looked at."""
    if not isinstance(value, dict):
        return value
    if len(value) > METADATA_FIELDS:
        raise _refused(f"there are {len(value):,} fields; at most {METADATA_FIELDS:,} can be stored")
    for key, each in value.items():
        _check_field(key, each)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > METADATA_BYTES:
        raise _refused(f"it has {size:,} bytes as JSON; at most {METADATA_BYTES:,} can be stored")
    return value


def check_extra(value: Any, levels: int = EXTRA_LEVELS) -> None:
    """Raises PydanticCustomError for the value of an unknown field that can't be carried on: nested deeper than
    `levels`, or with a number or a text in it that metadata may not have either."""
    if isinstance(value, dict | list | tuple):
        if levels == 0:
            raise _refused(f"unknown fields are nested deeper than {EXTRA_LEVELS} levels")
        for each in [*value.keys(), *value.values()] if isinstance(value, dict) else value:
            check_extra(each, levels - 1)
    elif value is not None and (why := _fault(value)):
        raise _refused(f"an unknown field {why}")


def metadata_from_json(text: str | bytes) -> Any:
    """Metadata that come as JSON, parsed and not checked yet. Raises ValueError with what is wrong; the size is looked
    at before anything is parsed, and nesting is bounded by the parser."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > 2 * METADATA_BYTES:  # spaces and escapes are no part of what is stored
        raise ValueError(f"it has {len(data):,} bytes; at most {METADATA_BYTES:,} can be stored")
    return from_json(data, cache_strings=False)


def _check_field(key: Any, value: Any) -> None:
    if not isinstance(key, str) or not key:
        raise _refused("a field has no name")
    if len(key) > KEY_CHARACTERS:
        raise _refused(f"the name {_shown(key)} has more than {KEY_CHARACTERS} characters")
    if why := _text_fault(key):
        raise _refused(f"the name {_shown(key)} {why}")
    if why := _fault(value):
        raise _refused(f"the value of {_shown(key)} {why}")


def _fault(value: Any) -> str | None:
    """Why a value can't be stored, or None."""
    match value:
        case bool():
            return None
        case str():
            return _text_fault(value)
        case int():
            return None if LEAST_INTEGER <= value <= MOST_INTEGER else "is a whole number of more than 64 bits"
        case float():
            return None if math.isfinite(value) else "is no finite number"
        case _:
            return "is no text, no number, and neither true nor false"


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "has a NUL character"
    if not text.isascii() and any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return "has half of a surrogate pair, which is no character"
    return None


def _shown(key: str) -> str:
    """The beginning of a name, as ASCII, so that the sentence can be sent and logged."""
    return ascii(key[:50] + ("…" if len(key) > 50 else ""))


def _refused(why: str) -> PydanticCustomError:
    return PydanticCustomError("not_storable", "{why}", {"why": why})


Metadata = Annotated[dict[str, Scalar], BeforeValidator(check_metadata)]
"""Facts of a publisher's own: names, each with a text, a number, or a truth value."""
Text = Annotated[str, BeforeValidator(check_text)]
"""Text of any length that a record can carry."""
Title = Annotated[str, Field(max_length=1000), BeforeValidator(check_text)]
Description = Annotated[str, Field(max_length=20_000), BeforeValidator(check_text)]
Filename = Annotated[str, Field(max_length=1000), BeforeValidator(check_text)]
Uri = Annotated[str, Field(min_length=1, max_length=8192), BeforeValidator(check_uri)]
