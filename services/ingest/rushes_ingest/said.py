"""What an uploader says of a video, out of the text fields that forms and headers have."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rushes_runtime.errors import InvalidError
from rushes_schemas.events import VideoUploaded

FIELDS = ("title", "description", "language", "metadata")


def event_of(uri: str, fields: Mapping[str, Any]) -> VideoUploaded:
    """The event to publish. Fields that are empty say nothing, and unknown ones are ignored. Raises InvalidError naming
    the field that is wrong."""
    said = {name: value for name, value in fields.items() if value and name in (*FIELDS, "filename")}
    try:
        if "metadata" in said:
            said["metadata"] = json.loads(said["metadata"])
        return VideoUploaded(uri=uri, **said)
    except json.JSONDecodeError as error:
        raise InvalidError("bad_request", f"metadata is no JSON object: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidError("bad_request", f"{first['loc'][0]}: {first['msg']}") from error
