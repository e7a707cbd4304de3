"""Publishing once more where the broker does not know yet what to do with an event."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.errors import UnknownError
from faststream import BaseMiddleware, PublishCommand

PATIENCE_S = 10.0
PAUSE_S = 0.1


class Insist(BaseMiddleware):
    """A broker middleware. Tansu was seen to answer so after it was started again and before its topics were made.
    aiokafka itself tries again what other brokers answer then."""

    async def publish_scope(self, call_next: Callable[[PublishCommand], Awaitable[Any]], cmd: PublishCommand) -> Any:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            try:
                return await call_next(cmd)
            except UnknownError:
                if loop.time() > until:
                    raise
            await asyncio.sleep(PAUSE_S)
