# ruff: noqa: RUF012  # pydantic copies defaults
"""What an instance answers to whoever runs it, besides what `rushes_client` reads."""

from rushes_client.answers import Accepted, Answer


class DeadLetter(Answer):
    """A record that a service gave up. `value` is base64 where `is_base64`; `at` is in ms since the Unix epoch."""

    id: str
    service: str
    reason: str
    error: str
    attempts: int
    at: int
    video_id: str | None = None
    segment: int | None = None
    recipe: str | None = None
    origin: str
    first_error: str
    stack: str
    key: str | None = None
    headers: dict[str, str] = {}
    value: str
    is_base64: bool = False
    stored_at: str | None = None
    missing: str | None = None


class DeadLetters(Answer):
    """The dead letters that are open, oldest first, and how many there are in all."""

    total: int
    dead_letters: list[DeadLetter]


class Settled(Answer):
    """How many dead letters were replayed or discarded, and which."""

    count: int
    ids: list[str]


class Imported(Answer):
    """The videos that an archive held."""

    videos: list[Accepted]


class MadeWith(Answer):
    """The models of a collection."""

    image_text: str
    text: str


class Collection(Answer):
    """A collection of scenes."""

    name: str
    searched: bool
    points: int
    made_with: MadeWith | None = None


class Reindex(Answer):
    """How far a reindex is, and which collections there are."""

    status: str
    collection: str | None = None
    done: int = 0
    total: int = 0
    reason: str | None = None
    collections: list[Collection] = []


class Replayed(Answer):
    """What was published once more, and which videos could not be."""

    videos: int
    events: int
    left_out: list[str] = []
