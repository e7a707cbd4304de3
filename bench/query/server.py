"""The query service alone, over an Edge index: `python -m bench.query.server DATA PORT`."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from rushes_models.registry import image_text_encoder, text_encoder
from rushes_query.app import build
from rushes_query.settings import QuerySettings, Settings
from rushes_runtime.blobs import Blobs
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.logs import configure_logs
from rushes_runtime.metrics import Metrics
from rushes_runtime.platform import Platform
from rushes_runtime.service import make_app
from rushes_runtime.settings import HttpSettings, LogSettings
from rushes_runtime.web.server import Http


async def main(data: Path, port: int) -> None:
    """Serve until killed."""
    http = HttpSettings(port=port, grpc_port=0)
    settings = Settings(http=http, log=LogSettings(level="WARNING"))
    configure_logs(settings.log)
    index = EdgeIndex(data / "index")
    platform = Platform(settings, Blobs((data / "blobs").as_uri()), index, Metrics())
    models = settings.models
    service = build(
        platform,
        QuerySettings(),
        text_encoder(models.text),
        image_text_encoder(models.image_text, models.threads),
    )
    async with AsyncExitStack() as stack:
        for lifespan in service.lifespans:
            await stack.enter_async_context(lifespan)
        await stack.enter_async_context(Http(make_app("query", [service], platform.metrics, http=http), http))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
