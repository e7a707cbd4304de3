"""Everything in a process that reads from the broker: started, stopped, and started again as one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from rushes_runtime.bus.connect import FLUSH_S, stopped
from rushes_runtime.bus.stage import Stage
from rushes_runtime.errors import BrokerUnavailable
from rushes_runtime.settings import KafkaSettings


class Consumers:
    """The handlers' consumers of some stages, and what gives their retries back."""

    def __init__(self, broker: KafkaBroker, stages: Sequence[Stage], settings: KafkaSettings) -> None:
        self._broker = broker
        self._stages = stages
        self._settings = settings
        self._reading = AsyncExitStack()

    async def start(self) -> None:
        """Join the groups and consume. Raises BrokerUnavailable, KafkaError; `stop` it then too."""
        for stage in self._stages:
            await self._reading.enter_async_context(stage.retries())
        await self._reading.enter_async_context(self._subscribed())

    async def stop(self) -> None:
        """Read no more, once the records in hand are done: RUSHES_KAFKA__SHUTDOWN_GRACE_S at most, and what is not done
        then was not committed. Publishing goes on."""
        await self._reading.aclose()

    @asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[None]:
        # FastStream starts and stops subscribers one after another, each of which waits for its group: together it
        # takes as long as the slowest one.
        subscribers = self._broker.subscribers
        # A group waits for a member that died for as long as its session lasts, so joining may take some of these.
        patience_s = self._settings.connect_timeout_s + 2 * self._settings.session_timeout_s
        try:
            try:
                async with asyncio.timeout(patience_s):
                    await self._broker.connect()
                    await asyncio.gather(*(subscriber.start() for subscriber in subscribers))
            except TimeoutError as error:
                raise BrokerUnavailable(
                    f"the broker answers, but let us into no consumer group within {patience_s:g} s "
                    "(RUSHES_KAFKA__CONNECT_TIMEOUT_S and two RUSHES_KAFKA__SESSION_TIMEOUT_S): its log says why"
                ) from error
            yield
        finally:
            await asyncio.gather(*(stopped(subscriber.stop()) for subscriber in subscribers))


@asynccontextmanager
async def consuming(broker: KafkaBroker, stages: Sequence[Stage], settings: KafkaSettings) -> AsyncIterator[Consumers]:
    """Consume and publish for as long as the context is open; leaving waits for the records in hand. Raises
    BrokerUnavailable."""
    consumers = Consumers(broker, stages, settings)
    try:
        try:
            await consumers.start()
        except KafkaError as error:
            raise BrokerUnavailable(f"the broker does not take us: {error!r} (RUSHES_KAFKA__...)") from error
        broker.running = True
        yield consumers
    finally:
        await consumers.stop()
        await stopped(broker.stop(), FLUSH_S)
