"""Reads of the index, as models of `rushes_schemas.index`. An index without collections is empty: no error."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from rushes_runtime.errors import ConfigurationError, InvalidError
from rushes_runtime.index.port import (
    EVERYTHING,
    Filter,
    Hit,
    Index,
    IndexRefused,
    Match,
    Page,
    Point,
    Query,
    UnknownCollection,
)
from rushes_runtime.index.video_records import read_record
from rushes_schemas.index import SCENES_ALIAS, VIDEOS_COLLECTION, VideoRecord


class UnknownId(InvalidError):
    """Nothing has this id. HTTP answers 404, gRPC NOT_FOUND."""

    def __init__(self, sentence: str) -> None:
        super().__init__("not_found", sentence)


SCENES_PAGE = 1000
NO_PAGE = Page([], None)


class IndexReader:
    """Reads scenes and videos. Methods raise IndexUnavailable, and other errors where they say so."""

    def __init__(self, index: Index, scenes: str = SCENES_ALIAS) -> None:
        """`scenes` is the name of the collection of scenes, or the alias."""
        self._index = index
        self._scenes = scenes

    async def find(self, queries: Sequence[Query]) -> Sequence[Sequence[Hit]]:
        """Search the scenes; return one list of hits for each query. Raises ConfigurationError for vectors of another
        size."""
        if not queries:
            return []
        try:
            return await self._index.query(self._scenes, queries)
        except UnknownCollection:
            if self._scenes != SCENES_ALIAS:
                raise  # the collection was removed after the search had begun
            return [[] for _ in queries]  # the alias does not exist before the first video is indexed
        except IndexRefused as error:
            raise ConfigurationError(
                "the index is not of the models in RUSHES_MODELS__IMAGE_TEXT and RUSHES_MODELS__TEXT; set them back, "
                f"or rebuild it with `rushes reindex`: {error}"
            ) from error

    async def scene(self, scene_id: str, with_vectors: bool = False) -> Point:
        """Return a scene's point. Raises UnknownId."""
        found = await self._get(self._scenes, [scene_id], with_vectors)
        if not found:
            raise UnknownId(f"There is no scene {scene_id!r}.")
        return found[0]

    async def points(
        self, scene_ids: Sequence[str], with_vectors: bool | Sequence[str] = False, fields: Sequence[str] | None = None
    ) -> Sequence[Point]:
        """Return the points of the scenes that exist, with these fields of their payload (None: all)."""
        return await self._get(self._scenes, scene_ids, with_vectors, fields)

    async def titles(self, video_ids: Iterable[str]) -> dict[str, str]:
        """Return titles by video: the published one, else the file's name. Videos with neither are left out."""
        points = await self._get(VIDEOS_COLLECTION, list(video_ids), fields=["title", "filename"])
        titles = {point.id: point.payload.get("title") or point.payload.get("filename") for point in points}
        return {id: title for id, title in titles.items() if title}

    async def scenes(self, video_id: str) -> list[Point]:
        """Return all scenes of a video, in no particular order."""
        of_video = Filter([Match("video_id", [video_id])])
        page = await self._scroll(self._scenes, of_video, SCENES_PAGE, None)
        points = list(page.points)
        while page.next is not None:
            page = await self._scroll(self._scenes, of_video, SCENES_PAGE, page.next)
            points += page.points
        return points

    async def video(self, video_id: str) -> VideoRecord:
        """Return a video's record. Raises UnknownId."""
        found = await self.videos([video_id])
        if video_id not in found:
            raise UnknownId(f"There is no video {video_id!r}.")
        return found[video_id]

    async def videos(self, video_ids: Iterable[str]) -> dict[str, VideoRecord]:
        """Return the records that exist, by video id."""
        points = await self._get(VIDEOS_COLLECTION, list(video_ids))
        return {record.video_id: record for record in _readable(points)}

    async def videos_page(
        self, limit: int, cursor: str | None, wanted: Filter = EVERYTHING
    ) -> tuple[list[VideoRecord], str | None]:
        """Return a page of records that pass a filter, in the order of their ids, and the cursor of the next page.
        Raises InvalidError for an invalid cursor."""
        if cursor is not None and not _is_id(cursor):
            raise InvalidError("bad_cursor", f"{cursor!r} is no cursor; take `next_cursor` of the page before.")
        page = await self._scroll(VIDEOS_COLLECTION, wanted, limit, cursor)
        return _readable(page.points), page.next

    def is_possible(self, id: str) -> bool:
        """Whether a record or a scene can have this id."""
        return _is_id(id)

    async def _get(
        self,
        name: str,
        ids: Sequence[str],
        with_vectors: bool | Sequence[str] = False,
        fields: Sequence[str] | None = None,
    ) -> Sequence[Point]:
        possible = [id for id in ids if _is_id(id)]
        try:
            return await self._index.get(name, possible, with_vectors, fields) if possible else []
        except UnknownCollection:
            return []

    async def _scroll(self, name: str, filter: Filter, limit: int, after: str | None) -> Page:
        try:
            return await self._index.scroll(name, filter, limit, after)
        except UnknownCollection:
            return NO_PAGE


def _readable(points: Iterable[Point]) -> list[VideoRecord]:
    return [record for point in points if (record := read_record(point)) is not None]


def _is_id(text: str) -> bool:
    """Whether this is a UUID in the form in which rushes writes ids. Invalid ids return 404 without a lookup, since the
    index refuses them."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
