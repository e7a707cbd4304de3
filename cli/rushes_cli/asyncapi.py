"""Write the AsyncAPI document of the real apps: `python -m rushes_cli.asyncapi schemas/asyncapi.json`."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from faststream.specification import AsyncAPI

from rushes_cli.compose import SERVICES
from rushes_runtime.bus.connect import make_broker
from rushes_runtime.platform import open_platform
from rushes_runtime.settings import BlobSettings, KafkaSettings, QdrantSettings, Settings, load


def document() -> dict[str, Any]:
    """AsyncAPI 3.0, from the routers that the services are made of; nothing connects."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load(
            Settings,
            kafka=KafkaSettings(bootstrap_servers="kafka:9092"),
            blobs=BlobSettings(url=Path(folder).as_uri()),
            qdrant=QdrantSettings(url=f"edge://{folder}/index"),
        )
        platform = open_platform(settings)
        routers = [stage.router for build in SERVICES.values() for stage in build(platform).stages]
        broker = make_broker(settings.kafka, "rushes", platform.metrics, routers)
        specification = AsyncAPI(broker, title="rushes", version="0.1.0").to_specification()
    said: dict[str, Any] = json.loads(specification.to_json())
    return said


def main() -> None:
    """Write the document to the path that is the only argument."""
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
