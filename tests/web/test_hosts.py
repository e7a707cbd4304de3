"""Whom a request is addressed to and which page sends it: no page uses the server behind its visitor's back."""

import httpx
import pytest

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.hosts import Addressed

from .conftest import Serving

KEYS = [{"name": "desk", "secret": "d" * 20}]
FOREIGN = "https://attacker.example"


async def ask(port: int, path: str = "/v1/hello", method: str = "GET", **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.request(method, f"http://127.0.0.1:{port}{path}", headers=given)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("rushes.localhost", 200),
        ("127.0.0.1", 200),
        ("127.8.8.8:99", 200),
        ("[::1]:8080", 200),
        ("attacker.example", 421),
        ("localhost.attacker.example:8080", 421),
        ("127.0.0.1.attacker.example", 421),
        ("localhost@attacker.example", 421),
        ("attacker.example@localhost", 421),
        ("192.168.1.7", 421),
        ("0.0.0.0", 421),
        ("2130706433", 421),
        ("[::1", 421),
        ("localhost:80:80", 421),
        ("localhost/x", 421),
        ("", 421),
    ],
)
async def test_loopback_answers_only_loopbacks_names(serving: Serving, host: str, status: int) -> None:
    async with serving() as server:
        assert (await ask(server.port, Host=host)).status_code == status
        refused = await ask(server.port, "/v1/body", "DELETE", Host=host)
    assert refused.status_code == status
    assert status == 200 or refused.json()["reason"] == "wrong_host"


async def test_a_name_that_is_set_is_answered_and_probes_are_by_whatever_name(serving: Serving) -> None:
    async with serving(allowed_hosts=["rushes.example", "*.rushes.example"]) as server:
        for host, status in {"rushes.example:443": 200, "a.rushes.example": 200, "other.example": 421}.items():
            assert (await ask(server.port, Host=host)).status_code == status
        assert (await ask(server.port, "/healthz", Host="10.0.0.7:8080")).status_code == 200
        for path in ("/metrics", "/openapi.json", "/docs"):
            assert (await ask(server.port, path, Host="10.0.0.7:8080")).status_code == 421
        ready = await ask(server.port, "/readyz", Host="10.0.0.7:8080")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
        assert "checks" in (await ask(server.port, "/readyz")).json()


@pytest.mark.parametrize(
    ("settings", "ours", "not_ours"),
    [
        ({"host": "0.0.0.0", "keys": KEYS}, ["10.0.0.7", "rushes.example"], [""]),
        ({"host": "0.0.0.0", "insecure": True}, ["10.0.0.7", "ingest", "fd00::7", "localhost"], ["attacker.example"]),
        ({"host": "0.0.0.0", "keys": KEYS, "allowed_hosts": ["a.example"]}, ["a.example", "127.0.0.1"], ["10.0.0.7"]),
        ({"allowed_hosts": ["*"]}, ["anything.example"], []),
    ],
)
def test_what_is_ours_beyond_loopback(settings: dict[str, object], ours: list[str], not_ours: list[str]) -> None:
    async def nothing(*_: object) -> None: ...

    addressed = Addressed(nothing, HttpSettings.model_validate(settings))
    assert [name for name in ours if not addressed.is_ours(name)] == []
    assert [name for name in not_ours if addressed.is_ours(name)] == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/body", {}, 200),
        ("POST", "/v1/body", {"Origin": FOREIGN}, 403),
        ("DELETE", "/v1/body", {"Origin": FOREIGN}, 403),
        ("POST", "/v1/search", {"Origin": FOREIGN}, 403),
        ("GET", "/v1/hello", {"Origin": FOREIGN}, 403),
        ("POST", "/v1/body", {"Origin": "null"}, 403),
        ("POST", "/v1/body", {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 403),
        ("POST", "/v1/body", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", "/v1/body", {"Sec-Fetch-Site": "same-origin", "Origin": "https://rushes.example"}, 200),
        ("POST", "/v1/body", {"Sec-Fetch-Site": "none"}, 200),
        ("GET", "/v1/archive", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("GET", "/v1/archive", {"Sec-Fetch-Site": "same-site"}, 403),
        ("GET", "/v1/hello", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("GET", "/v1/hello", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ("GET", "/v1/hello", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 200),
    ],
)
async def test_a_page_of_another_site_may_not_ask(
    serving: Serving, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with serving() as server:
        answer = await ask(server.port, path, method, **headers)
    assert answer.status_code == status
    assert status == 200 or answer.json()["reason"] == "wrong_origin"


async def test_its_own_page_and_those_of_named_origins_may(serving: Serving) -> None:
    async with serving(cors_origins=["https://desk.example"]) as server:
        own = await ask(server.port, "/v1/body", "POST", Origin=f"http://127.0.0.1:{server.port}")
        named = await ask(
            server.port, "/v1/body", "POST", Origin="https://desk.example", **{"Sec-Fetch-Site": "cross-site"}
        )
        other = await ask(server.port, "/v1/body", "POST", Origin=FOREIGN)
        picture = await ask(server.port, **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
    assert [each.status_code for each in (own, named, other, picture)] == [200, 200, 403, 200]
