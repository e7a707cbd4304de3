"""The registry of the stages, and that everything which lists the stages by hand agrees with it."""

import re
import tomllib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import yaml

from rushes_runtime.deletion import maker
from rushes_runtime.index.artefact_events import ADD_RESULT
from rushes_schemas.api import ReplayRequest
from rushes_schemas.events import StageName
from rushes_schemas.stages import (
    INDEXER,
    REPLAYABLE,
    REQUIRED,
    SEGMENT_STAGES,
    STAGE_NAMES,
    STAGES,
    StageSpec,
    consumers_of,
    producers_of,
    up_to,
)
from rushes_schemas.topics import SERVICES, TOPICS, VIDEO_PROGRESS, consumed_by

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = PROJECT["tool"]["importlinter"]


def test_the_events_name_the_same_stages() -> None:
    assert get_args(StageName) == STAGE_NAMES == ("ingest", "asr", "scenes", "embed")
    assert VIDEO_PROGRESS.producers == STAGE_NAMES
    assert (*STAGE_NAMES, "catalog") == SERVICES


def test_each_stage_consumes_what_the_one_before_publishes() -> None:
    for before, stage in pairwise(STAGES):
        assert before.publishes == stage.consumes
    assert STAGES[-1].publishes is None and STAGES[-1].name == INDEXER


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_each_stage_has_its_topic(stage: StageSpec) -> None:
    topic = consumed_by(stage.name)
    assert topic.name == stage.consumes and topic.consumers == (stage.name,)
    assert ("catalog" in topic.producers) == stage.is_replayable
    assert (stage.publishes is None) or stage.name in producers_of(stage.publishes)


def test_topics_say_who_publishes_and_consumes() -> None:
    assert {topic.name: (topic.producers, topic.consumers) for topic in TOPICS} == {
        "video-uploaded": (("any client", "ingest", "catalog"), ("ingest",)),
        "segment-planned": (("ingest", "catalog"), ("asr",)),
        "segment-transcribed": (("asr", "catalog"), ("scenes",)),
        "scenes-detected": (("scenes",), ("embed",)),
        "video-progress": (("ingest", "asr", "scenes", "embed"), ("catalog",)),
        "video-deleted": (("any client", "ingest"), ("catalog",)),
        "segment-recalled": (("catalog",), ("embed",)),
    }
    assert consumers_of("video-progress") == ()


def test_the_ledger_has_a_line_for_each_stage_of_a_segment() -> None:
    assert SEGMENT_STAGES == ("asr", "scenes", "embed")
    assert REQUIRED == ("scenes", "embed"), "without asr a segment is still found by its pictures"
    assert up_to("scenes") == ("ingest", "asr", "scenes")


def test_a_replay_can_begin_with_each_stage_that_says_so() -> None:
    assert get_args(ReplayRequest.model_fields["stage"].annotation) == REPLAYABLE


def test_the_event_of_each_later_stage_can_be_made_again() -> None:
    assert set(ADD_RESULT) == set(SEGMENT_STAGES[:-1])


@pytest.mark.parametrize(
    ("blob", "stage"),
    [
        ("source", "upload"),
        ("declared.json", "upload"),
        ("sound-0123.flac", "ingest"),
        ("asr-0123.json", "asr"),
        ("keyframes-", "scenes"),
        ("storyboard-0123.jpg", "scenes"),
        ("embed-0123.json", "embed"),
        ("unheard-of", "other"),
    ],
)
def test_a_blob_tells_which_stage_made_it(blob: str, stage: str) -> None:
    assert maker(blob) == stage


def test_the_project_lists_every_service() -> None:
    packages = {path.parent.name for path in ROOT.glob("services/*/rushes_*/__init__.py")}
    assert packages == {f"rushes_{name}" for name in (*SERVICES, "query")}
    independence, layers = CONTRACTS["contracts"]
    assert packages == set(independence["modules"])
    assert packages <= set(CONTRACTS["root_packages"])
    assert packages in [set(layer.split(" | ")) for layer in layers["layers"]]
    paths = PROJECT["tool"]["mypy"]["mypy_path"].split(":")
    assert {f"services/{name}" for name in (*SERVICES, "query")} <= set(paths)


def test_the_metrics_of_every_service_are_collected() -> None:
    [job] = yaml.safe_load((ROOT / "deploy/prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    [discovery] = job["dns_sd_configs"]
    assert set(discovery["names"]) == {*SERVICES, "query"}


def test_the_page_on_adding_a_stage_names_files_that_there_are() -> None:
    page = (ROOT / "docs/adding-a-stage.md").read_text("utf-8")
    named = set(re.findall(r"`((?:schemas|runtime|services|cli|deploy|tests)/[\w./-]+)`", page))
    here = {name for name in named if "faces" not in name}
    assert len(here) > 10
    assert [name for name in sorted(here) if not (ROOT / name).exists()] == []


def test_the_page_on_adding_a_stage_explains_every_field() -> None:
    page = (ROOT / "docs/adding-a-stage.md").read_text("utf-8")
    assert [field.name for field in fields(StageSpec) if f"`{field.name}`" not in page] == []
