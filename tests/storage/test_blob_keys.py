"""No key leads out of the blob store, for any reader or writer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rushes_runtime.blobs import BlobMissing, Blobs
from rushes_runtime.errors import InvalidError
from rushes_schemas.events import Keyframe, Scene, ScenesDetected, Segment, SegmentPlanned, VideoProgress
from rushes_testing.events import scenes_detected

OUTSIDE = [
    "",
    "/etc/passwd",
    "../outside/secret",
    "videos/../../outside/secret",
    "videos//x",
    "videos/",
    "./videos",
    "a\0b",
    "a\nb",
    "\ud800",
    "x" * 256,
    "/".join(["x" * 200] * 6),
    "link/secret",
    "secret-link",
]


async def _stream(blobs: Blobs, key: str) -> None:
    async for _ in blobs.stream(key):
        pass


async def _list(blobs: Blobs, key: str) -> None:
    async for _ in blobs.list(key):
        pass


async def _folders(blobs: Blobs, key: str) -> None:
    async for _ in blobs.folders(key):
        pass


async def _chunks() -> AsyncIterator[bytes]:
    yield b"written"


async def _open(blobs: Blobs, key: str) -> None:
    with blobs.open(key):
        pass


async def _now(call: Callable[[], object]) -> None:
    call()


USES: dict[str, Callable[[Blobs, str], Awaitable[Any]]] = {
    "get": lambda blobs, key: blobs.get(key),
    "get_now": lambda blobs, key: _now(lambda: blobs.get_now(key)),
    "put": lambda blobs, key: blobs.put(key, b"written"),
    "put a stream": lambda blobs, key: blobs.put(key, _chunks()),
    "put_now": lambda blobs, key: _now(lambda: blobs.put_now(key, b"written")),
    "put_now a stream": lambda blobs, key: _now(lambda: blobs.put_now(key, iter([b"written"]))),
    "stream": _stream,
    "size": lambda blobs, key: blobs.size(key),
    "exists": lambda blobs, key: blobs.exists(key),
    "open": _open,
    "rename to": lambda blobs, key: blobs.rename("there", key),
}
LINKS = {"link/secret", "secret-link"}
NOT_AT_THE_END: dict[str, Callable[[Blobs, str], Awaitable[Any]]] = {
    "rename from": lambda blobs, key: blobs.rename(key, "elsewhere"),
    "delete": lambda blobs, key: blobs.delete(key),
    "list": _list,
    "folders": _folders,
    "remove_stale": lambda blobs, key: blobs.remove_stale(key, datetime.now(UTC)),
}


@pytest.fixture
async def store(tmp_path: Path) -> Blobs:
    """A folder of blobs with links that lead out of it, beside a folder with a secret."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    blobs = Blobs((tmp_path / "blobs").as_uri())
    await blobs.put("there", b"there")
    (tmp_path / "blobs" / "link").symlink_to(outside)
    (tmp_path / "blobs" / "secret-link").symlink_to(outside / "secret")
    return blobs


@pytest.mark.parametrize("key", OUTSIDE)
@pytest.mark.parametrize("use", [*USES, *NOT_AT_THE_END])
async def test_no_use_of_a_key_leads_out_of_the_folder(store: Blobs, tmp_path: Path, use: str, key: str) -> None:
    if use in NOT_AT_THE_END and key in LINKS:
        return
    with pytest.raises(InvalidError) as refused:
        await (USES | NOT_AT_THE_END)[use](store, key)
    assert refused.value.reason == "not_a_key"
    assert (tmp_path / "outside" / "secret").read_bytes() == b"secret"
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret"]
    assert await store.get("there") == b"there"


@pytest.mark.parametrize("key", [key for key in OUTSIDE if key not in LINKS])
@pytest.mark.parametrize("use", ["get", "put", "size", "delete", "list", "open"])
async def test_keys_are_the_same_where_the_store_is_no_folder(use: str, key: str) -> None:
    with pytest.raises(InvalidError):
        await (USES | NOT_AT_THE_END)[use](Blobs("s3://nowhere"), key)


async def test_a_link_is_removed_itself_and_not_what_it_leads_to(store: Blobs, tmp_path: Path) -> None:
    await store.delete("secret-link")
    assert not (tmp_path / "blobs" / "secret-link").is_symlink()
    assert (tmp_path / "outside" / "secret").read_bytes() == b"secret"
    with pytest.raises(InvalidError):
        await store.delete("link/secret")


async def test_odd_names_and_links_inside_of_the_folder_are_keys(store: Blobs, tmp_path: Path) -> None:
    for key in ("a b/ü %20#?\\", "x" * 255, "..a/b..", "-"):
        await store.put(key, key.encode())
        assert await store.get(key) == key.encode()
        assert key in [key async for key in store.list(key.split("/")[0])] or "/" not in key
    (tmp_path / "blobs" / "inside").symlink_to(tmp_path / "blobs" / "there")
    assert await store.get("inside") == b"there"


async def test_a_folder_of_blobs_may_itself_be_a_link(store: Blobs, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(tmp_path / "blobs")
    assert await Blobs((tmp_path / "elsewhere").as_uri()).get("there") == b"there"


EVENT = scenes_detected("said")
OTHER = scenes_detected("said", title="Another")


@pytest.mark.parametrize(
    "uri",
    [
        "blob:../../etc/passwd",
        "blob:/etc/passwd",
        "blob:videos/../deleted/x",
        "file:///etc/passwd",
        OTHER.video.source_uri,
        f"blob:videos/{EVENT.video.video_id}",
        f"blob:videos/{EVENT.video.video_id}/../{OTHER.video.video_id}/source",
    ],
)
def test_an_event_names_blobs_of_its_own_video_only(uri: str) -> None:
    video, segment = EVENT.video, EVENT.segment
    said = {"transcript": EVENT.transcript.model_dump(), "segment": segment.model_dump(), "video": video.model_dump()}
    sounding = said["segment"] | {"audio_uri": uri}
    elsewhere = said["video"] | {"source_uri": uri}
    scene = Scene.model_construct(index=0, start_ms=0, end_ms=1, keyframes=({"time_ms": 0, "uri": uri},)).model_dump(
        warnings=False
    )
    for refused in (
        lambda: SegmentPlanned.model_validate(said | {"segment": sounding}),
        lambda: SegmentPlanned.model_validate(said | {"video": elsewhere}),
        lambda: ScenesDetected.model_validate(said | {"scenes": [scene]}),
        lambda: _progress(artefact_uri=uri),
        lambda: _progress(video=elsewhere),
    ):
        with pytest.raises(ValidationError, match="blob"):
            refused()


def test_an_event_whose_blobs_are_its_video_s_is_taken() -> None:
    assert ScenesDetected.model_validate_json(EVENT.model_dump_json()) == EVENT
    assert _progress(artefact_uri=f"blob:videos/{EVENT.video.video_id}/0/asr-x.json", video=EVENT.video.model_dump())
    assert Segment(index=0, start_ms=0, end_ms=1, audio_uri="blob:videos/1/0/sound.flac")
    assert Keyframe(time_ms=0, uri="blob:videos/1/0/keyframes/0.jpg")


def _progress(**more: Any) -> VideoProgress:
    return VideoProgress.model_validate(
        {"video_id": EVENT.video.video_id, "stage": "ingest", "status": "done", "at": 1} | more
    )


async def test_a_missing_blob_is_still_only_missing(store: Blobs) -> None:
    with pytest.raises(BlobMissing):
        await store.get("videos/nobody/source")
