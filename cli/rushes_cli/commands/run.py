"""`rushes run`: one service in this process, on the broker, blob store and index of the settings."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from rushes_cli.local.compose import SERVICES
from rushes_runtime.logs import configure_logs
from rushes_runtime.platform import open_platform
from rushes_runtime.service import serve
from rushes_runtime.settings import Settings, load


class ServiceName(StrEnum):
    """The services; `rushes_cli.local.compose` has what each is made of."""

    # A member per service: typer takes the values and the help from an Enum.
    vars().update({name.upper(): name for name in SERVICES})


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
    """Run one service, as production runs it.

    Any number of processes of one service share its work. SIGTERM finishes what is in hand, for at most
    RUSHES_KAFKA__SHUTDOWN_GRACE_S. /healthz, /readyz and /metrics are on the HTTP port; the log says which that is.

    \b
    Examples:
      rushes run ingest
      RUSHES_CONFIG=/etc/rushes.toml rushes run asr --port 0
    """
    settings = load(Settings)
    configure_logs(settings.log)
    options = {"port": port, "grpc_port": grpc_port, "insecure": insecure or None}
    given = {name: value for name, value in options.items() if value is not None}
    http = settings.http.model_copy(update=given)
    asyncio.run(_run(service.value, settings.model_copy(update={"http": http})))


async def _run(name: str, settings: Settings) -> None:
    platform = open_platform(settings)
    try:
        await serve(name, [SERVICES[name](platform)], settings, platform.metrics)
    finally:
        await platform.index.close()
