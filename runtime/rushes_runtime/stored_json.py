"""The format of every JSON in the blob store: a model, and in which version of the format it is written.

A JSON that says no version is of version 1, as all were before there were versions. One that is newer than this program
is refused, and stays as it is: only the newer program knows what it says. One that is older is read as it is where the
models allow, which they do as long as FORMAT is 1; a version 2 has to bring a function from 1 to 2 into `_upgraded`.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from rushes_runtime.blob_keys import video_of_key
from rushes_runtime.errors import InvalidError

FORMAT = 1
"""The version that this program writes, and the newest that it reads."""
FIELD = "rushes_format"
"""Its name in the JSON. It comes last, so that it counts whatever fields publishers have made up."""

M = TypeVar("M", bound=BaseModel)


class NewerFormat(InvalidError):
    """A newer program has written what is to be read."""

    def __init__(self, what: str, found: int, known: int) -> None:
        super().__init__(
            "newer_format",
            f"{what} has the format {found}, and this program knows formats up to {known}: "
            "run the rushes that wrote it, or a newer one",
        )


def dumped(content: BaseModel) -> bytes:
    """A model as it is stored."""
    said = content.model_dump_json().encode()
    last = json.dumps({FIELD: FORMAT}).encode()
    return last if said == b"{}" else said[:-1] + b"," + last[1:]


def parsed(key: str, kind: type[M], data: bytes) -> M:
    """A stored model. Raises NewerFormat, and ValueError where the bytes are none, or name a blob of another video than
    the one below which they lie."""
    said = from_json(data, allow_inf_nan=False)
    if not isinstance(said, dict):
        raise ValueError(f"it is no object but {type(said).__name__}")
    version = said.pop(FIELD, 1)
    if type(version) is not int or version < 1:
        raise ValueError(f"{FIELD} is {str(version)[:40]!r}")
    if version > FORMAT:
        raise NewerFormat(key, version, FORMAT)
    return kind.model_validate(said, context={"video_id": video_of_key(key)})


def fault_of(error: ValueError) -> str:
    """Why a JSON can't be read, in a few words."""
    if not isinstance(error, ValidationError):
        return str(error)[:200]
    first = error.errors(include_url=False, include_input=False)[0]
    where: list[Any] = [*first["loc"]]
    return f"{'.'.join(map(str, where)) or 'it'}: {first['msg']}"[:200]
