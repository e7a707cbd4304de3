"""What schemathesis is told besides the document: ids that are there, and that tus' bytes are bytes."""

import os
from typing import Any

import schemathesis

for media_type in ("application/offset+octet-stream", "application/x-tar"):
    schemathesis.serializer.alias(media_type, "application/octet-stream")

KNOWN = {"video_id": os.environ["FUZZ_VIDEO_ID"], "scene_id": os.environ["FUZZ_SCENE_ID"]}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Ask every other time for what is there, unless it is to be deleted, or its stream would not end."""
    if (
        not path_parameters
        or context.operation.method.upper() == "DELETE"
        or context.operation.path.endswith("/events")
    ):
        return path_parameters
    return {
        name: KNOWN[name] if name in KNOWN and sum(map(ord, str(value))) % 2 else value
        for name, value in path_parameters.items()
    }
