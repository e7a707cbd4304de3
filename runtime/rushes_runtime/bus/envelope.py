"""What stands around an event on the wire: the record's key, and CloudEvents headers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from faststream import BaseMiddleware, PublishCommand
from faststream.kafka import KafkaPublishCommand

from rushes_schemas.events import Event

CLOUDEVENTS_VERSION = "1.0"


def envelope(source: str) -> Callable[..., BaseMiddleware]:
    """A broker middleware that gives every published event its key and its headers, as CloudEvents' Kafka binding
    names them (binary mode: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md)."""

    class Envelope(BaseMiddleware):
        async def publish_scope(
            self, call_next: Callable[[PublishCommand], Awaitable[Any]], cmd: PublishCommand
        ) -> Any:
            if isinstance(cmd.body, Event) and isinstance(cmd, KafkaPublishCommand):
                cmd.key = cmd.body.key().encode()
                cmd.headers = envelope_headers(cmd.destination, source) | (cmd.headers or {})
            return await call_next(cmd)

    return Envelope


def envelope_headers(topic: str, source: str) -> dict[str, str]:
    """The CloudEvents headers of an event that `source` publishes to a topic now."""
    return {
        "ce_specversion": CLOUDEVENTS_VERSION,
        "ce_id": str(uuid4()),
        "ce_type": f"rushes.{topic}",
        "ce_source": f"/rushes/{source}",
        "ce_time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
