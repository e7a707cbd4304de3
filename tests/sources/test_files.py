"""Files for others: regular ones below allowed folders alone, and none that blocks."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from rushes_ingest.settings import IngestSettings, SourceSettings, migrated
from rushes_ingest.sources import files
from rushes_ingest.sources.fetch import Fetcher
from rushes_ingest.sources.files import open_regular
from rushes_ingest.sources.pace import FetchFailed, in_daemon_thread, paced
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_runtime.errors import InvalidError
from rushes_runtime.settings import BlobSettings, HttpSettings, Settings

KEYS = [{"name": "desk", "secret": "d" * 20}]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a film, next to one with a secret."""
    (tmp_path / "footage" / "day one").mkdir(parents=True)
    (tmp_path / "footage" / "day one" / "a#1.mp4").write_bytes(b"film")
    (tmp_path / "footage2").mkdir()
    (tmp_path / "footage2" / "secret").write_bytes(b"secret")
    return tmp_path / "footage"


def allowing(*roots: Path, is_private: bool = False) -> UriPolicy:
    return UriPolicy(SourceSettings(roots=roots), BlobSettings(), is_private)


async def read(sources: UriPolicy, uri: str) -> bytes:
    return b"".join([chunk async for chunk in Fetcher.of(sources).fetch(uri)])


async def refusal(sources: UriPolicy, uri: str) -> str:
    """Why a URI is refused. The door says the same as far as it looks, and nothing hangs."""
    async with asyncio.timeout(10):
        with pytest.raises(InvalidError) as refused:
            await read(sources, uri)
    return refused.value.reason


async def test_files_below_a_root_are_read(root: Path) -> None:
    film = root / "day one" / "a#1.mp4"
    (root / "link.mp4").symlink_to("day one/a#1.mp4")
    (root.parent / "other name").symlink_to(root)
    for path in (film, root / "link.mp4", root.parent / "other name" / "link.mp4"):
        assert await read(allowing(root), path.as_uri()) == b"film"
        assert await read(allowing(root.parent / "other name"), path.as_uri()) == b"film"
        await allowing(root).check(path.as_uri())


async def test_what_leads_out_of_the_roots_is_refused_whether_it_is_there_or_not(root: Path) -> None:
    secret = root.parent / "footage2" / "secret"
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    (root / "loop").symlink_to("loop")
    inside = root.as_uri()
    for uri in (
        secret.as_uri(),
        f"{inside}/../footage2/secret",
        f"{inside}/%2e%2e/footage2/secret",
        f"{inside}/link",
        f"{inside}/folder/secret",
        f"{inside}/folder/nothing",
        "file:///etc/passwd",
        "file:///nowhere/at/all",
    ):
        assert await refusal(allowing(root), uri) == "outside_roots"
        with pytest.raises(InvalidError):
            await allowing(root).check(uri)
    assert await refusal(allowing(root), f"{inside}/loop") in ("unreadable", "outside_roots")


async def test_only_regular_files_are_read_and_nothing_waits(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(root)  # a socket's path must be short
        listener.bind("socket")
        everywhere = UriPolicy(SourceSettings(), BlobSettings(), is_private=True)
        for path in (root / "fifo", root / "socket", root, Path("/dev/zero"), Path("/proc/self/environ"), Path("/")):
            assert await refusal(everywhere, path.as_uri()) == "unreadable", path
    assert await refusal(everywhere, (root / "nothing.mp4").as_uri()) == "not_found"
    assert await refusal(everywhere, (root / "day one/a#1.mp4/b").as_uri()) == "not_found"
    assert await refusal(everywhere, "file:///a%00b") == "unreadable"


@pytest.mark.parametrize("swapped", ["day one", "day one/a#1.mp4"])
def test_a_link_that_takes_the_place_of_what_was_judged_is_not_followed(
    root: Path, swapped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = files.resolve_allowed

    def then_swapped(path: Path, roots: list[Path]) -> Path:
        real = judge(path, roots)
        target = root.parent / "footage2" / ("a#1.mp4" if "/" in swapped else "")
        (root.parent / "footage2" / "a#1.mp4").write_bytes(b"secret")
        (root / swapped).rename(root / "moved")
        (root / swapped).symlink_to(target)
        return real

    monkeypatch.setattr(files, "resolve_allowed", then_swapped)
    with pytest.raises(InvalidError):
        open_regular(root / "day one" / "a#1.mp4", [root])


async def test_what_is_read_by_default(root: Path) -> None:
    film = (root / "day one" / "a#1.mp4").as_uri()

    def of(**http: object) -> UriPolicy:
        return UriPolicy.of(SourceSettings(), Settings(http=HttpSettings.model_validate(http)))

    assert await read(of(), film) == b"film"
    await of().check("s3://bucket/a.mp4")
    for others in (of(keys=KEYS), of(host="0.0.0.0", keys=KEYS), of(host="0.0.0.0", insecure=True)):
        assert await refusal(others, film) == "outside_roots"
        with pytest.raises(InvalidError, match="RUSHES_SOURCES__BUCKETS"):
            await others.check("s3://bucket/a.mp4")


async def test_the_former_settings_say_the_same(root: Path) -> None:
    former = IngestSettings(file_roots=(str(root),), allowed_schemes=("file",))
    settings = migrated(former, SourceSettings())
    assert (settings.roots, settings.schemes) == ((root,), ("file",))
    assert migrated(former, SourceSettings(roots=(), schemes=("s3",))) == SourceSettings(roots=(), schemes=("s3",))
    assert migrated(IngestSettings(), SourceSettings()) == SourceSettings()


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("s3://footage/a.mp4", None),
        ("s3://other/a.mp4", "bucket_not_allowed"),
        ("s3://rushes/videos/x/source", "bucket_not_allowed"),
        ("s3://rushes/footage/a.mp4", None),
        ("s3://user:pw@footage/a.mp4", "not_an_address"),
        ("s3://footage:99/a.mp4", "not_an_address"),
        ("s3://footage", "not_an_address"),
        ("s3:///a.mp4", "not_an_address"),
        ("s3://[::1/a", "not_an_address"),
        ("https://[::1", "not_an_address"),
        ("file://[::1", "not_an_address"),
        ("file://server/share/a.mp4", "not_an_address"),
        ("file:a.mp4", "not_an_address"),
        ("ftp://example.org/a.mp4", "scheme_not_allowed"),
        ("a.mp4", "scheme_not_allowed"),
        ("blob:videos/../../etc/passwd", None),
    ],
)
async def test_what_the_door_says_of_a_uri(root: Path, uri: str, reason: str | None) -> None:
    settings = SourceSettings(roots=(root,), buckets=("footage", "rushes"))
    sources = UriPolicy(settings, BlobSettings(url="s3://rushes"), is_private=False)
    if reason is None:
        await sources.check(uri)
        return
    with pytest.raises(InvalidError) as refused:
        await sources.check(uri)
    assert refused.value.reason == reason


async def test_a_call_that_blocks_for_ever_holds_nothing_up() -> None:
    never = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await in_daemon_thread(never.wait)
    [stuck] = [thread for thread in threading.enumerate() if thread.name == "rushes source"]
    assert stuck.daemon, "the end of the process does not wait for it"
    never.set()
    stuck.join(5)


async def test_waiting_for_the_one_that_takes_the_bytes_is_not_the_sources_fault() -> None:
    now = [0.0]

    async def chunks() -> AsyncGenerator[bytes, None]:
        for _ in range(3):
            yield b"x"

    settings = SourceSettings(window_s=10, least_rate=1, time_limit_s=1000)
    async for _ in paced(chunks(), "it", settings, clock=lambda: now[0]):
        now[0] += 100
    with pytest.raises(FetchFailed, match="RUSHES_SOURCES__TIME_LIMIT_S"):
        async for _ in paced(chunks(), "it", settings, clock=lambda: now[0]):
            now[0] += 600
