"""Structured logs. Every line about a record names its video_id and segment, bound by the delivery middleware."""

import logging
import sys

import structlog

from rushes_runtime.settings import LogSettings

QUIET = ("aiokafka", "rushes.bus", "uvicorn", "httpx", "httpcore", "faster_whisper", "pyscenedetect")
"""Libraries of which only warnings are wanted."""

KNOWN = "Auto create topics is disabled"
"""What FastStream warns of for each subscriber. Topics are made by `rushes topics apply` or at the start, and a service
looks for them before it consumes."""


def configure_logs(settings: LogSettings) -> None:
    """Send the logs of this process, the libraries' too, to stderr in the settings' form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("rushes.bus").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
    return not str(said).startswith(KNOWN)
