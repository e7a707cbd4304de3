"""How long a request may take, how slowly its body may come, how large it may be: nobody holds anything up."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rushes_runtime.settings import HttpSettings
from rushes_runtime.web.problems import problem
from rushes_runtime.web.wrong_keys import network_of

UNBOUNDED = ("/v1/uploads", "/v1/uploads/archive")
"""Paths whose bodies are stored as they come and have a bound of their own, and whose answers take what they take: a
large file is read again before it is promised."""
UPLOAD_BYTES = 512 * 1024
"""What the server and a route have in memory of an upload that passes through: what came last, and what is not written
yet."""
UNBOUNDED_BELOW = "/v1/uploads/resumable/"
"""The same for every path that begins so."""
SHARES = 4
"""One caller may fill one of so many parts of the memory for bodies, but always enough for one body of the largest
size."""


class Patience:
    """Answers 408 to a body that comes too slowly, 413 to one that is too large, 503 where the bodies of all requests
    together are too large or the server stops, and 504 where the answer takes too long to begin.

    An answer that is given before the body was read closes the connection: what would come is no request.
    """

    def __init__(self, app: ASGIApp, settings: HttpSettings) -> None:
        self._app = app
        self._settings = settings
        share = settings.max_bodies // SHARES
        # Uploads have memory of their own: whoever may only read must not be able to keep others from uploading.
        self._whole = _Bodies(settings.max_bodies, max(share, settings.max_body))
        self._passing = _Bodies(settings.max_bodies, max(share, UPLOAD_BYTES))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounded = not (scope["path"] in UNBOUNDED or scope["path"].startswith(UNBOUNDED_BELOW))
        bodies = self._whole if bounded else self._passing
        exchange = _Exchange(scope, receive, send, self._settings, bodies, bounded)
        scope.setdefault("state", {})["keep"] = exchange.keep
        try:
            async with asyncio.timeout(None) as exchange.limit:
                exchange.body_came()
                try:
                    await self._app(scope, exchange.receive, exchange.send)
                except asyncio.CancelledError:
                    if exchange.started or exchange.limit.expired():
                        raise
                    # Only the server's end cancels a request. Nobody waits for this task, so it may go on to answer.
                    sentence = "This rushes is stopping, and the request was not done; send it again in a moment."
                    await problem(503, sentence, "stopping", **{"Retry-After": "5"})(scope, receive, exchange.send)
        except TimeoutError:
            if exchange.started or not exchange.limit.expired():
                raise
            sentence = (
                f"There is no answer within {self._settings.time_limit_s:g} s; ask for less, or try again in a while."
            )
            await problem(504, sentence, "time_limit")(scope, receive, exchange.send)
        finally:
            exchange.done()


@dataclass
class _Bodies:
    """The bytes of bodies that are kept in memory, or on their way there: of each caller, and of all together."""

    most: int
    most_of_one: int
    now: int = 0
    of: dict[str, int] = field(default_factory=dict)
    """Caller -> bytes; only callers that have any."""

    def add(self, caller: str, size: int) -> None:
        """Count `size` bytes more, or less if it is negative."""
        self.now += size
        self.of[caller] = self.of.get(caller, 0) + size
        if not self.of[caller]:
            del self.of[caller]

    def check(self, caller: str) -> None:
        """Raises HTTPException 503 where this caller, or all callers together, have too many."""
        whose = "Your other" if self.of.get(caller, 0) > self.most_of_one else "Other"
        if whose == "Your other" or self.now > self.most:
            sentence = f"{whose} requests have bodies that fill the memory set aside for them; try again in a moment."
            raise HTTPException(503, sentence, {"Retry-After": "2"})


class _Exchange:
    """One request and its answer. `limit` ends it; it runs from the body's end to the answer's beginning."""

    limit: asyncio.Timeout

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, settings: HttpSettings, bodies: _Bodies, bounded: bool
    ) -> None:
        """`bounded`: the body is kept in memory as a whole. Else the route says what it keeps, by `keep`."""
        self._receive, self._send = receive, send
        self._limit_s = settings.time_limit_s if bounded else None
        self._most = settings.max_body if bounded else None
        self._bodies = bodies
        self._caller = _caller(scope)
        self._kept = 0
        self._budget = _Budget(settings.patience_s, settings.slowest_body, asyncio.get_running_loop().time)
        headers = Headers(scope=scope)
        self._length = int(headers.get("content-length", "0"))  # h11 refuses what is no number
        self._more_body = self._length > 0 or "transfer-encoding" in headers
        self._came = 0
        self.started = False

    def body_came(self) -> None:
        """From now on it is the server who is waited for."""
        if not self._more_body and self._limit_s is not None and not self.started:
            self.limit.reschedule(asyncio.get_running_loop().time() + self._limit_s)

    async def receive(self) -> Message:
        if not self._more_body:
            return await self._receive()
        self._check_size()
        if self._most is None and not self._kept:
            self.keep(UPLOAD_BYTES)
        message = await self._budget.spent_on(self._receive)
        size = len(message.get("body", b""))
        self._came += size
        self._check_size()  # first: what is too large never fits, however often it is sent again
        if self._most is not None:
            self.keep(size)
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self._more_body = False
            self.body_came()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if not self.limit.expired():
                self.limit.reschedule(None)
            if self._more_body:
                MutableHeaders(scope=message)["Connection"] = "close"
        await self._send(message)

    def done(self) -> None:
        """The request is over, and its body with it."""
        self._bodies.add(self._caller, -self._kept)
        self._kept = 0

    def keep(self, size: int) -> None:
        """So many bytes of the body are kept until the request is over. Raises HTTPException 503 where the
        requests of this caller, or of all together, keep too many."""
        self._kept += size
        self._bodies.add(self._caller, size)
        self._bodies.check(self._caller)

    def _check_size(self) -> None:
        if self._most is not None and max(self._came, self._length) > self._most:
            raise HTTPException(413, f"The request's body has more than {self._most:,} bytes.")


def _caller(scope: Scope) -> str:
    """The key's name, or the client's network where there are no keys."""
    client = scope.get("client")
    address = client[0] if client else "somebody"
    caller = str(scope["state"].get("caller", address))
    return network_of(address) if caller == address else caller


class _Budget:
    """Seconds that may be waited for a body: `most_s` at the start, and more for every byte, up to as many again."""

    def __init__(self, most_s: float, bytes_per_s: float, clock: Callable[[], float]) -> None:
        self._most_s = self._left_s = most_s
        self._rate = bytes_per_s
        self._clock = clock

    async def spent_on(self, receive: Receive) -> Message:
        """The next message. Raises HTTPException 408 where the budget is spent."""
        before = self._clock()
        try:
            async with asyncio.timeout(self._left_s):
                message = await receive()
        except TimeoutError:
            sentence = f"The request's body comes too slowly: send at least {self._rate:g} bytes a second."
            raise HTTPException(408, sentence) from None
        earned_s = len(message.get("body", b"")) / self._rate
        self._left_s = min(self._most_s, self._left_s - (self._clock() - before) + earned_s)
        return message
