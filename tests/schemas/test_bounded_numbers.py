"""Every whole number of an event, and of a file that an archive may bring, has a bound: no door takes a larger one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from rushes_schemas.artefacts import Plan, Source, StoredMetadata
from rushes_schemas.storyboard import Storyboard
from rushes_schemas.topics import TOPICS

EXAMPLES = Path(__file__).parents[2] / "schemas/examples"
FILES: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (Source, {"video_id": "v", "sha256": "s", "size_bytes": 1, "stored_at": 1, "generation": 1}),
    (StoredMetadata, {"said_at": 1}),
    (
        Plan,
        {
            "duration_ms": 1,
            "width": 1,
            "height": 1,
            "has_audio": False,
            "media_type": "video/mp4",
            "segments": [{"index": 0, "start_ms": 0, "end_ms": 1}],
        },
    ),
    (Storyboard, {"columns": 1, "tile_width": 1, "tile_height": 1, "times_ms": [0], "end_ms": 1}),
]


def with_number(value: Any, number: int, path: str = "") -> Iterator[tuple[str, Any]]:
    """The document once for each whole number in it, with another in its place. Publishers' own metadata are theirs."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in ("metadata", "probability"):
                yield from ((where, value | {key: one}) for where, one in with_number(part, number, f"{path}.{key}"))
    elif isinstance(value, list):
        for k, part in enumerate(value):
            changed = with_number(part, number, f"{path}.{k}")
            yield from ((where, [*value[:k], one, *value[k + 1 :]]) for where, one in changed)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, number


def documents() -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    for topic in TOPICS:
        for path in sorted((EXAMPLES / topic.name).glob("*.json")):
            yield topic.event, json.loads(path.read_text())
    yield from FILES


@pytest.mark.parametrize("number", [2**53, 2**63 - 1, 2**65, 2**70])
def test_no_model_takes_a_number_beyond_its_bound(number: int) -> None:
    tried = [(model, where, said) for model, one in documents() for where, said in with_number(one, number)]
    assert len(tried) > 100
    for model, where, said in tried:
        with pytest.raises(ValidationError):
            pytest.fail(f"{model.__name__}{where} takes {number}: {model.model_validate(said)!r:.80}")


def test_no_part_of_an_event_carries_on_an_unknown_number_that_can_not_be_stored() -> None:
    uploaded = next((model, one) for model, one in documents() if "video" in one)
    model, one = uploaded
    with pytest.raises(ValidationError, match="64 bits"):
        model.model_validate(one | {"video": one["video"] | {"unknown": 2**70}})
