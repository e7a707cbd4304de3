"""`rushes doctor`: what it looks at, and how it says what it found."""

import json
from pathlib import Path

import pytest

from rushes_cli.commands import doctor as checks
from rushes_cli.commands.doctor import Finding, called_for, line
from rushes_runtime.artefacts import read
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.admin import TopicState
from rushes_runtime.bus.topics import Plan
from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.settings import Settings, load
from rushes_schemas.events import VideoUploaded

from .conftest import Rushes
from .instance import Instance


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings file, and models that are not loaded: they have tests of their own."""
    monkeypatch.chdir(tmp_path)

    async def well(_: Settings) -> str:
        return "they load"

    monkeypatch.setattr(checks, "models", well)
    monkeypatch.setattr(checks, "speech_model", well)


def statuses(rushes: Rushes) -> dict[str, tuple[str, str]]:
    said = rushes("doctor", "--json")
    findings = json.loads(said.out)
    assert said.code == int(any(finding["status"] != "ok" for finding in findings))
    return {finding["check"]: (finding["status"], finding["says"]) for finding in findings}


def test_a_running_instance_that_is_well(rushes: Rushes, instance: Instance) -> None:
    assert statuses(rushes)["instance"] == ("ok", f"{instance.url} is ready")


def test_a_running_instance_that_is_not(rushes: Rushes, instance: Instance) -> None:
    instance.broker = "the broker does not answer"
    status, says = statuses(rushes)["instance"]
    assert status == "wrong" and "broker: the broker does not answer" in says


def test_no_instance_says_how_to_start_one(rushes: Rushes, nobody: str) -> None:
    said = rushes("doctor")
    assert said.code == 1
    assert f"wrong  instance    no rushes answers at {nobody}: start one with `rushes up`" in said.out
    assert all(row.startswith(("ok ", "wrong ")) for row in said.out.splitlines())


def test_places_are_looked_at_where_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUSHES_URL", raising=False)
    assert [name for name, _ in called_for(load(Settings))] == ["instance", "broker", "models", "speech"]
    monkeypatch.setenv("RUSHES_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("RUSHES_BLOBS__URL", "file:///nowhere")
    monkeypatch.setenv("RUSHES_QDRANT__URL", "http://127.0.0.1:9")
    named = [name for name, _ in called_for(load(Settings))]
    assert named == ["broker", "topics", "blobs", "stored", "index", "models", "collection", "speech"]


def test_each_thing_that_is_wrong_names_its_setting(
    rushes: Rushes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUSHES_BLOBS__URL", (tmp_path / "nowhere").as_uri())
    monkeypatch.setenv("RUSHES_QDRANT__URL", "http://127.0.0.1:9")
    found = statuses(rushes)
    for check, setting in (("blobs", "RUSHES_BLOBS__URL"), ("index", "RUSHES_QDRANT__URL")):
        status, says = found[check]
        assert status == "wrong" and setting in says
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_and_an_embedded_index_that_are_well(
    rushes: Rushes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUSHES_BLOBS__URL", tmp_path.as_uri())
    monkeypatch.setenv("RUSHES_QDRANT__URL", f"edge://{tmp_path / 'index'}")
    found = statuses(rushes)
    assert found["blobs"][0] == found["index"][0] == found["collection"][0] == "ok"


async def test_what_was_set_aside_and_what_is_newer_is_named(tmp_path: Path) -> None:
    store = Blobs(tmp_path.as_uri())
    await store.put("deleted/x.json", b'{"at": 1}')
    assert "found damaged" in await checks.stored(store)
    await store.put("pending/x.json", b"")
    assert await read(store, "pending/x.json", VideoUploaded) is None
    with pytest.raises(RushesError, match=r"^pending/x\.json could not be read and was set aside"):
        await checks.stored(store)
    await store.put("deleted/x.json", b'{"at": 1, "rushes_format": 2}')
    with pytest.raises(ConfigurationError, match=r"deleted/x\.json is of a newer rushes"):
        await checks.stored(store)


async def test_missing_topics_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked(*_: object) -> Plan:
        return Plan(make={"segment-planned": TopicState(6, 1)})

    monkeypatch.setattr(checks, "planned", looked)
    with pytest.raises(ConfigurationError, match=r"^missing: segment-planned; .*`rushes topics apply`"):
        await checks.topics(load(Settings))


async def test_topics_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked(*_: object) -> Plan:
        return Plan(differing=("asr-retry: 2 partitions, and RUSHES_TOPICS__PARTITIONS is 6; ...",))

    monkeypatch.setattr(checks, "planned", looked)
    with pytest.raises(ConfigurationError, match="asr-retry: 2 partitions"):
        await checks.topics(load(Settings))


def test_settings_that_can_not_be_read_are_all_there_is_to_say(rushes: Rushes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHES_HTTP__PORT", "many")
    [(status, says)] = statuses(rushes).values()
    assert status == "wrong" and "RUSHES_HTTP__PORT is wrong" in says


def test_a_finding_is_one_line() -> None:
    assert line(Finding("index", "wrong", "it is\ndown")) == "wrong  index       it is down"
