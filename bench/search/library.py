"""The films, indexed by the whole pipeline, and asked as the query service asks."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.search.table import FILMS

from rushes_cli.adding import send, wait_for
from rushes_cli.client import Client
from rushes_cli.inputs import Input
from rushes_cli.local.instance import running
from rushes_client.options import Said
from rushes_models.registry import image_text_encoder, text_encoder
from rushes_query.index_reader import IndexReader
from rushes_query.search.engine import Search
from rushes_query.settings import QuerySettings
from rushes_runtime.index.edge import EdgeIndex
from rushes_runtime.settings import ModelSettings

SLIDES = Said("Slides from a drawer", None, "en")


def indexed(data: Path) -> dict[str, str]:
    """Index the films in an instance that keeps everything in `data`, unless an earlier run did; film -> video id."""
    done = data / "films.json"
    if not done.exists():
        data.mkdir(parents=True, exist_ok=True)
        with running(data, data / "up.log") as url, Client(url) as client:
            sent = list(send(client, ((Input(name, path), _described(path)) for name, path in FILMS.items())))
            outcomes = {outcome.input: outcome for outcome in wait_for(client, sent)}
        wrong = [f"{outcome.input} is {outcome.status}: {outcome.reason}" for outcome in outcomes.values()]
        if any(outcome.status != "indexed" for outcome in outcomes.values()):
            raise RuntimeError(f"the films were not indexed; see {data / 'up.log'}: {', '.join(wrong)}")
        done.write_text(json.dumps({name: outcome.video_id for name, outcome in outcomes.items()}))
    found: dict[str, str] = json.loads(done.read_text())
    return found


@asynccontextmanager
async def searching(data: Path, settings: QuerySettings) -> AsyncIterator[Search]:
    """The search over what `indexed` left in `data`, its models loaded."""
    models, index = ModelSettings(), EdgeIndex(data / "index")
    images = image_text_encoder(models.image_text, models.threads)
    search = Search(IndexReader(index), text_encoder(models.text), images, settings)
    try:
        await search.warm()
        yield search
    finally:
        await index.close()


def _described(path: Path) -> Said:
    listed = json.loads((FILMS["cabinet"].parent / "examples.json").read_text("utf-8"))["examples"]
    entry = next((each for each in listed if each["file"] == path.name), None)
    return Said(entry["title"], entry["description"], entry["language"]) if entry else SLIDES
