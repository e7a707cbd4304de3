"""What other machines are told without a key, and how often they may guess one."""

import httpx
import pytest

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.keys import Keys, Refusal
from rushes_runtime.web.wrong_keys import MOST, WrongKeys

from .conftest import Serving

KEYS = [{"name": "desk", "secret": "d" * 20}, {"name": "scraper", "secret": "s" * 20, "scopes": []}]
RIGHT = {"Authorization": "Bearer " + "d" * 20}
SCRAPER = {"Authorization": "Bearer " + "s" * 20}
WRONG = {"Authorization": "Bearer " + "x" * 20}
PATHS = ("/metrics", "/docs", "/openapi.json", "/redoc")


def client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)


async def test_metrics_and_documents_ask_for_a_key(serving: Serving) -> None:
    async with serving(host="0.0.0.0", keys=KEYS) as server, client(server.port) as http:
        assert [(await http.get(path)).status_code for path in PATHS] == [401] * 4
        assert [(await http.get(path, headers=SCRAPER)).status_code for path in PATHS] == [200] * 4
        assert (await http.get("/v1/hello", headers=SCRAPER)).status_code == 403
        assert (await http.get("/healthz")).status_code == 200


async def test_readiness_tells_probes_its_status_alone(serving: Serving) -> None:
    async with serving(host="0.0.0.0", keys=KEYS) as server, client(server.port) as http:
        bare, wrong = await http.get("/readyz"), await http.get("/readyz", headers=WRONG)
        whole = await http.get("/readyz", headers=SCRAPER)
    assert [(each.status_code, each.json()) for each in (bare, wrong)] == [(200, {"status": "ready"})] * 2
    assert whole.json() == {"status": "ready", "checks": {}}


async def test_unless_told_otherwise(serving: Serving) -> None:
    opened = ["metrics", "docs", "readyz"]
    async with serving(host="0.0.0.0", keys=KEYS, public=opened) as server, client(server.port) as http:
        assert [(await http.get(path)).status_code for path in PATHS] == [200] * 4
        assert "checks" in (await http.get("/readyz")).json()
    async with serving(keys=KEYS) as server, client(server.port) as http:  # on loopback
        assert [(await http.get(path)).status_code for path in PATHS] == [200] * 4


async def test_who_sends_wrong_keys_has_to_wait(serving: Serving) -> None:
    async with serving(keys=KEYS, wrong_keys_per_minute=3) as server, client(server.port) as http:
        assert (await http.get("/v1/hello", headers=RIGHT)).status_code == 200
        answers = [await http.get("/v1/hello", headers=WRONG) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
        never_seen = await http.get("/v1/hello", headers=SCRAPER)
        assert never_seen.status_code == 429, "a right key can't be told from a wrong one by guessing on"
        assert (await http.get("/v1/hello", headers=RIGHT)).status_code == 200, "who was right before is not locked out"
        assert (await http.get("/v1/hello")).status_code == 401, "no key is no guess"


async def test_a_proxy_names_the_client_only_where_it_is_trusted(serving: Serving) -> None:
    async def guesses(port: int) -> list[int]:
        async with client(port) as http:
            asked = [{**WRONG, "X-Forwarded-For": f"203.0.113.{number}"} for number in range(3)]
            return [(await http.get("/v1/hello", headers=headers)).status_code for headers in asked]

    async with serving(keys=KEYS, wrong_keys_per_minute=1) as server:
        assert await guesses(server.port) == [401, 429, 429]
    async with serving(keys=KEYS, wrong_keys_per_minute=1, trusted_proxies=["127.0.0.0/8"]) as server:
        assert await guesses(server.port) == [401, 401, 401]


def test_guesses_drain_and_the_table_is_bounded() -> None:
    now = [0.0]
    wrong = WrongKeys(6, lambda: now[0])
    for _ in range(6):
        assert wrong.wait_s("2001:db8::1", b"") == 0
        wrong.failed("2001:db8::1")
    assert wrong.wait_s("2001:db8::2", b"") == 10, "a /64 is one customer"
    assert wrong.wait_s("2001:db8:0:1::2", b"") == 0
    now[0] += 10
    assert wrong.wait_s("2001:db8::1", b"") == 0
    for number in range(MOST + 5):
        wrong.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        wrong.succeeded(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", b"key")
    assert len(wrong._levels) == len(wrong._right) == MOST


def test_an_ipv4_address_that_is_written_as_ipv6_counts_as_itself() -> None:
    wrong = WrongKeys(1, lambda: 0.0)
    wrong.failed("::ffff:192.0.2.1")
    assert wrong.wait_s("::ffff:192.0.2.2", b"") == 0
    assert wrong.wait_s("192.0.2.1", b"") > 0


async def test_the_other_door_refuses_alike() -> None:
    """gRPC asks the same keys, with the address that it has."""
    keys = Keys(HttpSettings.model_validate({"keys": KEYS, "wrong_keys_per_minute": 1}))
    kinds = []
    for _ in range(2):
        with pytest.raises(Refusal) as refusal:
            await keys.admit(WRONG["Authorization"], "read", "10.0.0.1")
        kinds.append((refusal.value.kind, bool(refusal.value.retry_after_s)))
    assert kinds == [("unauthenticated", False), ("too_many", True)]
