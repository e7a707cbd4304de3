"""Fetching from the web: what was judged is what is connected to, at every step, and nobody holds it up."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
import trustme

from rushes_ingest.sources.fetch import Fetcher, WebFetcher
from rushes_ingest.sources.pace import FetchFailed
from rushes_runtime.errors import InvalidError
from rushes_testing.process import free_ports

from .server import Resolver, WebServer, led_on, reaching, read, whole

FILM = b"a film" * 10_000
NAMES = ("films.example", "other.example")


@pytest.fixture
def film(authority: trustme.CA) -> WebServer:
    """A server of one film, which is called by two names."""
    return WebServer({"/a.mp4": whole(FILM)}, authority, NAMES)


async def test_a_name_is_looked_up_once_and_its_certificate_is_checked_against_it(film: WebServer) -> None:
    resolve = Resolver("127.0.0.1", "10.0.0.1")
    async with film.running():
        uri = f"https://films.example:{film.port}/a.mp4"
        assert await read(reaching(film, resolve), uri) == FILM
        assert (resolve.asked, film.named) == (["films.example"], ["films.example"])
        assert film.asked[0]["host"] == f"films.example:{film.port}"
        assert film.asked[0]["accept-encoding"] == "identity"
        with pytest.raises(FetchFailed, match="certificate"):
            await read(reaching(film, Resolver("127.0.0.1")), f"https://unknown.example:{film.port}/a.mp4")


@pytest.mark.parametrize(
    "answer", ["127.0.0.2", "::1", "::ffff:127.0.0.2", "169.254.169.254", "127.0.0.1 10.0.0.1", "127.0.0.2 8.8.8.8"]
)
async def test_a_name_that_leads_to_a_private_address_is_refused(film: WebServer, answer: str) -> None:
    async with film.running():
        with pytest.raises(InvalidError, match="not public") as refusal:
            await read(reaching(film, Resolver(answer)), f"https://films.example:{film.port}/a.mp4")
    assert refusal.value.reason == "address_not_allowed" and not film.asked


async def test_a_name_that_leads_elsewhere_the_second_time_is_judged_again(authority: trustme.CA) -> None:
    """DNS rebinding: the first answer is public, the next is not. Each connection is to an address that was judged."""
    server = WebServer(
        {"/a.mp4": whole(b"", "Connection: close", "Location: /b.mp4", status="302 Found")}, authority, NAMES
    )
    resolve = Resolver("127.0.0.1", "127.0.0.2")
    async with server.running():
        with pytest.raises(InvalidError, match="not public"):
            await read(reaching(server, resolve), f"https://films.example:{server.port}/a.mp4")
    assert (resolve.asked, [each["path"] for each in server.asked]) == (["films.example"] * 2, ["/a.mp4"])


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://films.example/a.mp4", "scheme_not_allowed"),
        ("file:///etc/passwd", "not_an_address"),
        ("//127.0.0.2:PORT/a.mp4", "address_not_allowed"),
        ("https://[::1]:PORT/a.mp4", "address_not_allowed"),
        ("https://2130706434:PORT/a.mp4", "not_an_address"),
        ("https://169.254.169.254/latest/meta-data", "port_not_allowed"),
        ("https://films.example:22/a.mp4", "port_not_allowed"),
        ("https://[::1", "not_an_address"),
        ("/loop", "not_found"),
    ],
)
async def test_where_an_answer_leads_on_to_is_judged_like_any_uri(
    authority: trustme.CA, location: str, reason: str
) -> None:
    server = WebServer({}, authority, NAMES)
    async with server.running():
        there = location.replace("PORT", str(server.port))
        server.answers = {"/a.mp4": led_on(there), "/loop": led_on("/loop")}
        with pytest.raises(InvalidError) as refusal:
            await read(reaching(server, Resolver("127.0.0.1")), f"https://films.example:{server.port}/a.mp4")
    assert refusal.value.reason == reason


async def test_a_password_is_for_its_own_host_and_is_never_shown(authority: trustme.CA) -> None:
    server = WebServer({}, authority, NAMES)
    async with server.running():
        elsewhere = f"https://other.example:{server.port}/c.mp4"
        server.answers = {"/a.mp4": led_on("/b.mp4?sig=s3cret"), "/b.mp4?sig=s3cret": led_on(elsewhere)}
        server.answers |= {"/c.mp4": whole(b"", status="404 Not Found")}
        with pytest.raises(InvalidError) as refusal:
            uri = f"https://anna:pa%24s3cret@films.example:{server.port}/a.mp4"
            await read(reaching(server, Resolver("127.0.0.1")), uri)
    assert [each.get("authorization") for each in server.asked] == ["Basic YW5uYTpwYSRzM2NyZXQ="] * 2 + [None]
    assert "s3cret" not in str(refusal.value) and "other.example" in str(refusal.value)


async def test_proxies_of_the_environment_do_not_bypass_the_check(
    film: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    [closed] = free_ports(1)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed}")
    async with film.running():
        assert await read(reaching(film, Resolver("127.0.0.1")), f"https://films.example:{film.port}/a.mp4") == FILM


async def test_https_never_leads_on_to_http(authority: trustme.CA) -> None:
    server = WebServer({"/a.mp4": led_on("http://films.example/b.mp4")}, authority, NAMES)
    async with server.running():
        web = reaching(server, Resolver("127.0.0.1"), schemes=["http", "https"], ports=[80, server.port])
        with pytest.raises(InvalidError, match="from https to http"):
            await read(web, f"https://films.example:{server.port}/a.mp4")


async def test_http_is_fetched_where_it_is_allowed(authority: trustme.CA) -> None:
    server = WebServer({"/a.mp4": whole(FILM)}, authority, NAMES, with_tls=False)
    async with server.running():
        web = reaching(server, Resolver("127.0.0.1"), schemes=["http", "https"])
        assert await read(web, f"http://films.example:{server.port}/a.mp4") == FILM


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (whole(b"", status="403 Forbidden"), InvalidError, "answers 403"),
        (whole(b"", status="503 Service Unavailable"), FetchFailed, "answers 503"),
        (whole(b"x", "Content-Encoding: gzip"), InvalidError, "encoding"),
        (whole(FILM)[:-1000], FetchFailed, "slowly"),
        (b"what?\r\n\r\n", FetchFailed, "can't be fetched"),
    ],
)
async def test_what_is_no_good_answer_is_told(
    authority: trustme.CA, answer: bytes, error: type[Exception], sentence: str
) -> None:
    server = WebServer({"/a.mp4": answer}, authority, NAMES)
    async with server.running():
        web = reaching(server, Resolver("127.0.0.1"), window_s=3)
        with pytest.raises(error, match=sentence):
            await fetched(web, f"https://films.example:{server.port}/a.mp4")


def dripping(writer: asyncio.StreamWriter) -> None:
    """A byte every 50 ms, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    _again(writer, lambda: b"x")


def dripping_headers(writer: asyncio.StreamWriter) -> None:
    """The same, and not even the headers end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    _again(writer, lambda: b"X: y\r\n")


def flooding(writer: asyncio.StreamWriter) -> None:
    """Fast enough, and without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    _again(writer, lambda: bytes(100_000))


def _again(writer: asyncio.StreamWriter, piece: Callable[[], bytes]) -> None:
    if not writer.is_closing():
        writer.write(piece())
        asyncio.get_running_loop().call_later(0.05, _again, writer, piece)


async def fetched(web: WebFetcher, uri: str) -> None:
    """Read all that is behind a URI, within the limits of time."""
    async for _ in Fetcher(web.policy, web).fetch(uri):
        pass


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(dripping, "too slowly"), (dripping_headers, "too slowly"), (flooding, "took longer than 4 s")],
)
async def test_a_source_that_drips_or_never_ends_is_given_up(
    authority: trustme.CA, answer: Callable[[asyncio.StreamWriter], None], sentence: str
) -> None:
    server = WebServer({"/a.mp4": answer}, authority, NAMES)
    async with server.running():
        web = reaching(server, Resolver("127.0.0.1"), window_s=3, time_limit_s=4)
        async with asyncio.timeout(30):
            with pytest.raises(FetchFailed, match=sentence):
                await fetched(web, f"https://films.example:{server.port}/a.mp4")


async def test_a_fetch_in_hand_ends_at_once_when_the_service_stops(authority: trustme.CA) -> None:
    server = WebServer({"/a.mp4": dripping}, authority, NAMES)
    async with server.running():
        chunks = reaching(server, Resolver("127.0.0.1")).fetch(f"https://films.example:{server.port}/a.mp4")
        assert await anext(chunks) == b"x"
        fetching = asyncio.create_task(fetched_to_its_end(chunks))
        asyncio.get_running_loop().call_later(0.2, fetching.cancel)
        async with asyncio.timeout(20):
            with pytest.raises(asyncio.CancelledError):
                await fetching


async def fetched_to_its_end(chunks: AsyncGenerator[bytes, None]) -> None:
    async for _ in chunks:
        pass
