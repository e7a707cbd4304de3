"""Search: a request into moments. All legs are one query to the index; the rest is fusion and presentation."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_query.index_reader import IndexReader
from rushes_query.search.legs import KEYFRAME_LEGS, LegPlanner, SearchPlan
from rushes_query.search.moments import FoundMoment, FoundScene, Scored, at_most, fuse, moments
from rushes_query.search.presenter import present, starts_at_keyframe
from rushes_query.search.query_image import Decode, decode_here
from rushes_query.search.request import Paging, SearchOptions, SearchRequest, SimilarRequest, filter_of, paging
from rushes_query.settings import QuerySettings
from rushes_runtime.bus.progress import now_ms
from rushes_runtime.errors import InvalidError
from rushes_runtime.index.port import Filter, Hit, Query
from rushes_schemas.api import Group, LeftOut, Moment, SearchResults
from rushes_schemas.index import UNTITLED, ScenePayload

SPAN_FIELDS = ("video_id", "start_ms", "end_ms", "continues")
"""The payload fields that are read of every hit; the other ones are read only of the scenes in the answer."""


class Search:
    """Finds moments in one collection. Methods never block the event loop; they raise IndexUnavailable."""

    def __init__(
        self,
        reader: IndexReader,
        texts: TextEncoder,
        images: ImageTextEncoder,
        settings: QuerySettings,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = now_ms,
        decode: Decode = decode_here,
    ) -> None:
        """`clock` returns seconds, `now` milliseconds since the Unix epoch; `decode` decodes a request's image."""
        self._decode = decode
        self._reader = reader
        self._legs = LegPlanner(texts, images, settings)
        self._settings = settings
        self._clock = clock
        self._now = now

    async def warm(self) -> None:
        """Load the encoders. Raises WeightsError."""
        await asyncio.to_thread(self._legs.warm)

    @property
    def is_warm(self) -> bool:
        """Whether every leg can be searched."""
        return self._legs.is_warm

    async def search(self, request: SearchRequest) -> SearchResults:
        """Return the moments that match the words or the image. Raises InvalidError."""
        started = self._clock()
        if not request.q and request.image is None:
            raise InvalidError("empty", "Say what to search for: q, an image, or both.")
        pages = paging(request, self._now(), request.image or b"")
        image = await self._decode(request.image) if request.image is not None else None
        if self._legs.is_quick(request):  # a thread costs more than what is left to do
            plan = self._legs.for_request(request)
        else:
            plan = await asyncio.to_thread(self._legs.for_request, request, image)
        found = await self._find(plan, filter_of(request, plan.phrases, pages.as_of))
        return await self._answer(request, plan, found, pages, request.q, started)

    async def similar(self, scene_id: str, request: SimilarRequest) -> SearchResults:
        """Return the moments that are similar to a scene, without the scene itself. Raises UnknownId."""
        started = self._clock()
        pages = paging(request, self._now(), scene_id.encode())
        scene = await self._reader.scene(scene_id, with_vectors=True)
        video = str(scene.payload["video_id"])
        filter = filter_of(request, as_of=pages.as_of, excluded_video=video if request.other_videos else None)
        plan = self._legs.for_scene(request, scene)
        found = await self._find(plan, filter, excluded_scene=scene_id)
        return await self._answer(request, plan, found, pages, "", started)

    async def _find(self, plan: SearchPlan, filter: Filter, excluded_scene: str | None = None) -> list[FoundMoment]:
        """Query all legs in one batch, fuse them, and join neighbours; best first."""
        limit = self._settings.candidates
        queries = [Query(leg, its.vector, limit, filter, its.floor, SPAN_FIELDS) for leg, its in plan.queries.items()]
        lists = [
            [hit for hit in hits if hit.id != excluded_scene]  # the index has no filter on ids
            for hits in await self._reader.find(queries)
        ]
        by_id = {hit.id: hit for hits in lists for hit in hits}
        legs = {leg: list(map(_scored, hits)) for leg, hits in zip(plan.queries, lists, strict=True)}
        fused = fuse(legs, plan.weights, self._settings.fusion_k)
        scenes = (FoundScene(one.id, *_span(by_id[one.id]), one.score, one.places) for one in fused)
        return moments(scenes, self._settings.together)

    async def _answer(
        self,
        options: SearchOptions,
        plan: SearchPlan,
        found: Sequence[FoundMoment],
        pages: Paging,
        query: str,
        started: float,
    ) -> SearchResults:
        kept = at_most(found, options.per_video or self._settings.per_video)
        heads = at_most(kept, 1) if options.group_by_video else kept
        rest = pages.rest(heads)
        page = rest[: options.limit]
        videos = {moment.video_id for moment in page}
        members = [moment for moment in kept if moment.video_id in videos] if options.group_by_video else page
        presented = await self._present(members, plan)
        return SearchResults(
            query=query,
            moments=[presented[moment.ids] for moment in page if moment.ids in presented],
            groups=_groups(page, members, presented) if options.group_by_video else [],
            left_out=[LeftOut(leg=leg, reason=reason) for leg, reason in plan.left_out.items()],
            next_cursor=pages.next_cursor(page, rest),
            took_ms=round((self._clock() - started) * 1000),
        )

    async def _present(self, found: Sequence[FoundMoment], plan: SearchPlan) -> dict[frozenset[str], Moment]:
        """Return the API's moments by the ids of their scenes, without those whose scenes were deleted meanwhile."""
        k = self._settings.fusion_k
        ids = [scene.id for moment in found for scene in moment.scenes]
        # Keyframe vectors are large, so only the scenes that need them to choose a keyframe are read with them.
        at_keyframe = [moment.best.id for moment in found if starts_at_keyframe(moment, plan, k)]
        scenes, with_keyframes, titles = await asyncio.gather(
            self._reader.points(ids),
            self._reader.points(at_keyframe, with_vectors=KEYFRAME_LEGS, fields=[]),
            self._reader.titles({moment.video_id for moment in found}),
        )
        payloads = {point.id: ScenePayload.model_validate(point.payload) for point in scenes}
        keyframes = {point.id: point for point in with_keyframes}
        return {
            moment.ids: present(moment, plan, payloads, keyframes, titles.get(moment.video_id), k)
            for moment in found
            if moment.ids <= payloads.keys()
        }


def _groups(
    page: Sequence[FoundMoment], members: Sequence[FoundMoment], presented: Mapping[frozenset[str], Moment]
) -> list[Group]:
    """Return the videos of a page, each with all its moments."""
    groups = []
    for head in page:
        of_video = (moment for moment in members if moment.video_id == head.video_id)
        its = [presented[moment.ids] for moment in of_video if moment.ids in presented]
        if its:
            title = its[0].title or UNTITLED
            groups.append(Group(video_id=head.video_id, title=title, score=head.score, moments=its))
    return groups


def _scored(hit: Hit) -> Scored:
    return Scored(hit.id, hit.score)


def _span(hit: Hit) -> tuple[str, int, int, bool]:
    its = hit.payload
    return its["video_id"], its["start_ms"], its["end_ms"], its.get("continues", False)
