"""The arguments of `rushes run`."""

from enum import StrEnum
from typing import Annotated

import typer


class ServiceName(StrEnum):
    """The services; `rushes_cli.compose` has what each is made of."""

    INGEST = "ingest"
    ASR = "asr"
    SCENES = "scenes"
    EMBED = "embed"
    CATALOG = "catalog"
    QUERY = "query"


def run(
    service: Annotated[ServiceName, typer.Argument(help="Which one.")],
    port: Annotated[
        int | None, typer.Option(help="HTTP port, 0 for a free one; default: RUSHES_HTTP__PORT.", min=0, max=65535)
    ] = None,
    grpc_port: Annotated[
        int | None, typer.Option(help="gRPC port of query; default: RUSHES_HTTP__GRPC_PORT.", min=0, max=65535)
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let other machines in without API keys.")] = False,
) -> None:
    """Run one service, as production runs it: on the broker, blob store and index that the settings name.

    Any number of processes of one service share its work. SIGTERM finishes what is in hand, for at most
    RUSHES_KAFKA__SHUTDOWN_GRACE_S. /healthz, /readyz and /metrics are on the HTTP port; the log says which that is.

    \b
    Examples:
      rushes run ingest
      RUSHES_CONFIG=/etc/rushes.toml rushes run asr --port 0
    """
    from rushes_cli.run import run as run_service  # noqa: PLC0415

    run_service(service.value, port, grpc_port, insecure)
