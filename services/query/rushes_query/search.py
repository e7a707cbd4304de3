"""Search: a question into moments."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.answers import Moment, SearchAnswer, Why
from rushes_query.ask import Ask
from rushes_query.fuse import Scored, fuse
from rushes_query.legs import Legs, Wanted
from rushes_query.moments import FoundMoment, FoundScene, moments
from rushes_query.reader import Reader
from rushes_query.settings import QuerySettings
from rushes_query.titles import shown_title
from rushes_query.urls import media_url, thumbnail_url
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import EVERYTHING, Filter, Hit, Match
from rushes_schemas.index import Leg, ScenePayload, VideoRecord


class Search:
    """Finds moments. Methods never block the event loop; they raise IndexUnavailable."""

    def __init__(
        self,
        reader: Reader,
        texts: TextEncoder,
        images: ImageTextEncoder,
        settings: QuerySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` counts seconds."""
        self._reader = reader
        self._legs = Legs(texts, images, settings)
        self._fusion_k = settings.fusion_k
        self._clock = clock
        self._warm = False

    async def warm(self) -> None:
        """Load what a search for words needs. Raises WeightsError."""
        await asyncio.to_thread(self._legs.warm)
        self._warm = True

    @property
    def is_warm(self) -> bool:
        """Whether a search for words is answered at once."""
        return self._warm

    async def search(self, ask: Ask) -> SearchAnswer:
        """The moments that the words or the picture are found in. Raises InvalidError."""
        started = self._clock()
        if not ask.q and ask.image is None:
            raise InvalidError("empty", "Say what to search for: q, an image, or both.")
        wanted = await asyncio.to_thread(self._legs.of, ask)
        found = await self._found(wanted, _filter(ask))
        return await self._answer(ask.q, started, found, ask.limit)

    async def similar(self, scene_id: str, limit: int) -> SearchAnswer:
        """The moments that are like a scene, which is itself not among them. Raises NotFound."""
        started = self._clock()
        scene = await self._reader.scene(scene_id, with_vectors=True)
        found = await self._found(self._legs.like(scene), EVERYTHING, without=scene_id)
        return await self._answer("", started, found, limit)

    async def _found(
        self, wanted: Mapping[Leg, Wanted], filter: Filter, without: str | None = None
    ) -> list[FoundMoment]:
        """All legs in one batch, fused, neighbours made one; best first."""
        lists = await self._reader.find(self._legs.queries(wanted, filter))
        hits = {hit.id: hit for found in lists for hit in found if hit.id != without}
        legs = {leg: _scored(found, without) for leg, found in zip(wanted, lists, strict=True)}
        fused = fuse(legs, self._legs.weights, self._fusion_k)
        return moments(FoundScene(one.id, _payload(hits[one.id]), one.score, one.places) for one in fused)

    async def _answer(self, query: str, started: float, found: Sequence[FoundMoment], limit: int) -> SearchAnswer:
        shown = found[:limit]
        records = await self._reader.videos({moment.video_id for moment in shown})
        answers = [_moment(moment, records.get(moment.video_id)) for moment in shown]
        return SearchAnswer(query=query, took_ms=round((self._clock() - started) * 1000), moments=answers)


def _filter(ask: Ask) -> Filter:
    """Where to look, as the index applies it before it ranks."""
    videos = [Match("video_id", ask.video_ids)] if ask.video_ids else []
    languages = [Match("language", [ask.language])] if ask.language else []
    return Filter(videos + languages)


def _scored(hits: Sequence[Hit], without: str | None) -> list[Scored]:
    return [Scored(hit.id, hit.score) for hit in hits if hit.id != without]


def _payload(hit: Hit) -> ScenePayload:
    return ScenePayload.model_validate(hit.payload)


def _moment(moment: FoundMoment, record: VideoRecord | None) -> Moment:
    thumbnail = moment.thumbnail_scene
    return Moment(
        video_id=moment.video_id,
        title=shown_title(record, moment.title),
        start_ms=moment.start_ms,
        end_ms=moment.end_ms,
        score=moment.score,
        text=moment.text,
        thumbnail_url=thumbnail_url(thumbnail) if thumbnail else None,
        media_url=media_url(moment.video_id, moment.start_ms),
        scenes=[scene.id for scene in moment.scenes],
        why=[Why(leg=place.leg, rank=place.rank, score=place.score) for place in moment.places],
    )
