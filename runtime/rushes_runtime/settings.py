"""Settings that every service shares: environment variables `RUSHES_...`, or the same names in one TOML file.

`RUSHES_KAFKA__BOOTSTRAP_SERVERS=host:9092` and, in the file that `RUSHES_CONFIG` names (default `rushes.toml`),
`[kafka] bootstrap_servers = "host:9092"` say the same thing; the environment wins. Each service adds a part of its own.
"""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from rushes_runtime.errors import ConfigurationError

Seconds = Annotated[float, Field(gt=0)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Part(BaseModel):
    """A nested part of the settings. A misspelt name is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class KafkaSettings(Part):
    """The broker, and how records are consumed."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Comma-separated `host:port` of one or more brokers."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the connection is secured."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the client proves who it is, where the protocol says SASL."""
    username: str | None = None
    """SASL user."""
    password: SecretStr | None = None
    """SASL password."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the brokers' certificates; default: the system's."""
    cert_file: Path | None = None
    """PEM file of the client's certificate, where the brokers ask for one."""
    key_file: Path | None = None
    """PEM file of its key; default: it is in `cert_file` too."""
    key_password: SecretStr | None = None
    """Password of that key."""
    connect_timeout_s: Seconds = 20
    """How long a broker may take to answer at the start, and to `rushes topics` and `rushes doctor`."""
    idempotent: bool = True
    """Idempotent producers, so that a retried publish is not stored twice. Off for brokers that can't (Tansu)."""
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = "gzip"
    """How record batches are compressed."""
    max_message_bytes: Annotated[int, Field(ge=100_000, le=1_000_000_000)] = 4_000_000
    """The largest record: of producers, and of the topics that `rushes topics apply` makes. A retry or a dead letter
    that is larger, since its producer compressed it or by its headers, lies in the blob store."""
    session_timeout_s: Seconds = 45
    """A consumer that is silent for so long is taken to be dead and its partitions are given to others."""
    max_poll_interval_s: Seconds = 3600
    """A consumer whose handler takes longer than this leaves its group. Keep it above every compute time limit."""
    rebalance_wait_s: Annotated[float, Field(ge=0, le=30)] = 30
    """How long a rebalance waits for the record in hand; what takes longer is begun by another consumer too."""
    shutdown_grace_s: Annotated[float, Field(gt=0)] = 8
    """How long the work in hand may go on after SIGTERM; what is not finished then is done again elsewhere."""


class FailureSettings(Part):
    """What becomes of a record that could not be done."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)] = 10
    """How often a record is tried before it becomes a dead letter. Invalid input is not tried again at all."""
    max_compute_attempts: Annotated[int, Field(ge=1, le=1000)] = 3
    """The same where a compute child died, or ran out of time or memory: each attempt costs as much as the first."""
    dead_letters: Literal["topics", "blobs"] = "topics"
    """Where dead letters are kept: in the `<service>-dlq` topics, or in the blob store, for a broker that forgets. The
    embedded mode keeps them in blobs whatever this says."""
    retry_base_s: Seconds = 2
    """Upper bound of the first wait before a retry; it doubles with each attempt, and the wait is random below it."""
    retry_cap_s: Seconds = 600
    """No wait before a retry is longer."""
    check_every_s: Seconds = 2
    """How often the blob store and the index are looked at while one of them is away, and nothing is consumed."""
    breaker_window: Annotated[int, Field(ge=2, le=10_000)] = 20
    """So many records in a row are looked at to tell whether nearly everything fails the same way."""
    breaker_share: Annotated[float, Field(gt=0, le=1)] = 0.9
    """The share of them that must fail so before consuming stops."""
    breaker_pause_s: Seconds = 5
    """How long consuming stops before one record is tried; it doubles while that fails."""
    breaker_cap_s: Seconds = 60
    """No such pause is longer."""


class TopicSettings(Part):
    """How topics are provisioned."""

    partitions: Annotated[int, Field(ge=1, le=10_000)] = 6
    """Partitions of each topic: the most consumers of a stage that can share its work."""
    replication: Annotated[int, Field(ge=1, le=15)] = 1
    """Copies of each partition that the cluster keeps."""
    min_insync_replicas: Annotated[int, Field(ge=1, le=15)] | None = None
    """Copies that must have a record before it counts as published; None: all but one, and at least one."""
    retention_h: Annotated[int, Field(ge=1)] = 168
    """How long the topics keep records."""
    dead_letter_retention_h: Annotated[int, Field(ge=1)] = 24 * 90
    """How long retry and dead letter topics keep records."""


class BlobSettings(Part):
    """The blob store."""

    url: str = "file:///var/lib/rushes/blobs"
    """`file:///folder` or `s3://bucket/prefix`."""
    endpoint: str | None = None
    """Address of an S3 service that is not AWS, such as `http://minio:9000`."""
    region: str = "us-east-1"
    """S3 region."""
    access_key_id: str | None = None
    """S3 access key. Without one, that of the machine's role or of `AWS_ACCESS_KEY_ID` is taken."""
    secret_access_key: SecretStr | None = None
    """S3 secret key."""
    timeout_s: Seconds = 60
    """How long one request to S3 may take."""
    retry_s: Seconds = 15
    """How long a request that S3 did not answer is made again before it has failed."""
    link_s: Annotated[int, Field(ge=0, le=604_800)] = 0
    """Seconds that links to media straight from S3 hold, to which players are sent; 0: query sends the media itself."""
    public_endpoint: str | None = None
    """Address of the S3 service for those links, where clients reach it by another than `endpoint`."""


class QdrantSettings(Part):
    """The index."""

    url: str = "http://127.0.0.1:6333"
    """A Qdrant server, or `edge:///folder` for Qdrant Edge, the engine in this process."""
    api_key: SecretStr | None = None
    """The server's API key."""
    timeout_s: Seconds = 30
    """How long one call may take."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate; default: the well-known ones."""
    quantization: Literal["none", "scalar", "binary"] = "none"
    """Scalar: vectors are searched as int8, for a quarter of the memory; binary: as bits, for models of 1000 dimensions
    and more. The found are scored again by the full vectors. Of a server's collections that are made from now on."""
    on_disk: bool = False
    """Have a server keep the full vectors on disk instead of in memory."""
    shards: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Shards of a collection on a Qdrant cluster; default: one a node."""
    replication: Annotated[int, Field(ge=1, le=15)] | None = None
    """Copies of each shard on a Qdrant cluster; default: one."""


class ModelSettings(Part):
    """The embedding models of the whole installation: embed, catalog and query must agree, and so must the index.

    `rushes models list` says which there are. Another model needs `rushes reindex`.
    """

    image_text: str = "conse-efficientnet-lite2"
    """The image-text model: also `open-clip:<architecture>:<pretrained>` or `onnx-clip:<folder>`."""
    text: str = "use-multilingual-v3"
    """The text model."""
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    """CPU threads of the image-text model. The text model computes in one."""
    device: str = "auto"
    """Where an `open-clip:` model computes: `auto` (a GPU if there is one), `cpu`, `cuda`, `cuda:1`, `mps`."""
    precision: Literal["auto", "fp32", "fp16", "bf16"] = "auto"
    """What an `open-clip:` model multiplies in: `auto` is fp16 on a GPU and fp32 on a CPU. bf16 is another model to
    the index; an exported model has the precision that it was exported with."""
    batch: Annotated[int, Field(ge=1, le=4096)] = 32
    """Pictures that an `open-clip:` or `onnx-clip:` model computes at once; a GPU can take more."""


Scope = Literal["read", "write", "admin"]


class ApiKey(Part):
    """A key with which somebody may ask."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    """Who has it, for the log."""
    secret: Annotated[SecretStr, Field(min_length=16)]
    """What is sent as `Authorization: Bearer ...`."""
    scopes: frozenset[Scope] = frozenset({"read"})
    """`read`: search, videos, transcripts, media; `write`: add, change and delete videos; `admin`: the rest. None:
    metrics, documents and details of readiness alone, which every key opens."""


Opened = Literal["metrics", "docs", "readyz"]


class HttpSettings(Part):
    """Where a service listens, and what it bears."""

    host: str = "127.0.0.1"
    """Address of HTTP and gRPC."""
    port: Port = 8080
    """HTTP port."""
    grpc_port: Port = 8090
    """gRPC port of the query service."""
    keys: tuple[ApiKey, ...] = ()
    """API keys as JSON: `[{"name": "desk", "secret": "...", "scopes": ["read", "write"]}]`. None: everybody may do
    everything, which is refused where other machines can reach the server."""
    insecure: bool = False
    """Listen beyond this machine without any keys."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which this server is reached (`rushes.example.org`, `*.example.org`, or `*`), without port; requests for
    other hosts are refused. Loopback's names always are. Default beyond loopback: with API keys, any name; without, IP
    addresses, names without a dot, and the machine's own."""
    public: tuple[Opened, ...] = ()
    """What is answered without a key although there are keys and other machines reach the server: `metrics`; `docs`:
    `/docs` and `/openapi.json`; `readyz`: what is wrong, instead of the status alone."""
    wrong_keys_per_minute: Annotated[int, Field(ge=1)] = 20
    """Wrong keys of one address that are looked at in one process, by HTTP and gRPC together; further ones are answered
    429."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of proxies whose `X-Forwarded-For` names the client's address."""
    cors_origins: tuple[str, ...] = ()
    """Web pages of these origins (`https://example.org`, or `*`) may ask from a browser; all others are refused."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 3000
    """Of one key, at each door (HTTP, gRPC); without keys, of one address, where other machines reach the server."""
    time_limit_s: Seconds = 30
    """How long an answer may take to begin."""
    patience_s: Seconds = 20
    """How long a client may be silent where a request, its body, or the reading of an answer is awaited."""
    slowest_body: Annotated[float, Field(gt=0)] = 1000
    """Bytes a second that a body must come with once `patience_s` is used up."""
    max_body: Annotated[int, Field(gt=0)] = 21 * 1024 * 1024
    """Bytes of a request's body, where it is no upload: a picture of 20 MiB and the form around it."""
    max_bodies: Annotated[int, Field(gt=0)] = 64 * 1024 * 1024
    """Bytes of such bodies that all requests together may have in memory at a time; whatever is more is answered 503.
    Three of the largest pictures. Uploads, half a megabyte each, may have as much again: 128 of them. One key, or
    address without keys, may have a quarter of either, or one body where that is larger."""


class LogSettings(Part):
    """What is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe level that is written."""
    format: Literal["json", "console"] = "json"
    """One JSON object a line, or lines for people."""


class Settings(BaseSettings):
    """What every service needs to know. Services add a part of their own by a subclass."""

    model_config = SettingsConfigDict(
        env_prefix="RUSHES_",
        env_nested_delimiter="__",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    kafka: KafkaSettings = KafkaSettings()
    failures: FailureSettings = FailureSettings()
    topics: TopicSettings = TopicSettings()
    blobs: BlobSettings = BlobSettings()
    qdrant: QdrantSettings = QdrantSettings()
    models: ModelSettings = ModelSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Constructor arguments, then the environment, then the file."""
        path = os.environ.get("RUSHES_CONFIG", "rushes.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)


S = TypeVar("S", bound=Settings)

SECRET = frozenset({"keys", "secret", "api_key", "password", "secret_access_key"})
"""Fields whose values no message shows."""


def load(kind: type[S], **parts: Part) -> S:
    """Read settings; `parts` win over the environment and the file. Raises ConfigurationError, one line a mistake."""
    named = os.environ.get("RUSHES_CONFIG")
    if named and not Path(named).is_file():
        raise ConfigurationError(f"RUSHES_CONFIG is wrong: there is no file {named}")
    try:
        return kind(**parts)  # type: ignore[arg-type]
    except (SettingsError, TOMLDecodeError) as error:
        raise ConfigurationError(f"the settings in {named or 'the environment'} can't be read: {error}") from error
    except ValidationError as error:
        raise ConfigurationError("\n".join(map(_sentence, error.errors()))) from error


def _sentence(mistake: object) -> str:
    assert isinstance(mistake, dict)
    name = "RUSHES_" + "__".join(str(part).upper() for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"{name} is wrong: there is no such setting"  # and its value may be a misspelt name's password
    if set(mistake["loc"]) & SECRET:
        return f"{name} is wrong: {mistake['msg']}"
    return f"{name} is wrong: {mistake['msg']} (it is {mistake['input']!r})"
