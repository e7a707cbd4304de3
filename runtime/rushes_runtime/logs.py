"""Structured logs. Every line about a record names its video_id and segment, from its `RecordContext`."""

import logging
import math
import sys
import time
from collections.abc import Callable

import structlog

from rushes_runtime.record_context import add_record
from rushes_runtime.settings import LogSettings

QUIET = ("aiokafka", "rushes.bus", "uvicorn", "httpx", "httpcore", "faster_whisper", "pyscenedetect")
"""Libraries of which only warnings are wanted."""

KNOWN = ("Auto create topics is disabled", "CancelledError: ")
"""What FastStream says and need not: topics are made by `rushes topics apply` or at the start, and a service looks for
them before it consumes; a record that is abandoned when a service stops is told of by whoever settles records."""

SELDOM_S = 10.0
"""While a broker is away each client of it says so ten times a second; once in so long is enough."""


def configure_logs(settings: LogSettings) -> None:
    """Send the logs of this process, the libraries' too, to stderr in the settings' form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_record,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if settings.format == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.addFilter(Seldom("aiokafka", SELDOM_S))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("rushes.bus").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    return not str(said).startswith(KNOWN)


class Seldom(logging.Filter):
    """Lets what a library says over and over, whatever it says it of, through once in `every_s`; all of others."""

    def __init__(self, library: str, every_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        super().__init__(library)
        self._every_s = every_s
        self._clock = clock
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record):  # not of this library
            return True
        said, now = f"{record.name} {record.msg}", self._clock()
        if now - self._said.get(said, -math.inf) < self._every_s:
            return False
        self._said[said] = now
        return True
