"""What every answer has: an id, the right to be read by a page, compression; and every error in the description."""

import logging

import httpx
import pytest

from .conftest import Serving

ORIGIN = "https://example.org"


async def ask(port: int, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(f"http://127.0.0.1:{port}{path}", headers=headers)


async def test_an_answer_and_its_log_line_bear_the_requests_id(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "rushes.http")
    async with serving() as server:
        given = await ask(server.port, "/v1/hello", **{"X-Request-ID": "mine-1"})
        made = await ask(server.port, "/v1/hello", **{"X-Request-ID": "two\twords"})
        bug = await ask(server.port, "/v1/bug", **{"X-Request-ID": "mine-2"})
    assert given.headers["x-request-id"] == "mine-1"
    lines = [record.getMessage() for record in caplog.records if record.name == "rushes.http"]
    assert any("request_id='mine-1'" in line and "status=200" in line for line in lines)
    assert any("request_id='mine-2'" in line and "Traceback" in line for line in lines)
    assert len(made.headers["x-request-id"]) == 32
    assert (bug.status_code, bug.headers["x-request-id"]) == (500, "mine-2")
    assert "secret" not in bug.text


async def test_compression_is_for_those_who_ask_for_it(serving: Serving) -> None:
    async with serving() as server:
        packed = await ask(server.port, "/v1/much", **{"Accept-Encoding": "gzip"})
        plain = await ask(server.port, "/v1/much", **{"Accept-Encoding": "identity"})
        video = await ask(server.port, "/v1/endless", **{"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert packed.json() == plain.json() and "content-encoding" not in plain.headers
    assert "content-encoding" not in video.headers


async def test_pages_of_the_named_origins_may_ask(serving: Serving) -> None:
    async with serving(cors_origins=[ORIGIN]) as server:
        answer = await ask(server.port, "/v1/hello", Origin=ORIGIN)
        other = await ask(server.port, "/v1/hello", Origin="https://elsewhere.example")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in other.headers


async def test_a_preflight_needs_no_key_and_a_refusal_can_be_read(serving: Serving) -> None:
    keys = [{"name": "desk", "secret": "d" * 20}]
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    async with serving(cors_origins=[ORIGIN], keys=keys) as server, httpx.AsyncClient(trust_env=False) as http:
        asked = await http.options(f"http://127.0.0.1:{server.port}/v1/hello", headers=preflight)
        refused = await ask(server.port, "/v1/hello", Origin=ORIGIN)
    assert asked.status_code == 200
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)


async def test_unless_set_no_other_page_may_ask(serving: Serving) -> None:
    async with serving() as server:
        assert "access-control-allow-origin" not in (await ask(server.port, "/v1/hello", Origin=ORIGIN)).headers


async def test_every_error_is_described_with_an_example(serving: Serving) -> None:
    async with serving() as server:
        paths = (await ask(server.port, "/openapi.json")).json()["paths"]
    responses = paths["/v1/search"]["post"]["responses"]
    assert {"200", "401", "403", "429", "500", "503", "504"} <= set(responses)
    example = responses["403"]["content"]["application/problem+json"]["example"]
    assert (example["status"], example["title"]) == (403, "Forbidden") and example["detail"]


async def test_no_answer_is_guessed_at_or_run_by_a_browser(serving: Serving) -> None:
    keys = [{"name": "desk", "secret": "d" * 20}]
    async with serving() as server:
        answers = [await ask(server.port, f"/v1/{path}") for path in ("hello", "much", "endless", "nowhere", "body")]
        others = [await ask(server.port, path) for path in ("/healthz", "/docs", "/nowhere", "/v1/bug")]
    async with serving(keys=keys) as server:
        answers.append(await ask(server.port, "/v1/hello"))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 405, 401]
    assert {answer.headers["x-content-type-options"] for answer in (*answers, *others)} == {"nosniff"}
    for answer in answers:
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"sandbox", "default-src 'none'", "media-src 'self'"} < set(policy)
        assert not [part for part in policy if part.startswith(("script-src", "allow-"))]
    assert "content-security-policy" not in others[1].headers, "the page of the API's description has scripts"
