"""Keys, scopes and how often one may ask."""

import logging

import httpx
import pytest

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import HttpSettings, Settings, load
from rushes_runtime.web.admission import scope_needed
from rushes_runtime.web.keys import check_exposure, is_loopback

from .conftest import Serving

Key = dict[str, object]
READER: Key = {"name": "reader", "secret": "r" * 20, "scopes": ["read"]}
WRITER: Key = {"name": "writer", "secret": "w" * 20, "scopes": ["read", "write"]}
OWNER: Key = {"name": "owner", "secret": "o" * 20, "scopes": ["read", "write", "admin"]}
KEYS = [READER, WRITER, OWNER]


def bearer(key: Key) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['secret']}"}


def client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/v1/hello", READER, 200),
        ("POST", "/v1/search", READER, 200),
        ("POST", "/v1/body", READER, 403),
        ("POST", "/v1/body", WRITER, 200),
        ("DELETE", "/v1/body", WRITER, 200),
        ("POST", "/v1/reindex", WRITER, 403),
        ("POST", "/v1/reindex", OWNER, 200),
    ],
)
async def test_a_key_does_what_its_scopes_say(serving: Serving, method: str, path: str, key: Key, status: int) -> None:
    async with serving(keys=KEYS) as server, client(server.port) as http:
        assert (await http.request(method, path, headers=bearer(key))).status_code == status


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic cnJycnJycnJycnJycnJycnJycnI=", "r" * 20])
async def test_without_a_key_nothing_is_answered_but_health(serving: Serving, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with serving(keys=KEYS) as server, client(server.port) as http:
        refused = await http.get("/v1/hello", headers=headers)
        assert (refused.status_code, refused.json()["reason"]) == (401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert (await http.get("/healthz", headers=headers)).status_code == 200
        assert (await http.get("/openapi.json")).status_code == 200


async def test_a_missing_scope_is_named_and_the_key_is_not(serving: Serving) -> None:
    async with serving(keys=KEYS) as server, client(server.port) as http:
        said = (await http.post("/v1/body", headers=bearer(READER))).json()
    assert said["detail"] == "The API key 'reader' lacks the scope 'write', which this needs."


async def test_keys_are_never_logged(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(keys=KEYS) as server, client(server.port) as http:
        await http.post("/v1/body", headers=bearer(READER))
        await http.get("/v1/bug", headers=bearer(OWNER))
        await http.get("/v1/hello", headers={"Authorization": "Bearer " + "x" * 30})
    mine = "".join(record.getMessage() for record in caplog.records if record.name.startswith("rushes"))
    assert "caller='owner'" in mine and "secret of the server" in mine
    assert not any(secret in mine for secret in ("r" * 20, "o" * 20, "x" * 30))
    assert "r" * 20 not in repr(HttpSettings.model_validate({"keys": KEYS}))


async def test_a_key_may_ask_so_often_and_another_is_not_held_up(serving: Serving) -> None:
    async with serving(keys=KEYS, requests_per_minute=3) as server, client(server.port) as http:
        answers = [(await http.get("/v1/hello", headers=bearer(READER))) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert "reader has asked 3 times" in answers[-1].json()["detail"]
        assert (await http.get("/v1/hello", headers=bearer(WRITER))).status_code == 200


async def test_on_loopback_without_keys_nothing_is_counted(serving: Serving) -> None:
    async with serving(requests_per_minute=1) as server, client(server.port) as http:
        assert [(await http.get("/v1/hello")).status_code for _ in range(3)] == [200] * 3


def test_listening_beyond_loopback_without_keys_has_to_be_said() -> None:
    with pytest.raises(ConfigurationError, match="RUSHES_HTTP__KEYS"):
        check_exposure(HttpSettings(host="0.0.0.0"))
    assert check_exposure(HttpSettings(host="0.0.0.0", insecure=True))
    assert not check_exposure(HttpSettings())
    assert not check_exposure(HttpSettings.model_validate({"host": "0.0.0.0", "keys": KEYS}))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_loopback_is(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_what_is_wrong_with_a_key_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHES_HTTP__KEYS", '[{"name": "desk", "secret": "tooshort"}]')
    with pytest.raises(ConfigurationError, match="RUSHES_HTTP__KEYS__0__SECRET") as wrong:
        load(Settings)
    assert "tooshort" not in str(wrong.value)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/healthz", None),
        ("GET", "/", None),
        ("HEAD", "/v1/videos/x/media", "read"),
        ("HEAD", "/v1/uploads/resumable/x", "write"),
        ("PATCH", "/v1/videos/x", "write"),
        ("GET", "/v1/dead-letters/replay", "admin"),
        ("GET", "/v1/dead-lettersome", "read"),
    ],
)
def test_what_a_request_needs(method: str, path: str, scope: str | None) -> None:
    assert scope_needed(method, path) == scope
