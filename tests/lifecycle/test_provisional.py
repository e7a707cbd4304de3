"""An accepted URI is listed from the moment it is accepted, by its URI or its id, until its video takes its place."""

from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from rushes_catalog.ledger import take_progress
from rushes_catalog.purge import purge
from rushes_ingest.api.changes import deletion_routes
from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.app import list_accepted_uri
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.upload_service import UploadService
from rushes_query.http.library_routes import routes
from rushes_query.index_reader import IndexReader
from rushes_query.library.videos import Library
from rushes_runtime.bus.progress import now_ms, stumbled
from rushes_runtime.errors import Dropped
from rushes_runtime.index.video_records import find_record
from rushes_runtime.platform import Platform
from rushes_runtime.provisional import show_accepted
from rushes_runtime.record_context import RecordContext, Subject
from rushes_runtime.settings import BlobSettings, HttpSettings
from rushes_runtime.web.app import web_app
from rushes_schemas.events import VideoDeleted, VideoProgress, VideoUploaded
from rushes_schemas.ids import provisional_id

from .turns import Turns
from .video import planned, source

URI = "https://films.example/film.mp4"
VIDEO = source("film", 1)
ACCEPTED = VideoUploaded(uri=URI, accepted_at=1000)


def failed(event: VideoUploaded, status: str = "failed", at: int | None = None) -> VideoProgress:
    """What ingest says of a URI that it can't fetch."""
    said = stumbled("ingest", status, event, Subject(provisional_id(event.uri)), "not_found: it answers 404")  # type: ignore[arg-type]
    assert said is not None
    return said.model_copy(update={"at": at}) if at is not None else said


def fetched(event: VideoUploaded, at: int | None = None) -> VideoProgress:
    """What ingest says once the bytes are planned."""
    return VideoProgress(
        video_id=VIDEO.video_id,
        stage="ingest",
        status="done",
        at=now_ms() if at is None else at,
        recipe="r",
        video=planned(VIDEO).video,
        source=event,
    )


SOURCES = UriPolicy(SourceSettings(), BlobSettings(), is_private=True)


class Instance:
    """The doors of ingest and of query on one platform, and what ingest published."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.published: list[VideoUploaded] = []
        self.deleted: list[VideoDeleted] = []
        ingest = IngestSettings(keep_free=0)
        routers = [
            upload_routes(
                UploadService(platform.blobs, self._playable, self._publish, platform.index), ingest, SOURCES
            ),
            deletion_routes(platform.blobs, self._delete),
            routes(Library(IndexReader(platform.index), platform.blobs)),
        ]
        app = web_app("test", routers, {}, CollectorRegistry(), HttpSettings())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")

    async def _playable(self, key: str, name: str) -> None: ...

    async def _publish(self, event: VideoUploaded) -> None:
        self.published.append(event)

    async def _delete(self, event: VideoDeleted) -> None:
        self.deleted.append(event)

    async def add(self, uri: str) -> str:
        """Have a URI accepted; where to look for it."""
        answer = await self.http.post("/v1/uploads/from-uri", json={"uri": uri})
        assert answer.status_code == 202
        return str(answer.json()["status_url"])

    async def listed(self, **params: str) -> list[tuple[str, str, str | None]]:
        """Id, status and reason of the videos that are listed."""
        videos = (await self.http.get("/v1/videos", params=params)).json()["videos"]
        return [(video["video_id"], video["status"], video["reason"]) for video in videos]


@pytest.fixture
async def instance(platform: Platform) -> AsyncIterator[Instance]:
    made = Instance(platform)
    async with made.http:
        yield made


PROVISIONAL = provisional_id(URI)


async def test_accepted_uri_is_listed_at_once_with_its_uri(instance: Instance) -> None:
    where = await instance.add(URI)
    [video] = (await instance.http.get(where)).json()["videos"]
    assert (video["video_id"], video["status"], video["provisional"]) == (PROVISIONAL, "processing", True)
    assert (video["uri"], video["title"]) == (URI, URI)
    assert await instance.listed() == await instance.listed(status="processing") == [(PROVISIONAL, "processing", None)]
    assert await instance.listed(uri="https://films.example/other.mp4") == await instance.listed(status="failed") == []
    assert (await instance.http.get(f"/v1/videos/{PROVISIONAL}")).json()["segments"] == []


async def test_uri_that_can_not_be_fetched_says_why(instance: Instance) -> None:
    await instance.add(URI)
    index, reason = instance.platform.index, "not_found: it answers 404"
    await take_progress(index, failed(instance.published[0], "retrying"))
    video = (await instance.http.get(f"/v1/videos/{PROVISIONAL}")).json()
    assert (video["status"], video["ingest"]["status"], video["ingest"]["reason"]) == ("processing", "retrying", reason)
    await take_progress(index, failed(instance.published[0]))
    assert await instance.listed(status="failed", uri=URI) == [(PROVISIONAL, "failed", reason)]
    await instance.add(URI)
    assert await instance.listed() == [(PROVISIONAL, "processing", None)]  # it is one, and as it stands now
    await take_progress(index, failed(instance.published[0]))
    assert await instance.listed() == [(PROVISIONAL, "processing", None)]  # of the acceptance before


async def test_video_takes_the_place_of_its_uri_and_is_found_by_it(instance: Instance) -> None:
    await instance.add(URI)
    index = instance.platform.index
    await take_progress(index, fetched(instance.published[0]))
    assert await instance.listed() == [(VIDEO.video_id, "processing", None)]
    await take_progress(index, fetched(VideoUploaded(uri=VIDEO.uri)))  # an edit
    await take_progress(index, fetched(VideoUploaded(uri="s3://films/film.mp4")))
    assert await instance.listed(uri=URI) == await instance.listed(uri="s3://films/film.mp4") == await instance.listed()
    record = await find_record(index, VIDEO.video_id)
    assert record is not None and (record.uri, record.uris) == ("s3://films/film.mp4", (URI, "s3://films/film.mp4"))


async def test_password_of_a_uri_is_not_listed(instance: Instance) -> None:
    where = await instance.add("https://me:secret@films.example/film.mp4")
    answer = await instance.http.get(where)
    assert answer.json()["videos"][0]["uri"] == "https://***@films.example/film.mp4"
    assert "secret" not in answer.text


async def test_raw_event_is_listed_once_ingest_takes_it_up(instance: Instance) -> None:
    await list_accepted_uri(ACCEPTED, instance.platform, RecordContext("ingest"))
    assert await instance.listed(uri=URI) == [(PROVISIONAL, "processing", None)]
    await take_progress(instance.platform.index, failed(ACCEPTED, "retrying"))
    await list_accepted_uri(ACCEPTED, instance.platform, RecordContext("ingest"))  # taken up once more
    record = await find_record(instance.platform.index, PROVISIONAL)
    assert record is not None and record.ingest is not None and record.ingest.status == "retrying"


async def test_accepted_uri_that_is_deleted_is_not_fetched(instance: Instance) -> None:
    await instance.add(URI)
    assert (await instance.http.delete(f"/v1/videos/{PROVISIONAL}")).status_code == 202
    await purge(instance.platform, instance.deleted[0])
    assert await instance.listed() == []
    with pytest.raises(Dropped):
        await list_accepted_uri(instance.published[0], instance.platform, RecordContext("ingest"))
    await list_accepted_uri(
        instance.published[0].model_copy(update={"accepted_at": now_ms() + 1}),
        instance.platform,
        RecordContext("ingest"),
    )
    assert await instance.listed() == [(PROVISIONAL, "processing", None)]


async def test_one_record_is_left_whatever_the_order_of_what_is_said(platform: Platform) -> None:
    """The URI's and the video's events are handled by different consumers, so each may come late."""
    for seed in range(60):
        turns = Turns(platform, seed)
        index = turns.platform.index

        async def of_the_uri(index: object = index) -> None:
            await take_progress(index, failed(ACCEPTED, "retrying", at=1001))  # type: ignore[arg-type]
            await take_progress(index, failed(ACCEPTED, "retrying", at=1002))  # type: ignore[arg-type]

        await show_accepted(platform.index, ACCEPTED)
        await turns.play(of_the_uri(), take_progress(index, fetched(ACCEPTED, at=1003)))
        assert await find_record(platform.index, PROVISIONAL) is None, seed
        assert await find_record(platform.index, VIDEO.video_id) is not None, seed
        await purge(platform, VideoDeleted(video_id=VIDEO.video_id, at=2000 + seed))
