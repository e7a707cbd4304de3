"""Search: a question into moments."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.answers import Group, LeftOut, Moment, SearchAnswer
from rushes_query.ask import Ask, LikeAsk, Wish
from rushes_query.asked import Asked
from rushes_query.cursor import Paging, paging
from rushes_query.fuse import Scored, fuse
from rushes_query.legs import Legs
from rushes_query.moments import FoundMoment, FoundScene, at_most, moments
from rushes_query.pictures import Decode, decode_here
from rushes_query.reader import Reader
from rushes_query.settings import QuerySettings
from rushes_query.shown import leading, shown
from rushes_query.where import filter_of
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import Filter, Hit, Query
from rushes_schemas.index import ScenePayload

SPAN_FIELDS = ("video_id", "start_ms", "end_ms", "continues")
"""What is read of every scene that a leg brings; the rest only of those that are shown."""


class Search:
    """Finds moments. Methods never block the event loop; they raise IndexUnavailable."""

    def __init__(
        self,
        reader: Reader,
        texts: TextEncoder,
        images: ImageTextEncoder,
        settings: QuerySettings,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = now_ms,
        decode: Decode = decode_here,
    ) -> None:
        """`clock` counts seconds; `now` tells milliseconds since the Unix epoch; `decode` takes a question's image."""
        self._decode = decode
        self._reader = reader
        self._legs = Legs(texts, images, settings)
        self._settings = settings
        self._clock = clock
        self._now = now

    async def warm(self) -> None:
        """Load what a search needs. Raises WeightsError."""
        await asyncio.to_thread(self._legs.warm)

    @property
    def is_warm(self) -> bool:
        """Whether every leg can answer."""
        return self._legs.is_warm

    async def search(self, ask: Ask) -> SearchAnswer:
        """The moments that the words or the picture are found in. Raises InvalidError."""
        started = self._clock()
        if not ask.q and ask.image is None:
            raise InvalidError("empty", "Say what to search for: q, an image, or both.")
        pages = paging(ask, self._now(), ask.image or b"")
        picture = await self._decode(ask.image) if ask.image is not None else None
        quick = self._legs.is_quick(ask)
        asked = self._legs.of(ask) if quick else await asyncio.to_thread(self._legs.of, ask, picture)
        found = await self._found(asked, filter_of(ask, asked.phrases, pages.as_of))
        return await self._answer(ask, asked, found, pages, ask.q, started)

    async def similar(self, scene_id: str, ask: LikeAsk) -> SearchAnswer:
        """The moments that are like a scene, which is itself not among them. Raises NotFound."""
        started = self._clock()
        pages = paging(ask, self._now(), scene_id.encode())
        scene = await self._reader.scene(scene_id, with_vectors=True)
        video = str(scene.payload["video_id"])
        filter = filter_of(ask, as_of=pages.as_of, but_not=video if ask.other_videos else None)
        asked = self._legs.like(ask, scene)
        found = await self._found(asked, filter, without=scene_id)
        return await self._answer(ask, asked, found, pages, "", started)

    async def _found(self, asked: Asked, filter: Filter, without: str | None = None) -> list[FoundMoment]:
        """All legs in one batch, fused, neighbours made one; best first."""
        limit = self._settings.candidates
        queries = [Query(leg, its.vector, limit, filter, its.floor, SPAN_FIELDS) for leg, its in asked.wanted.items()]
        lists = await self._reader.find(queries)
        hits = {hit.id: hit for found in lists for hit in found if hit.id != without}
        legs = {leg: _scored(found, without) for leg, found in zip(asked.wanted, lists, strict=True)}
        fused = fuse(legs, asked.weights, self._settings.fusion_k)
        scenes = (FoundScene(one.id, *_span(hits[one.id]), one.score, one.places) for one in fused)
        return moments(scenes, self._settings.together)

    async def _answer(
        self, wish: Wish, asked: Asked, found: Sequence[FoundMoment], pages: Paging, query: str, started: float
    ) -> SearchAnswer:
        kept = at_most(found, wish.per_video or self._settings.per_video)
        heads = at_most(kept, 1) if wish.group_by_video else kept
        rest = pages.rest(heads)
        page = rest[: wish.limit]
        videos = {moment.video_id for moment in page}
        members = [moment for moment in kept if moment.video_id in videos] if wish.group_by_video else page
        made = await self._shown(members, asked)
        return SearchAnswer(
            query=query,
            moments=[made[moment.ids] for moment in page if moment.ids in made],
            groups=_groups(page, members, made) if wish.group_by_video else [],
            left_out=[LeftOut(leg=leg, reason=reason) for leg, reason in asked.left_out.items()],
            next_cursor=pages.next_cursor(page, rest),
            took_ms=round((self._clock() - started) * 1000),
        )

    async def _shown(self, found: Sequence[FoundMoment], asked: Asked) -> dict[frozenset[str], Moment]:
        """Each moment as it is shown. One whose scenes were deleted since they were found is not among them."""
        k = self._settings.fusion_k
        seen = [moment.best.id for moment in found if leading(moment.best, asked, k) == "visual"]
        ids = [scene.id for moment in found for scene in moment.scenes]
        scenes, pictured, titles = await asyncio.gather(
            self._reader.points(ids),
            self._reader.points(seen, with_vectors=["visual"], fields=[]),
            self._reader.titles({moment.video_id for moment in found}),
        )
        payloads = {point.id: ScenePayload.model_validate(point.payload) for point in scenes}
        vectors = {point.id: point for point in pictured}
        return {
            moment.ids: shown(moment, asked, payloads, vectors, titles.get(moment.video_id), k)
            for moment in found
            if moment.ids <= payloads.keys()
        }


def _groups(
    page: Sequence[FoundMoment], members: Sequence[FoundMoment], made: Mapping[frozenset[str], Moment]
) -> list[Group]:
    """The videos of a page, with all their moments."""
    groups = []
    for head in page:
        its = [made[moment.ids] for moment in members if moment.video_id == head.video_id and moment.ids in made]
        if its:
            groups.append(Group(video_id=head.video_id, title=its[0].title, score=head.score, moments=its))
    return groups


def _scored(hits: Sequence[Hit], without: str | None) -> list[Scored]:
    return [Scored(hit.id, hit.score) for hit in hits if hit.id != without]


def _span(hit: Hit) -> tuple[str, int, int, bool]:
    its = hit.payload
    return its["video_id"], its["start_ms"], its["end_ms"], its.get("continues", False)
