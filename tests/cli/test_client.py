"""The client against real HTTP."""

from pathlib import Path

import pytest

from rushes_cli.client import Client, instance_url
from rushes_client.errors import NotFound, NotRushes, Refused, Unavailable, Unreachable
from rushes_client.options import Said
from rushes_schemas.api import SearchResults, VideoDetail

from .fake import ID, Fake, detail, found


def test_an_upload_sends_the_file_piece_by_piece_and_what_is_said_of_it(client: Client, fake: Fake, film: Path) -> None:
    pieces: list[int] = []
    accepted = client.upload(film, Said("T", None, "en", {"camera": "B"}), pieces.append)
    assert accepted.video_id == ID
    assert fake.uploads == [
        {"name": "film.mp4", "size": 200_000, "title": "T", "language": "en", "metadata": '{"camera": "B"}'}
    ]
    assert sum(pieces) == 200_000 and max(pieces) <= 1 << 20 and len(pieces) > 2


def test_a_uri_is_sent_as_the_event_says_it(client: Client, fake: Fake) -> None:
    accepted = client.upload_from_uri("s3://bucket/key", Said(metadata={"camera": "B"}))
    assert accepted.video_id is None
    assert fake.uploads == [{"uri": "s3://bucket/key", "metadata": {"camera": "B"}}]


def test_a_refusal_is_the_instances_sentence(client: Client, fake: Fake, film: Path) -> None:
    fake.refusals["film.mp4"] = "film.mp4 is not a video"
    with pytest.raises(Refused, match=r"^film\.mp4 is not a video$"):
        client.upload(film, Said())


def test_what_is_unknown_and_what_is_down_are_told_apart(client: Client, fake: Fake) -> None:
    with pytest.raises(NotFound):
        client.video("../search?q=x")
    fake.down = 3
    with pytest.raises(Unavailable, match="the index does not answer"):
        client.video(ID)


def test_videos_come_from_all_pages(client: Client, fake: Fake) -> None:
    ids = [f"{number}{ID[1:]}" for number in range(3)]
    fake.videos = {id: [detail(video_id=id)] for id in ids}
    assert [video.video_id for video in client.videos()] == ids


def test_a_video_is_found_by_its_uri_only_once_the_catalog_knows_it(client: Client, fake: Fake) -> None:
    fake.videos[ID] = [detail()]
    assert client.video_of("s3://bucket/key") is None
    fake.uris["s3://bucket/key"] = ID
    video = client.video_of("s3://bucket/key")
    assert video is not None and video.video_id == ID


def test_nobody_there(nobody: str) -> None:
    with Client(instance_url()) as client, pytest.raises(Unreachable, match=f"no rushes answers at {nobody}: start"):
        client.video(ID)


def test_somebody_else_there(client: Client, fake: Fake) -> None:
    elsewhere = Client(f"{fake.url}/elsewhere")
    with elsewhere, pytest.raises(Refused):
        elsewhere.video(ID)
    with Client("ftp://127.0.0.1") as wrong, pytest.raises(NotRushes, match="RUSHES_URL"):
        wrong.video(ID)


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    fake: Fake, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", nobody)
    with Client(fake.url) as client:
        assert client.readiness().status == "ready"


def test_the_answers_of_the_service_are_read_and_said_again_in_full() -> None:
    video = detail(status="degraded", reason="segment 0, asr: failed")
    assert VideoDetail.model_validate(video.model_dump()).as_json() == video.model_dump()
    moment = found()
    answer = {"query": "q", "took_ms": 1, "moments": [moment.model_dump()]}
    assert SearchResults.model_validate(answer).as_json() == answer
