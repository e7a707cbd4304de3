"""What a service can't work without: while one of these is away, its consumer holds what it has in hand and waits."""

import asyncio
from collections.abc import Mapping

import structlog

from rushes_runtime.checks import Check, all_wrong

log = structlog.stdlib.get_logger("rushes.dependencies")


class Dependencies:
    """The places that a stage reads and writes, by name, and whether the stage waits for one of them just now."""

    def __init__(self, checks: Mapping[str, Check], every_s: float) -> None:
        """`every_s` is how often they are looked at while one is away."""
        self.checks = checks
        self._every_s = every_s
        self.missing: dict[str, str] = {}
        """What is being waited for: a sentence by name. Empty while the stage works."""

    async def were_away(self) -> bool:
        """Whether any was away, in which case this returns only once all are back.

        Asked after a failure: whatever failed is no failed attempt then, but to be done again.
        """
        self.missing = await all_wrong(self.checks)
        if not self.missing:
            return False
        log.warning("waiting for what is away", **self.missing)
        while self.missing:
            await asyncio.sleep(self._every_s)
            self.missing = await all_wrong(self.checks)
        log.info("everything is back")
        return True
