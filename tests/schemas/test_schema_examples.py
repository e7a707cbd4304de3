"""The committed examples say what the models and the exported JSON Schemas say."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from rushes_schemas.events import SegmentPlanned
from rushes_schemas.export import schemas
from rushes_schemas.ids import video_id
from rushes_schemas.topics import TOPICS, Topic

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
CASES = [(topic, path) for topic in TOPICS for path in sorted((EXAMPLES / topic.name).glob("*.json"))]


def case_name(value: Topic | Path) -> str:
    return value.stem if isinstance(value, Path) else value.name


def every_example(function: Any) -> Any:
    return pytest.mark.parametrize(("topic", "path"), CASES, ids=case_name)(function)


@pytest.mark.parametrize("topic", TOPICS, ids=case_name)
def test_every_topic_has_a_least_and_a_full_example(topic: Topic) -> None:
    assert {"least", "full"} <= {path.stem for each, path in CASES if each == topic}


def test_no_example_is_of_a_topic_that_is_not_there() -> None:
    assert {folder.name for folder in EXAMPLES.iterdir()} == {topic.name for topic in TOPICS}


@every_example
def test_an_example_is_a_valid_event_by_model_and_schema(topic: Topic, path: Path) -> None:
    value = json.loads(path.read_bytes())
    jsonschema.Draft202012Validator(schemas()[topic.name]).validate(value)
    assert set(value) <= set(topic.event.model_fields), "an example shows no unknown fields"
    topic.event.model_validate_json(path.read_bytes())


@every_example
def test_an_event_written_and_read_again_is_the_same(topic: Topic, path: Path) -> None:
    event = topic.event.model_validate_json(path.read_bytes())
    assert topic.event.model_validate_json(event.model_dump_json()) == event
    jsonschema.Draft202012Validator(schemas()[topic.name]).validate(event.model_dump(mode="json"))


@pytest.mark.parametrize("topic", TOPICS, ids=case_name)
def test_the_least_example_has_what_is_required_and_nothing_else(topic: Topic) -> None:
    event = topic.event.model_validate_json((EXAMPLES / topic.name / "least.json").read_bytes())
    for part in parts(event):
        required = {name for name, field in type(part).model_fields.items() if field.is_required()}
        assert part.model_fields_set == required, type(part).__name__


@pytest.mark.parametrize("topic", TOPICS, ids=case_name)
def test_the_full_example_has_every_field(topic: Topic) -> None:
    event = topic.event.model_validate_json((EXAMPLES / topic.name / "full.json").read_bytes())
    for part in parts(event):
        unset = {name for name in type(part).model_fields if getattr(part, name) in (None, "", (), {})}
        assert part.model_fields_set == set(type(part).model_fields), type(part).__name__
        assert not unset - {"text"}, f"{type(part).__name__} is empty in {unset}"


@every_example
def test_the_video_of_an_example_is_named_after_its_bytes(topic: Topic, path: Path) -> None:
    event = topic.event.model_validate_json(path.read_bytes())
    if isinstance(event, SegmentPlanned):
        assert event.video.video_id == video_id(event.video.sha256)


def parts(model: BaseModel) -> list[BaseModel]:
    """A model and all models in it."""
    values = [getattr(model, name) for name in type(model).model_fields]
    inner = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return [model, *(part for value in inner if isinstance(value, BaseModel) for part in parts(value))]
