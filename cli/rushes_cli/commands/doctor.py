"""`rushes doctor`: the checks that this installation calls for, one after the other.

Each check returns what it found well, or raises a RushesError that says what is wrong and how to mend it. None changes
anything.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from rushes_asr.settings import Settings as AsrSettings
from rushes_asr.weights import find_weights
from rushes_cli.client import Client, instance_url
from rushes_cli.console import FAILURES, say, say_json
from rushes_models.registry import encoders
from rushes_models.weights import WeightsError
from rushes_runtime import tansu
from rushes_runtime.blobs import Blobs
from rushes_runtime.bus.admin import topics_there
from rushes_runtime.bus.topics import planned
from rushes_runtime.errors import ConfigurationError, RushesError
from rushes_runtime.index.made_with import require_same_models
from rushes_runtime.index.port import Index, IndexInUse, IndexUnavailable
from rushes_runtime.index.scene_collections import choose_encoders, fingerprint
from rushes_runtime.platform import open_blobs, open_qdrant
from rushes_runtime.settings import Part, Settings, load
from rushes_runtime.store_format import newer_blobs
from rushes_runtime.unreadable import unreadable
from rushes_schemas.topics import all_topic_names


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check the installation, and say how to mend what is wrong.

    Asks the running instance how it is, and looks at the models and at whatever else the settings name: broker,
    topics, blob store, index. The exit code is 1 if anything is wrong.

    \b
    Example:
      RUSHES_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 rushes doctor
    """
    findings = asyncio.run(examine())
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(line(finding))
    if any(finding.status == "wrong" for finding in findings):
        raise typer.Exit(1)


DEFAULT_DATA = "rushes-data"
"""Where `rushes up` keeps everything, unless it is told otherwise."""

Check = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Finding:
    """The outcome of a check, in one sentence that says how to mend what is wrong."""

    check: str
    status: Literal["ok", "wrong"]
    says: str


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
        yield "instance", lambda: instance(instance_url())
    if has_broker:
        yield "broker", lambda: broker(settings)
        yield "topics", lambda: topics(settings)
    else:
        yield "broker", lambda: embedded_broker(settings)
    if _is_set(settings.blobs, "url"):
        yield "blobs", lambda: blobs(settings)
        yield "stored", lambda: stored(open_blobs(settings.blobs))
    elif (here := Path(DEFAULT_DATA) / "blobs").is_dir():
        yield "stored", lambda: stored(Blobs(here.resolve().as_uri()))
    if _is_set(settings.qdrant, "url"):
        yield "index", lambda: index(settings)
    yield "models", lambda: models(settings)
    if _is_set(settings.qdrant, "url"):
        yield "collection", lambda: collection(settings)
    yield "speech", lambda: speech_model(settings)


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


async def instance(url: str) -> str:
    """The running instance is ready."""
    with Client(url) as client:
        readiness = await asyncio.to_thread(client.readiness)
    wrong = [f"{check}: {said}" for check, said in readiness.checks.items() if said != "ok"]
    if wrong:
        raise RushesError(f"{url} is not ready: {'; '.join(wrong)}; its log says more")
    return f"{url} is ready"


async def broker(settings: Settings) -> str:
    """The broker answers."""
    there = await topics_there(settings.kafka)
    return f"{settings.kafka.bootstrap_servers} answers, {len(there)} topics"


async def topics(settings: Settings) -> str:
    """Every topic is there, as the settings want it."""
    plan = await planned(settings.kafka, settings.topics)
    if plan.make:
        raise ConfigurationError(f"missing: {', '.join(plan.make)}; make them with `rushes topics apply`")
    if plan.differing:
        raise ConfigurationError("; ".join(plan.differing))
    return f"all {len(all_topic_names())} are there"


async def embedded_broker(_: Settings) -> str:
    """The broker that `rushes up` starts is installed."""
    return f"no broker is set, so `rushes up` starts its own: {tansu.binary().name}"


async def blobs(settings: Settings) -> str:
    """The blob store answers."""
    store = open_blobs(settings.blobs)
    if store.folder is not None and not store.folder.is_dir():
        raise ConfigurationError(f"there is no folder {store.folder}: make it, or set RUSHES_BLOBS__URL")
    await store.ready()
    return f"{settings.blobs.url} answers"


async def stored(store: Blobs) -> str:
    """What is stored can be read by this program."""
    if store.folder is not None and not store.folder.is_dir():
        return "nothing is stored yet"
    aside = [key async for key in unreadable(store)]
    newer = [key async for key in newer_blobs(store)] if store.folder is not None else []
    if newer:
        raise ConfigurationError(f"{_some(newer)} is of a newer rushes: run that one")
    if aside:
        raise RushesError(
            f"{_some(aside)} could not be read and was set aside in {store.url}/unreadable; it is made again where it "
            "can be. Look for what damaged it (the log names it), then remove that folder"
        )
    return f"nothing in {store.url} was found damaged"


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"{', '.join(keys[:3])}{more}"


async def index(settings: Settings) -> str:
    """The index answers."""
    return await _with_index(settings, _answers)


async def models(settings: Settings) -> str:
    """The embedding models can be loaded, and their weights are the right ones."""
    try:
        for encoder in choose_encoders(settings.models, encoders):
            await asyncio.to_thread(encoder.warm)
    except WeightsError as error:
        raise ConfigurationError(str(error)) from error
    return f"{settings.models.text} and {settings.models.image_text} load"


async def collection(settings: Settings) -> str:
    """What is in the index was made with the models of the settings."""
    ours = await asyncio.to_thread(fingerprint, settings.models, choose_encoders(settings.models, encoders))

    async def same(opened: Index) -> str:
        await require_same_models(opened, open_blobs(settings.blobs), ours)
        return f"{ours.collection} is of the models that are set"

    return await _with_index(settings, same)


async def speech_model(_: Settings) -> str:
    """The weights of the speech model are here, or it is one that is fetched by name."""
    asr = load(AsrSettings).asr
    found = await asyncio.to_thread(find_weights, asr.model, asr.cache)
    where = "here" if found != asr.model else "taken from its folder or hub when asr starts"
    return f"{asr.model} is {where}"


async def _answers(opened: Index) -> str:
    await opened.ready()
    return "it answers"


async def _with_index(settings: Settings, look: Callable[[Index], Awaitable[str]]) -> str:
    """What `look` says of the index; it is closed afterwards."""
    url = settings.qdrant.url
    opened = open_qdrant(settings.qdrant)
    try:
        return f"{url}: {await look(opened)}"
    except IndexInUse:
        return f"{url} is open in another process, as it should be while rushes runs"
    except IndexUnavailable as error:
        raise RushesError(f"{error}; start Qdrant, or set RUSHES_QDRANT__URL") from error
    finally:
        await opened.close()
