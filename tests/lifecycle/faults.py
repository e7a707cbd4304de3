"""A platform that is interrupted at its n-th call, as by kill -9 between two awaits."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from rushes_runtime.platform import Platform


class Killed(BaseException):
    """The process is no more. No handler's `except Exception` sees it, as none would see the signal."""


class Steps(Protocol):
    """What is to happen before each call."""

    async def step(self) -> None: ...


class Interrupted:
    """Passes calls on; before each one, a step is taken."""

    def __init__(self, inner: Any, faults: Steps) -> None:
        self._inner = inner
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or name.endswith("_now"):
            return found
        if name in ("list", "folders", "stream"):
            return self._listing(found)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._faults.step()
            return await found(*args, **kwargs)

        return call

    def _listing(self, found: Callable[..., Any]) -> Callable[..., Any]:
        async def listing(*args: Any, **kwargs: Any) -> Any:
            await self._faults.step()
            async for each in found(*args, **kwargs):
                yield each

        return listing


class Faults:
    """Counts the calls to a platform's blobs and index; at the one that `at` says, does `then`."""

    def __init__(self, platform: Platform) -> None:
        self.at: int | None = None
        self.then: Callable[[], Awaitable[None]] = killed
        self.calls = 0
        blobs: Any = Interrupted(platform.blobs, self)
        index: Any = Interrupted(platform.index, self)
        self.platform = Platform(platform.settings, blobs, index, platform.metrics)

    def arm(self, at: int, then: Callable[[], Awaitable[None]]) -> None:
        """From now on count anew, and have this happen before call number `at`."""
        self.calls, self.at, self.then = 0, at, then

    async def step(self) -> None:
        """Before each call."""
        self.calls += 1
        if self.calls == self.at:
            await self.then()


async def killed() -> None:
    """The process dies here."""
    raise Killed
