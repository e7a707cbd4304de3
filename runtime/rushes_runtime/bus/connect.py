"""Connections to Kafka, the same settings for FastStream, for aiokafka and for the admin client."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream.kafka import KafkaBroker, KafkaRouter
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from opentelemetry.sdk.trace import TracerProvider

from rushes_runtime.bus.envelope import envelope
from rushes_runtime.bus.insist import Insist
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.metrics import Metrics
from rushes_runtime.settings import KafkaSettings

FLUSH_S = 2.0
"""How long a producer that is stopped may take to send what it was given; with a broker there it takes milliseconds."""

ANY_SIZE = 1 << 30
"""Bytes of a record that aiokafka hands to the broker, which judges by what is left of them when compressed."""

SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}

log = structlog.stdlib.get_logger("rushes.bus")


def make_broker(
    settings: KafkaSettings, name: str, metrics: Metrics, routers: Sequence[KafkaRouter] = ()
) -> KafkaBroker:
    """FastStream's broker as every service uses it; nothing connects before it is started.

    `name` is the client id and the source of the events. Producers wait for all replicas. The telemetry middleware
    carries `traceparent` from each event to those that are made from it.
    """
    return KafkaBroker(
        settings.bootstrap_servers.split(","),
        client_id=name,
        acks="all",
        enable_idempotence=settings.idempotent,
        compression_type=_compression(settings),
        max_request_size=largest_request(settings),
        allow_auto_create_topics=False,
        graceful_timeout=settings.shutdown_grace_s,
        security=_security(settings),
        middlewares=(
            KafkaPrometheusMiddleware(registry=metrics.registry, app_name=name),
            KafkaTelemetryMiddleware(tracer_provider=TracerProvider()),
            envelope(name),
            Insist,
        ),
        routers=routers,
        logger=log,
        log_level=10,
    )


def largest_request(settings: KafkaSettings) -> int:
    """Bytes of a record, uncompressed, that a topic of ours takes in any case: what compressing does not make smaller
    it makes larger by a thousandth at most. A topic that refuses a batch confuses aiokafka's idempotent producer, which
    counts the batch all the same: the partition takes nothing from it any more."""
    return settings.max_message_bytes - settings.max_message_bytes // 1000 - 1024


def aiokafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """What aiokafka's own clients need to reach the broker."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "security_protocol": settings.security_protocol,
        "ssl_context": _ssl_context(settings),
    }
    if settings.security_protocol.startswith("SASL"):
        user, password = _credentials(settings)
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": user,
            "sasl_plain_password": password,
        }
    return options


@asynccontextmanager
async def reading(settings: KafkaSettings, *topics: str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of aiokafka's own, with these options of its, that commits nothing by itself."""
    consumer = AIOKafkaConsumer(
        *topics, enable_auto_commit=False, auto_offset_reset="earliest", **aiokafka_options(settings), **options
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await stopped(consumer.stop())


async def stopped(stop: Coroutine[Any, Any, None], within_s: float | None = None) -> None:
    """Await the stop of an aiokafka client, for so long at most. Raises what the stop raises.

    Where the broker is away, a consumer's may raise CancelledError, which a task of its own was stopped by (aiokafka
    issue 647): to whoever stops it, that says nothing. A producer's waits for what it was given to be sent, 40 s.
    """
    stopping = asyncio.create_task(stop)
    await asyncio.wait([stopping], timeout=within_s)
    if not stopping.done():
        log.warning("the broker is away: what it was not sent yet is given up, and made again later")
        stopping.cancel()
    elif not stopping.cancelled():
        stopping.result()


@asynccontextmanager
async def publishing(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer for records that are bytes already, such as retries, dead letters and replayed ones.

    It always compresses, and lets the broker tell what is too large: MessageSizeTooLargeError. Since that confuses an
    idempotent producer (see `largest_request`) it is none; who reads these records bears one that is stored twice.
    """
    producer = AIOKafkaProducer(
        acks="all",
        compression_type=_compression(settings) or "gzip",
        max_request_size=ANY_SIZE,
        **aiokafka_options(settings),
    )
    try:
        await producer.start()
        yield producer
    finally:
        await stopped(producer.stop(), FLUSH_S)


def librdkafka_options(settings: KafkaSettings) -> dict[str, Any]:
    """What confluent-kafka's clients need to reach the broker."""
    options: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "security.protocol": settings.security_protocol,
        "log_level": 0,  # it would write to stderr by itself; what matters comes as errors
    }
    if settings.ca_file:
        options["ssl.ca.location"] = str(settings.ca_file)
    if settings.cert_file:
        options["ssl.certificate.location"] = str(settings.cert_file)
        options["ssl.key.location"] = str(settings.key_file or settings.cert_file)
        if settings.key_password:
            options["ssl.key.password"] = settings.key_password.get_secret_value()
    if settings.security_protocol.startswith("SASL"):
        user, password = _credentials(settings)
        options |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": user,
            "sasl.password": password,
        }
    return options


def _compression(settings: KafkaSettings) -> Any:
    return None if settings.compression == "none" else settings.compression


def _security(settings: KafkaSettings) -> BaseSecurity:
    context = _ssl_context(settings)
    if not settings.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    user, password = _credentials(settings)
    kind = SASL[settings.sasl_mechanism]
    return kind(username=user, password=password, ssl_context=context, use_ssl=context is not None)


def _ssl_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    if not settings.security_protocol.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except OSError as error:  # ssl.SSLError, of what is no certificate, is one
        raise ConfigurationError(f"RUSHES_KAFKA__CA_FILE {settings.ca_file} can't be read: {error}") from error
    if settings.cert_file:
        password = settings.key_password.get_secret_value() if settings.key_password else ""
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file, password)
        except OSError as error:
            raise ConfigurationError(
                f"RUSHES_KAFKA__CERT_FILE {settings.cert_file}, with RUSHES_KAFKA__KEY_FILE and "
                f"RUSHES_KAFKA__KEY_PASSWORD, can't be read: {error}"
            ) from error
    return context


def _credentials(settings: KafkaSettings) -> tuple[str, str]:
    if not settings.username or settings.password is None:
        raise ConfigurationError(
            f"RUSHES_KAFKA__SECURITY_PROTOCOL is {settings.security_protocol}: "
            "set RUSHES_KAFKA__USERNAME and RUSHES_KAFKA__PASSWORD too"
        )
    return settings.username, settings.password.get_secret_value()
