"""The storyboard over HTTP: a track that another parser reads, and the sheets that it points at."""

from collections.abc import AsyncIterator
from io import StringIO

import httpx
import pytest
import webvtt

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.app import build
from rushes_query.settings import QuerySettings
from rushes_runtime.index.port import CollectionSpec, Point
from rushes_runtime.platform import Platform
from rushes_schemas.index import VIDEOS_COLLECTION, StageEntry, as_payload
from rushes_schemas.storyboard import Storyboard, sheet_key, storyboard_key

from .conftest import client_of
from .films import MORNING, NOWHERE, photograph_file, records

RECIPE = "abcdef012345"


@pytest.fixture
async def http(
    empty_platform: Platform, texts: TextEncoder, images: ImageTextEncoder
) -> AsyncIterator[httpx.AsyncClient]:
    """A video of two segments, of which the first has a storyboard."""
    record = next(each for each in records() if each.video_id == MORNING)
    entries = {"0": {"scenes": StageEntry(status="done", at=1, recipe=RECIPE)}, "1": {}}
    index, blobs = empty_platform.index, empty_platform.blobs
    await index.ensure(VIDEOS_COLLECTION, CollectionSpec())
    await index.upsert(VIDEOS_COLLECTION, [Point(MORNING, as_payload(record.model_copy(update={"segments": entries})))])
    board = Storyboard(columns=2, tile_width=160, tile_height=90, times_ms=(0, 2000, 4000), end_ms=5500)
    await blobs.put(storyboard_key(MORNING, 0, RECIPE), board.model_dump_json().encode())
    await blobs.put(sheet_key(MORNING, 0, RECIPE), photograph_file("cat"))
    async with client_of(build(empty_platform, QuerySettings(), texts, images)) as client:
        yield client


async def test_a_track_points_at_parts_of_sheets_that_are_there(http: httpx.AsyncClient) -> None:
    url = f"/v1/videos/{MORNING}/storyboard"
    answer = await http.get(url)
    assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
    cues = webvtt.from_buffer(StringIO(answer.text)).captions
    assert [(cue.start, cue.end, cue.text.partition("#")[2]) for cue in cues] == [
        ("00:00:00.000", "00:00:02.000", "xywh=0,0,160,90"),
        ("00:00:02.000", "00:00:04.000", "xywh=160,0,160,90"),
        ("00:00:04.000", "00:00:05.500", "xywh=0,90,160,90"),
    ]
    sheet = await http.get(str(answer.url.join(cues[0].text)))
    assert (sheet.content, sheet.headers["content-type"]) == (photograph_file("cat"), "image/jpeg")
    for known in (answer, sheet):
        again = await http.get(str(known.url), headers={"If-None-Match": known.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"), [("0.jpg", 200), ("1.jpg", 404), ("7.jpg", 404), ("x.jpg", 422), ("-1.jpg", 422)]
)
async def test_a_sheet_that_is_not_there(http: httpx.AsyncClient, path: str, status: int) -> None:
    assert (await http.get(f"/v1/videos/{MORNING}/storyboard/{path}")).status_code == status
    assert (await http.get(f"/v1/videos/{NOWHERE}/storyboard/{path}")).status_code in (404, 422)


async def test_a_sheet_without_its_bytes_is_not_there(http: httpx.AsyncClient, empty_platform: Platform) -> None:
    await empty_platform.blobs.put(sheet_key(MORNING, 0, RECIPE), b"")
    assert (await http.get(f"/v1/videos/{MORNING}/storyboard/0.jpg")).status_code == 404
