"""The services' own HTTP side on a socket of loopback, over a real index, blob store and models.

Only the broker is missing: what ingest publishes is kept, and the tests say what the pipeline makes of it, in progress
events that the catalog takes and in records. Whatever the command sends is answered by the routes that an installation
has.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from rushes_catalog.ledger import take_progress
from rushes_ingest.api.changes import deletion_routes, edit_routes
from rushes_ingest.api.uploads import upload_routes
from rushes_ingest.resumable.receive import ResumableUploads
from rushes_ingest.resumable.tus import resumable_routes as resumable
from rushes_ingest.settings import IngestSettings, SourceSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_ingest.upload_service import UploadService
from rushes_ingest.worker import IngestWorker, check_playable
from rushes_models.lexical import LexicalEncoder
from rushes_models.registry import Encoders, encoders
from rushes_query.app import WarmModels, build
from rushes_query.settings import QuerySettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import Filter, IndexUnavailable, Point, Sparse
from rushes_runtime.index.scene_collections import ensure_scenes
from rushes_runtime.index.video_records import ensure_videos, put_record
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service, make_app
from rushes_runtime.settings import BlobSettings, HttpSettings, Settings
from rushes_runtime.web.server import Http
from rushes_schemas.events import Video, VideoDeleted, VideoProgress, VideoUploaded
from rushes_schemas.ids import scene_point_id
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION, ScenePayload, StageEntry, VideoRecord, as_payload

T = TypeVar("T")
Said = VideoProgress | VideoRecord


class Watched:
    """The index, which may be down for so many looks at a record, and after each of them hears from the pipeline."""

    def __init__(self, inner: EdgeIndex) -> None:
        self._inner = inner
        self.down = 0
        self.pipeline: list[Said] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def get(self, name: str, ids: Sequence[str], *more: Any, **options: Any) -> Sequence[Point]:
        if self.down:
            self.down -= 1
            raise IndexUnavailable("the index does not answer")
        found = await self._inner.get(name, ids, *more, **options)
        if name == VIDEOS_COLLECTION and self.pipeline:
            await self.hear(self.pipeline.pop(0))
        return found

    async def hear(self, said: Said) -> None:
        """Write what was said where the catalog does."""
        index: Any = self._inner
        if isinstance(said, VideoProgress):
            await take_progress(index, said)
        else:
            await put_record(index, said)


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    params: dict[str, Any]


class Instance:
    """The running services. `asked` are the requests that came, `published` the events that were accepted."""

    def __init__(self, folder: Path) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.published: list[VideoUploaded] = []
        self.then: Callable[[VideoUploaded], Sequence[Said]] = lambda _: ()
        """What the pipeline says of a video that was accepted, the next after each look at a record."""
        self.broker = "ok"
        self.index = Watched(EdgeIndex(folder / "index"))
        index: Any = self.index
        self.platform = Platform(
            Settings(http=HttpSettings(port=0, grpc_port=0)), Blobs((folder / "blobs").as_uri()), index, Metrics()
        )
        self.images, self.texts = encoders(self.platform.settings.models)
        self.loop = asyncio.new_event_loop()

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done in the instance's own event loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def reset(self) -> None:
        """Know nothing again, for the next test."""
        self.asked, self.published, self.then, self.broker = [], [], lambda _: (), "ok"
        self.index.down, self.index.pipeline = 0, []
        for collection in (VIDEOS_COLLECTION, SCENES_ALIAS):
            self.now(self.platform.index.delete(collection, Filter()))

    def knows(self, *records: VideoRecord) -> None:
        """Have the catalog know videos."""
        for record in records:
            self.now(self.index.hear(record))

    def shows(self, record: VideoRecord, text: str, start_ms: int, end_ms: int, **facts: Any) -> str:
        """Have a scene of a video found by its text; its id."""
        payload = ScenePayload(
            video_id=record.video_id, segment=0, scene=start_ms, start_ms=start_ms, end_ms=end_ms, title=record.title,
            text=text, language="en", fallback=False, thumbnail_uri=facts.pop("thumbnail_uri", None), recipe="r",
            duration_ms=76_000, **facts,
        )  # fmt: skip
        words, speech = LexicalEncoder().encode_document(text, "en"), self.texts.encode([text])[0]
        visual = self.images.encode_queries([text])[:1]
        id = scene_point_id(record.video_id, 0, start_ms, "r")
        vectors = {"speech": speech, "visual": visual, "lexical": Sparse(words.indices, words.values)}
        self.now(self.platform.index.upsert(SCENES_ALIAS, [Point(id, as_payload(payload), vectors)]))
        return id

    async def serve(self, stack: AsyncExitStack) -> None:
        """Answer for as long as the stack is open."""
        await ensure_videos(self.platform.index)
        await ensure_scenes(self.platform, Encoders(self.images, self.texts))
        query = build(self.platform, QuerySettings(), self.texts, self.images)
        await stack.enter_async_context(next(each for each in query.lifespans if isinstance(each, WarmModels)))
        http = self.platform.settings.http
        app = self._seen(make_app("up", [query, self._ingest()], self.platform.metrics, http=http))
        server = await stack.enter_async_context(Http(app, http))
        stack.push_async_callback(self.platform.index.close)
        self.url = f"http://127.0.0.1:{server.port}"

    def _ingest(self) -> Service:
        blobs, settings = self.platform.blobs, IngestSettings(keep_free=0)
        preparer = IngestWorker(blobs, settings)

        async def playable(key: str, name: str) -> None:
            await asyncio.to_thread(check_playable, preparer, key, name)

        acceptance = UploadService(blobs, playable, self._publish, self.platform.index)
        routers = [
            upload_routes(acceptance, settings, UriPolicy(SourceSettings(), BlobSettings(), is_private=True)),
            resumable(ResumableUploads(acceptance, settings), settings),
            edit_routes(blobs, self._publish),
            deletion_routes(blobs, self._deleted),
        ]
        return Service("ingest", http=routers, checks={"broker": self._broker_answers})

    async def _publish(self, event: VideoUploaded) -> None:
        self.published.append(event)
        self.index.pipeline += self.then(event)

    async def _deleted(self, event: VideoDeleted) -> None: ...

    async def _broker_answers(self) -> None:
        if self.broker != "ok":
            raise BrokerUnavailable(self.broker)

    def _seen(self, app: ASGIApp) -> ASGIApp:
        async def seen(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                request = Request(scope)
                self.asked.append(Asked(request.method, request.url.path, dict(request.query_params.multi_items())))
            await app(scope, receive, send)

        return seen


@contextmanager
def running(folder: Path) -> Iterator[Instance]:
    """An instance in a thread of its own, since the command blocks."""
    instance = Instance(folder)
    started: Queue[BaseException | None] = Queue()
    stop = asyncio.Event()

    async def serve() -> None:
        try:
            async with AsyncExitStack() as stack:
                await instance.serve(stack)
                started.put(None)
                await stop.wait()
        except BaseException as error:
            started.put(error)
            raise

    thread = threading.Thread(target=instance.loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        if (error := started.get(timeout=50)) is not None:
            raise error
        yield instance
    finally:
        instance.loop.call_soon_threadsafe(stop.set)
        thread.join()
        instance.loop.close()


def record(video_id: str, status: Any = "indexed", **facts: Any) -> VideoRecord:
    """A video of two segments, worked on as far as its status says."""
    at = facts.pop("at", 1_760_000_000_000)
    done = StageEntry(status="done", points=3, at=at, elapsed_ms=4200)
    stages = {"asr": done, "scenes": done, "embed": done} if status == "indexed" else {"asr": done}
    count = 2 if status == "indexed" else 1
    known: dict[str, Any] = {
        "video": video_of(video_id),
        "title": "A film",
        "filename": "film.mp4",
        "language": "en",
        "points": 13,
        "created_at": at,
        "updated_at": at,
        "ingest": done,
        "segments": {str(number): stages for number in range(count)},
    }
    return VideoRecord(video_id=video_id, status=status, **(known | facts))


def video_of(video_id: str) -> Video:
    """Its facts."""
    return Video(
        video_id=video_id,
        sha256="0" * 64,
        title="A film",
        duration_ms=76_000,
        width=640,
        height=360,
        has_audio=True,
        segment_count=2,
        source_uri=f"blob:videos/{video_id}/source",
        size_bytes=1000,
        media_type="video/mp4",
    )
