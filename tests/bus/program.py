"""A process with one stage, whose work begins with a line on stdout and ends with a line on stdin.

python -m tests.bus.program BOOTSTRAP_SERVERS GRACE_S
"""

import asyncio
import sys

from rushes_runtime.bus.stage import Stage
from rushes_runtime.logs import configure_logs
from rushes_runtime.platform import open_platform
from rushes_runtime.service import Service, serve
from rushes_runtime.settings import BlobSettings, HttpSettings, KafkaSettings, Settings, TopicSettings, load
from rushes_schemas.events import SegmentPlanned, SegmentTranscribed, Transcript, extended
from rushes_schemas.topics import SEGMENT_PLANNED, SEGMENT_TRANSCRIBED


async def run(bootstrap_servers: str, grace_s: float) -> None:
    """Serve until a signal."""
    kafka = KafkaSettings(
        bootstrap_servers=bootstrap_servers, idempotent=False, session_timeout_s=2, shutdown_grace_s=grace_s
    )
    settings = load(
        Settings,
        kafka=kafka,
        topics=TopicSettings(partitions=1),
        blobs=BlobSettings(url="memory:///"),
        http=HttpSettings(port=0),
    )
    configure_logs(settings.log)
    platform = open_platform(settings)
    stage = Stage("asr", platform, {})

    @stage.publishes(SEGMENT_TRANSCRIBED)
    @stage.consumes(SEGMENT_PLANNED)
    async def on_segment_planned(event: SegmentPlanned) -> SegmentTranscribed:
        sys.stdout.write(f"{event.segment.index}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        return extended(event, SegmentTranscribed, transcript=Transcript(status="no_speech"))

    service = Service("asr", stages=[stage], checks=stage.checks, lifespans=[stage.running()])
    await serve("asr", [service], settings, platform.metrics)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2])))
