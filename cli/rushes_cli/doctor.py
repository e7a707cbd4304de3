"""`rushes doctor`: the checks that this installation calls for, one after the other."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rushes_cli import checks
from rushes_cli.client import instance_url
from rushes_cli.errors import FAILURES
from rushes_cli.plain import say, say_json
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import ConfigurationError
from rushes_runtime.platform import open_blobs
from rushes_runtime.settings import Part, Settings, load

DEFAULT_DATA = "rushes-data"
"""Where `rushes up` keeps everything, unless it is told otherwise."""

Check = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Finding:
    """The outcome of a check, in one sentence that says how to mend what is wrong."""

    check: str
    status: Literal["ok", "wrong"]
    says: str


def run(*, as_json: bool) -> bool:
    """Check and print; whether all is well."""
    findings = asyncio.run(examine())
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(line(finding))
    return all(finding.status == "ok" for finding in findings)


async def examine() -> list[Finding]:
    """Run every check that is called for; none keeps the next from running."""
    try:
        settings = load(Settings)
    except ConfigurationError as error:
        return [Finding("settings", "wrong", sentence) for sentence in str(error).splitlines()]
    return [await _found(name, check) for name, check in called_for(settings)]


def called_for(settings: Settings) -> Iterator[tuple[str, Check]]:
    """The checks that tell something here: of the places, those that the settings name.

    Where a broker is named, this may be one machine of many, and no instance is missed unless RUSHES_URL names it.
    """
    has_broker = _is_set(settings.kafka, "bootstrap_servers")
    if "RUSHES_URL" in os.environ or not has_broker:
        yield "instance", lambda: checks.instance(instance_url())
    if has_broker:
        yield "broker", lambda: checks.broker(settings)
        yield "topics", lambda: checks.topics(settings)
    else:
        yield "broker", lambda: checks.embedded_broker(settings)
    if _is_set(settings.blobs, "url"):
        yield "blobs", lambda: checks.blobs(settings)
        yield "stored", lambda: checks.stored(open_blobs(settings.blobs))
    elif (here := Path(DEFAULT_DATA) / "blobs").is_dir():
        yield "stored", lambda: checks.stored(Blobs(here.resolve().as_uri()))
    if _is_set(settings.qdrant, "url"):
        yield "index", lambda: checks.index(settings)
    yield "models", lambda: checks.models(settings)
    if _is_set(settings.qdrant, "url"):
        yield "collection", lambda: checks.collection(settings)
    yield "speech", lambda: checks.speech_model(settings)


def line(finding: Finding) -> str:
    """A finding for people."""
    return f"{finding.status:<5}  {finding.check:<10}  {' '.join(finding.says.split())}"


async def _found(name: str, check: Check) -> Finding:
    try:
        return Finding(name, "ok", await check())
    except FAILURES as error:
        return Finding(name, "wrong", str(error))


def _is_set(part: Part, field: str) -> bool:
    """Whether a person set it; defaults name places that nobody promised."""
    return field in part.model_fields_set
