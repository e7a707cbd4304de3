"""What holds of Edge alone: its folder, its lock, its threads, and its sudden death."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.edge_errors import translated
from rushes_runtime.index.port import CollectionSpec, DenseSpec, IndexInUse, IndexUnavailable, Point, Query

from .samples import CATALOG, SPEC, bare, floats, scene, uid

HOLD = """
import asyncio, sys
from pathlib import Path
from rushes_runtime.index.edge import EdgeIndex
asyncio.run(EdgeIndex(Path(sys.argv[1])).ready())
print("open", flush=True)
sys.stdin.read()
"""

WRITE_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from uuid import UUID
import numpy as np
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.index.port import CollectionSpec, DenseSpec, Point

async def write():
    index = EdgeIndex(Path(sys.argv[1]))
    await index.ensure("scenes", CollectionSpec({"speech": DenseSpec(32)}, integer_fields=["n"]))
    await index.point_alias("current", "scenes")
    for n in itertools.count():
        vector = np.full(32, 1 + n, np.float32)
        await index.upsert("scenes", [Point(str(UUID(int=n)), {"n": n}, {"speech": vector})])
        print(n, flush=True)

asyncio.run(write())
"""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[EdgeIndex]:
    index = EdgeIndex(folder)
    try:
        yield index
    finally:
        await index.close()


def test_nothing_is_opened_before_it_is_used(tmp_path: Path) -> None:
    EdgeIndex(tmp_path / "index")
    assert list(tmp_path.iterdir()) == []


async def test_all_is_there_after_it_is_opened_again(tmp_path: Path, random: np.random.Generator) -> None:
    points = [scene(number, random) for number in range(30)]
    asked = [Query("visual", points[3].vectors["visual"], 5), Query("lexical", points[4].vectors["lexical"], 5)]
    async with opened(tmp_path) as index:
        await index.ensure("scenes", SPEC)
        await index.point_alias("current", "scenes")
        await index.upsert("scenes", points)
        before = await index.query("scenes", asked)
    async with opened(tmp_path) as index:
        await index.ensure("scenes", SPEC)
        assert await index.resolve("current") == "scenes"
        assert await index.collections() == ["scenes"]
        assert await index.query("current", asked) == before


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    with _python(WRITE_FOR_EVER, tmp_path) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline()) for _ in range(300)][-1]
        process.send_signal(signal.SIGKILL)
    async with opened(tmp_path) as index:
        found = await index.get("current", [uid(number) for number in range(acknowledged + 1)], with_vectors=True)
        assert [point.payload["n"] for point in found] == list(range(acknowledged + 1))
        assert all("speech" in point.vectors for point in found)


async def test_a_second_process_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with _python(HOLD, tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        async with opened(tmp_path) as index:
            with pytest.raises(IndexInUse, match=f"{tmp_path}.*process {process.pid}.*stop that one"):
                await index.ready()
            process.kill()
            process.wait()
            await index.ready()


async def test_a_second_index_of_one_process_is_refused_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as first, opened(tmp_path) as second:
        await first.ready()
        with pytest.raises(IndexInUse):
            await second.ready()
        await first.close()
        await second.ready()


async def test_a_closed_index_is_unavailable(tmp_path: Path) -> None:
    async with opened(tmp_path) as index:
        await index.ensure("videos", CATALOG)
        await index.close()
        with pytest.raises(IndexUnavailable, match="closed"):
            await index.count("videos")


async def test_the_loop_and_the_readers_go_on_during_a_long_upsert(tmp_path: Path, random: np.random.Generator) -> None:
    async with opened(tmp_path) as index:
        await index.ensure("scenes", CollectionSpec({"speech": DenseSpec(384)}))
        points = [Point(uid(number), {}, {"speech": floats(random, 384)}) for number in range(6000)]
        upsert = asyncio.create_task(index.upsert("scenes", points))
        beats = reads = 0
        while not upsert.done():
            await asyncio.sleep(0)
            beats += 1
            if beats % 20 == 0:
                assert 0 <= await index.count("scenes") <= len(points)
                reads += not upsert.done()
        await upsert
        assert beats > 20
        assert reads > 0
        assert await index.count("scenes") == len(points)


async def test_a_collection_that_was_never_finished_is_made_anew(tmp_path: Path) -> None:
    rest = tmp_path / "collections" / "scenes" / "shard" / "wal"
    rest.mkdir(parents=True)
    (rest / "open-1").write_bytes(b"torn")
    async with opened(tmp_path) as index:
        assert await index.collections() == []
        await index.drop("scenes")
        await index.ensure("scenes", SPEC)
        await index.upsert("scenes", [bare(1)])
        assert await index.count("scenes") == 1


async def test_a_field_indexed_as_another_kind_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as index:
        await index.ensure("videos", CATALOG)
        with pytest.raises(ConfigurationError, match="indexes status as keyword"):
            await index.ensure("videos", CollectionSpec(integer_fields=["status"]))


@pytest.mark.parametrize("damage", ["aliases.json", "collections/videos/spec.json"])
async def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    async with opened(tmp_path) as index:
        await index.ensure("videos", CATALOG)
    (tmp_path / damage).write_text("{")
    async with opened(tmp_path) as index:
        with pytest.raises(ConfigurationError, match=damage):
            await index.ensure("videos", CATALOG)


async def test_a_folder_that_can_not_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with opened(tmp_path / "file" / "index") as index:
        with pytest.raises(ConfigurationError, match="RUSHES_QDRANT__URL"):
            await index.ready()


def test_a_panic_of_the_engine_is_an_ordinary_failure(tmp_path: Path) -> None:
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(IndexUnavailable, match="overflow"), translated(tmp_path):
        raise panic("attempt to subtract with overflow")


@pytest.mark.parametrize("error", [KeyboardInterrupt, TypeError, KeyError])
def test_what_is_not_the_engine_s_passes(tmp_path: Path, error: Callable[[], BaseException]) -> None:
    raised = error()
    with pytest.raises(type(raised)), translated(tmp_path):
        raise raised


def _python(program: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
