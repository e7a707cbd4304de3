"""Videos, scenes, transcripts and files over HTTP."""

from io import StringIO

import httpx
import pytest
import webvtt

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.blobs import Blobs, BlobsUnavailable
from rushes_runtime.platform import Platform

from .conftest import warm_client
from .films import (
    CAT,
    COFFEE,
    LAUNCH,
    LISBON,
    MORE_COFFEE,
    MORNING,
    NOWHERE,
    REFUSED,
    SOURCE,
    TRIPOD,
    photograph_file,
)

MEDIA = f"/v1/videos/{MORNING}/media"


async def test_pages_of_videos(http: httpx.AsyncClient) -> None:
    first = (await http.get("/v1/videos", params={"limit": 2})).json()
    rest = (await http.get("/v1/videos", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    titles = {video["video_id"]: video["title"] for video in first["videos"] + rest["videos"]}
    assert titles == {MORNING: LISBON, LAUNCH: "launch.mp4", REFUSED: "untitled video"}
    assert (len(first["videos"]), len(rest["videos"]), rest["next_cursor"]) == (2, 1, None)


@pytest.mark.parametrize(("params", "status"), [({"limit": 0}, 422), ({"limit": 101}, 422), ({"cursor": "x"}, 422)])
async def test_a_bad_page(http: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    assert (await http.get("/v1/videos", params=params)).status_code == status


async def test_a_video_with_its_ledger(http: httpx.AsyncClient) -> None:
    video = (await http.get(f"/v1/videos/{MORNING}")).json()
    assert (video["status"], video["points"], video["segments_done"], video["segment_count"]) == ("indexed", 4, 2, 2)
    assert video["metadata"] == {"camera": "B", "take": 2}
    assert video["media_url"] == MEDIA
    assert video["ingest"]["status"] == "done"
    assert [segment["index"] for segment in video["segments"]] == [0, 1]
    assert set(video["segments"][0]["stages"]) == {"asr", "scenes", "embed"}


async def test_a_video_that_was_refused_has_a_reason_and_no_facts(http: httpx.AsyncClient) -> None:
    video = (await http.get(f"/v1/videos/{REFUSED}")).json()
    assert (video["status"], video["reason"]) == ("failed", "not_a_video")
    assert (video["duration_ms"], video["media_url"], video["segments"]) == (None, None, [])


async def test_scenes_in_order_of_time(http: httpx.AsyncClient) -> None:
    scenes = (await http.get(f"/v1/videos/{MORNING}/scenes")).json()["scenes"]
    assert [scene["id"] for scene in scenes] == [CAT.id, COFFEE.id, MORE_COFFEE.id, TRIPOD.id]
    assert [scene["continues"] for scene in scenes] == [False, False, True, False]
    assert [scene["fallback"] for scene in scenes] == [False, False, False, True]
    assert scenes[1]["media_url"] == f"{MEDIA}#t=4.000"


async def test_a_transcript_as_json(http: httpx.AsyncClient) -> None:
    said = (await http.get(f"/v1/videos/{MORNING}/transcript")).json()
    assert (said["complete"], said["language"]) == (True, "en")
    assert said["text"] == "Cats & dogs <sleep>.\nHot."
    assert said["words"][0] == {
        "start_ms": 100, "end_ms": 500, "text": "Cats & dogs", "probability": 0.9, "joined": False,
    }  # fmt: skip
    assert [segment["status"] for segment in said["segments"]] == ["ok", "ok"]


async def test_a_transcript_that_is_not_done_says_what_is_missing(http: httpx.AsyncClient) -> None:
    said = (await http.get(f"/v1/videos/{LAUNCH}/transcript")).json()
    assert (said["complete"], said["words"]) == (False, [])
    assert [segment["status"] for segment in said["segments"]] == ["no_audio", "pending"]


async def test_a_transcript_as_subtitles_and_as_text(http: httpx.AsyncClient) -> None:
    url = f"/v1/videos/{MORNING}/transcript"
    vtt = await http.get(url, params={"format": "vtt"})
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    captions = webvtt.from_buffer(StringIO(vtt.text)).captions
    assert [(each.start, each.end) for each in captions] == [
        ("00:00:00.100", "00:00:01.100"),
        ("00:00:09.100", "00:00:10.100"),
    ]
    srt = await http.get(url, params={"format": "srt"})
    assert srt.text.startswith("1\n00:00:00,100 --> 00:00:01,100\nCats &amp; dogs &lt;sleep&gt;.\n")
    assert (await http.get(url, params={"format": "text"})).text == "Cats & dogs <sleep>.\nHot.\n"
    assert (await http.get(url, params={"format": "pdf"})).status_code == 422


async def test_a_transcript_that_has_not_changed_is_not_sent_again(http: httpx.AsyncClient) -> None:
    url = f"/v1/videos/{MORNING}/transcript"
    tags = {format: (await http.get(url, params={"format": format})).headers["etag"] for format in ("json", "vtt")}
    assert tags["json"] != tags["vtt"]
    known = await http.get(url, headers={"If-None-Match": tags["json"]})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tags["json"])
    assert (await http.get(url, headers={"If-None-Match": tags["vtt"]})).status_code == 200


async def test_a_transcript_whose_words_can_not_be_fetched_is_503(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> bytes:
        raise BlobsUnavailable("the blob store is away")

    monkeypatch.setattr(Blobs, "get", failing)
    for format in ("json", "vtt", "srt", "text"):
        assert (await http.get(f"/v1/videos/{MORNING}/transcript", params={"format": format})).status_code == 503


@pytest.mark.parametrize(
    ("q", "starts"), [("cats", [100]), ("DOGS sleep", [100]), ("hot", [9100]), ("sleep. hot", [500]), ("dog hot", [])]
)
async def test_what_is_said_in_one_video_is_found(http: httpx.AsyncClient, q: str, starts: list[int]) -> None:
    answer = (await http.get(f"/v1/videos/{MORNING}/transcript/search", params={"q": q})).json()
    assert [match["start_ms"] for match in answer["matches"]] == starts
    for match in answer["matches"]:
        assert match["text"] == "Cats & dogs <sleep>. Hot."
        assert match["media_url"] == f"{MEDIA}#t={match['start_ms'] / 1000:.3f}"


async def test_a_search_inside_for_nothing_is_refused(http: httpx.AsyncClient) -> None:
    url = f"/v1/videos/{MORNING}/transcript/search"
    assert (await http.get(url, params={"q": " ?! "})).status_code == 422
    assert (await http.get(url.replace(MORNING, NOWHERE), params={"q": "cat"})).status_code == 404


async def test_the_whole_file(http: httpx.AsyncClient) -> None:
    answer = await http.get(MEDIA)
    assert answer.status_code == 200
    assert answer.content == SOURCE
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(SOURCE))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000000-2500000", 1_000_000, 2_500_001),
        ("bytes=2999990-", 2_999_990, 3_000_001),
        ("bytes=-11", 2_999_990, 3_000_001),
    ],
)
async def test_a_part_of_the_file(http: httpx.AsyncClient, asked: str, start: int, end: int) -> None:
    answer = await http.get(MEDIA, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == SOURCE[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(SOURCE)}"
    assert answer.headers["content-length"] == str(end - start)


async def test_a_part_behind_the_end(http: httpx.AsyncClient) -> None:
    answer = await http.get(MEDIA, headers={"Range": f"bytes={len(SOURCE)}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(SOURCE)}"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_part_of_the_version_that_is_known(http: httpx.AsyncClient) -> None:
    etag = (await http.head(MEDIA)).headers["etag"]
    part = {"Range": "bytes=0-9"}
    assert (await http.get(MEDIA, headers=part | {"If-Range": etag})).status_code == 206
    assert (await http.get(MEDIA, headers=part | {"If-Range": '"another"'})).content == SOURCE
    known = await http.get(MEDIA, headers={"If-None-Match": f'"x", W/{etag}'})
    assert (known.status_code, known.content) == (304, b"")


async def test_head_tells_the_size_and_sends_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.head(MEDIA)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, str(len(SOURCE)), b"")


async def test_a_thumbnail(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/v1/scenes/{CAT.id}/thumbnail")
    assert answer.content == photograph_file("cat")
    assert answer.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("id", [NOWHERE, "x", MORNING.upper()])
@pytest.mark.parametrize("path", ["", "/scenes", "/transcript", "/media"])
async def test_an_unknown_video(http: httpx.AsyncClient, id: str, path: str) -> None:
    answer = await http.get(f"/v1/videos/{id}{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no video {id!r}."


@pytest.mark.parametrize("url", [f"/v1/videos/{LAUNCH}/media", f"/v1/videos/{REFUSED}/media", "/v1/scenes/x/thumbnail"])
async def test_a_file_that_is_not_there(http: httpx.AsyncClient, url: str) -> None:
    answer = await http.get(url)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(".")


async def test_before_anything_is_published_there_are_no_videos(
    empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> None:
    async with warm_client(build(empty_platform, QuerySettings(), texts, images)) as http:
        assert (await http.get("/v1/videos")).json() == {"videos": [], "next_cursor": None}
        assert (await http.get(f"/v1/videos/{MORNING}")).status_code == 404


async def test_the_routes_are_described(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert set(paths["/v1/search"]) == {"get", "post"}
    assert {"/v1/videos", "/v1/videos/{video_id}/media", "/v1/scenes/{scene_id}/similar"} <= set(paths)
