"""The client against real HTTP."""

from pathlib import Path

import pytest

from rushes_cli.client import Client, instance_url
from rushes_client.errors import NotFound, NotRushes, Refused, Unavailable, Unreachable
from rushes_client.options import Said
from rushes_schemas.api import SearchResults, VideoDetail
from rushes_schemas.ids import provisional_id

from . import samples
from .conftest import ID
from .instance import Instance, record

URI = "s3://bucket/key"


def test_an_upload_sends_the_file_piece_by_piece_and_what_is_said_of_it(
    client: Client, instance: Instance, film: Path
) -> None:
    pieces: list[int] = []
    accepted = client.upload(film, Said("T", None, "en", {"camera": "B"}), pieces.append)
    assert accepted.video_id == ID
    [event] = instance.published
    assert (event.filename, event.title, event.description, event.language) == ("film.mp4", "T", None, "en")
    assert event.metadata == {"camera": "B"}
    size = film.stat().st_size
    assert instance.now(instance.platform.blobs.size(f"videos/{ID}/source")) == size
    assert sum(pieces) == size and max(pieces) <= 1 << 20 and len(pieces) > 2


def test_a_uri_is_sent_as_the_event_says_it(client: Client, instance: Instance) -> None:
    accepted = client.upload_from_uri(URI, Said(metadata={"camera": "B"}))
    assert accepted.video_id is None
    [event] = instance.published
    assert event.model_dump(exclude_defaults=True, exclude={"accepted_at"}) == {
        "uri": URI,
        "metadata": {"camera": "B"},
    }


def test_a_refusal_is_the_instances_sentence(client: Client, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_text("This is not a video.")
    with pytest.raises(Refused, match=r"^film\.mp4 is not a video"):
        client.upload(film, Said())


def test_what_is_unknown_and_what_is_down_are_told_apart(client: Client, instance: Instance) -> None:
    with pytest.raises(NotFound):
        client.video("../search?q=x")
    instance.index.down = 3
    with pytest.raises(Unavailable, match="the index does not answer"):
        client.video(ID)
    assert instance.index.down == 0  # it was asked again


def test_videos_come_from_all_pages(client: Client, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rushes_client._sync.client.PAGE", 1)
    ids = [f"{number}{ID[1:]}" for number in range(3)]
    instance.knows(*(record(id) for id in ids))
    assert [video.video_id for video in client.videos()] == ids
    assert [asked.params.get("cursor") for asked in instance.asked] == [None, *ids[1:]]


def test_videos_are_listed_by_how_they_stand(client: Client, instance: Instance) -> None:
    instance.knows(record(ID, "failed"), record(f"0{ID[1:]}"))
    assert [video.video_id for video in client.videos(status="failed")] == [ID]


def test_a_video_is_found_by_its_uri_only_once_the_catalog_knows_it(client: Client, instance: Instance) -> None:
    instance.knows(record(f"0{ID[1:]}", uris=("s3://bucket/another",)))
    assert client.video_of(URI) is None
    client.upload_from_uri(URI)
    listed = client.video_of(URI)
    assert listed is not None and (listed.video_id, listed.provisional, listed.name) == (provisional_id(URI), True, URI)
    instance.reset()
    instance.knows(record(ID, uris=(URI, "https://films.example/later.mp4"), uri="https://films.example/later.mp4"))
    video = client.video_of(URI)
    assert video is not None and (video.video_id, video.provisional) == (ID, False)


def test_a_record_of_a_version_that_knew_the_last_uri_only_is_found(client: Client, instance: Instance) -> None:
    instance.knows(record(ID, uri=URI))
    video = client.video_of(URI)
    assert video is not None and video.video_id == ID


def test_nobody_there(nobody: str) -> None:
    with Client(instance_url()) as client, pytest.raises(Unreachable, match=f"no rushes answers at {nobody}: start"):
        client.video(ID)


def test_somebody_else_there(instance: Instance) -> None:
    elsewhere = Client(f"{instance.url}/elsewhere")
    with elsewhere, pytest.raises(Refused):
        elsewhere.video(ID)
    with Client("ftp://127.0.0.1") as wrong, pytest.raises(NotRushes, match="RUSHES_URL"):
        wrong.video(ID)


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    instance: Instance, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", nobody)
    with Client(instance.url) as client:
        assert client.readiness().status == "ready"


def test_the_answers_of_the_service_are_read_and_said_again_in_full() -> None:
    video = samples.detail(status="degraded", reason="segment 0, asr: failed")
    assert VideoDetail.model_validate(video.model_dump()).as_json() == video.model_dump()
    moment = samples.found()
    answer = {"query": "q", "took_ms": 1, "moments": [moment.model_dump()]}
    assert SearchResults.model_validate(answer).as_json() == answer
