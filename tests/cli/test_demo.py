"""The demonstration's own judgement, without the minute that it takes; `make demo` runs it whole."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rushes_cli import demo
from rushes_cli.demo import EXAMPLES, QUESTIONS, listed, main, mistake
from rushes_schemas.api import Moment
from rushes_schemas.events import VideoUploaded
from rushes_schemas.ids import video_id
from rushes_schemas.index import VideoRecord

from .instance import Instance, record
from .samples import ID, found

IDS = {question.file: ID for question in QUESTIONS}
CAT = QUESTIONS[1]


def moment(**facts: Any) -> Moment:
    return Moment.model_validate(found(**facts).model_dump())


def test_the_questions_are_about_examples_that_are_there() -> None:
    described = {input.name: said for input, said in listed(EXAMPLES)}
    assert set(IDS) <= set(described)
    assert all(input.path and input.path.is_file() for input, _ in listed(EXAMPLES))
    assert described["silent-postcards.mp4"].language is None


def test_what_is_asked_lies_where_the_examples_say() -> None:
    examples = {entry["file"]: entry for entry in json.loads((EXAMPLES / "examples.json").read_text())["examples"]}
    spoken, seen, *_ = QUESTIONS
    assert any(
        spoken.words in said["text"] and (said["start_ms"], said["end_ms"]) == (spoken.start_ms, spoken.end_ms)
        for said in examples[spoken.file]["speech"]
    )
    assert {"start_ms": seen.start_ms, "end_ms": seen.end_ms, "seen": "a tabby cat's face"} in examples[seen.file][
        "shots"
    ]


def test_the_right_moment_is_no_mistake() -> None:
    assert mistake(CAT, moment(start_ms=5_280, end_ms=11_300), IDS) is None


@pytest.mark.parametrize(
    "wrong", [{"start_ms": 11_280, "end_ms": 16_280}, {"video_id": "another", "start_ms": 5_280, "end_ms": 11_280}]
)
def test_another_time_or_another_video_is_named(wrong: dict[str, Any]) -> None:
    sentence = mistake(CAT, moment(**{"video_id": ID, **wrong}), IDS)
    assert sentence is not None and CAT.words in sentence and "0:05–0:12 of cabinet-of-curiosities.mp4" in sentence


def test_nothing_found_is_a_mistake() -> None:
    assert mistake(CAT, None, IDS) == "“a cat” (a thing that is only seen) found nothing"


@pytest.fixture
def demonstrated(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """The demonstration with the tests' instance in the place of one of its own."""

    @contextmanager
    def running(data: Path, log: Path) -> Iterator[str]:
        log.write_text("the last words\n")
        yield instance.url

    monkeypatch.setattr(demo, "running", running)
    return instance


def with_status(status: str, reason: str | None = None) -> Callable[[VideoUploaded], list[VideoRecord]]:
    """What the pipeline makes of each upload."""

    def made(event: VideoUploaded) -> list[VideoRecord]:
        id = event.uri.split("/")[1]
        return [record(id, status, at=event.accepted_at, title=event.title, reason=reason)]

    return made


def test_all_found_ends_well(demonstrated: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    demonstrated.then = with_status("indexed")
    for question in QUESTIONS:  # what is asked for is said where it is to be found
        id = video_id(hashlib.sha256((EXAMPLES / question.file).read_bytes()).hexdigest())
        demonstrated.shows(record(id), question.words, question.start_ms, question.end_ms)
    assert main() == 0
    printed = capsys.readouterr()
    assert all(question.words in printed.out for question in QUESTIONS) and printed.err == ""
    assert len(demonstrated.published) == len(list(listed(EXAMPLES)))


def test_what_is_wrong_is_named_and_the_log_is_shown(
    demonstrated: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    demonstrated.then = with_status("degraded", "segment 0, asr: no words")
    assert main() == 1
    errors = capsys.readouterr().err
    assert "cabinet-of-curiosities.mp4 is degraded, not indexed: segment 0, asr: no words" in errors
    assert errors.count("found nothing") == len(QUESTIONS)
    assert errors.endswith("the last words\n")
