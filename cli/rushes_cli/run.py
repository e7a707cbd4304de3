"""`rushes run`: one service in this process, on the broker, blob store and index of the settings."""

import asyncio

from rushes_cli.compose import SERVICES
from rushes_runtime.logs import configure_logs
from rushes_runtime.platform import open_platform
from rushes_runtime.service import serve
from rushes_runtime.settings import Settings, load


def run(name: str, port: int | None, grpc_port: int | None, insecure: bool) -> None:
    """Run until SIGINT or SIGTERM. Raises ConfigurationError or TransientError where it does not start."""
    settings = load(Settings)
    configure_logs(settings.log)
    said = {"port": port, "grpc_port": grpc_port, "insecure": insecure or None}
    given = {name: value for name, value in said.items() if value is not None}
    http = settings.http.model_copy(update=given)
    asyncio.run(_run(name, settings.model_copy(update={"http": http})))


async def _run(name: str, settings: Settings) -> None:
    platform = open_platform(settings)
    try:
        await serve(name, [SERVICES[name](platform)], settings, platform.metrics)
    finally:
        await platform.index.close()
