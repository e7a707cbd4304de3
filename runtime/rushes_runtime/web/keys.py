"""Who may ask: API keys with scopes, and how often. Both doors, HTTP and gRPC, ask here; no transport is known here."""

import hashlib
import hmac
import math
import time
from ipaddress import ip_address
from typing import Literal

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from rushes_runtime.errors import ConfigurationError
from rushes_runtime.settings import HttpSettings, Opened, Scope
from rushes_runtime.web.wrong_keys import WrongKeys

SCHEME = "bearer"


class Refusal(Exception):
    """A request that is not answered. `str()` is one sentence; it never holds a key."""

    def __init__(
        self, kind: Literal["unauthenticated", "forbidden", "too_many"], sentence: str, retry_after_s: int = 0
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.retry_after_s = retry_after_s


class Keys:
    """Lets requests through, or refuses them. Where no keys are set everybody may do everything."""

    def __init__(self, settings: HttpSettings, wrong_keys: WrongKeys | None = None) -> None:
        """`wrong_keys`: one count for all servers of a process; by default this one has its own."""
        self._keys = [(_digest(key.secret.get_secret_value()), key) for key in settings.keys]
        is_public = bool(self._keys) or not is_loopback(settings.host)
        self._rate = RateLimitItemPerMinute(settings.requests_per_minute) if is_public else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._wrong = wrong_keys or WrongKeys(settings.wrong_keys_per_minute)
        self._opened = set(settings.public) if bool(self._keys) and not is_loopback(settings.host) else None

    def guard(self, what: Opened) -> bool:
        """Whether that needs a key, of whatever scope."""
        return self._opened is not None and what not in self._opened

    async def admit(self, authorization: str | None, scope: Scope | None, address: str) -> str:
        """Who asks: the key's name, or the address where there are no keys. `authorization` is the header's value;
        `scope` None: any key will do. Raises Refusal."""
        caller = self._known(authorization, scope, address) if self._keys else address
        if self._rate is not None and not await self._limiter.hit(self._rate, caller):
            window = await self._limiter.get_window_stats(self._rate, caller)
            wait_s = max(1, math.ceil(window.reset_time - time.time()))
            sentence = f"{caller} has asked {self._rate.amount} times within a minute; go on in {wait_s} s."
            raise Refusal("too_many", sentence, wait_s)
        return caller

    def _known(self, authorization: str | None, scope: Scope | None, address: str) -> str:
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != SCHEME or not secret.strip():
            raise Refusal("unauthenticated", "Send an API key, as the header `Authorization: Bearer KEY`.")
        digest = _digest(secret.strip())
        if wait_s := self._wrong.wait_s(address, digest):
            raise Refusal("too_many", f"Too many wrong keys came from {address}; go on in {wait_s} s.", wait_s)
        # All keys are compared, and digests of one length: the time taken tells nothing about any of them.
        matching = [key for known, key in self._keys if hmac.compare_digest(known, digest)]
        if not matching:
            self._wrong.failed(address)
            raise Refusal("unauthenticated", "The API key is not one of this installation's.")
        self._wrong.succeeded(address, digest)
        if scope is not None and scope not in matching[0].scopes:
            raise Refusal("forbidden", f"The API key {matching[0].name!r} lacks the scope {scope!r}, which this needs.")
        return matching[0].name


def check_exposure(settings: HttpSettings) -> bool:
    """Whether anybody who reaches this machine may do everything. Raises ConfigurationError where that is so and
    nobody said that it should be."""
    if settings.keys or is_loopback(settings.host):
        return False
    if not settings.insecure:
        raise ConfigurationError(
            f"{settings.host} can be reached from other machines and there are no API keys: set RUSHES_HTTP__KEYS, or "
            "say --insecure (RUSHES_HTTP__INSECURE=true) to let everybody read, write and delete"
        )
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
