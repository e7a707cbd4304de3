"""Every service, composed: the one place that imports them all."""

from collections.abc import Callable

from rushes_asr import app as asr
from rushes_asr.settings import Settings as AsrSettings
from rushes_embed import app as embed
from rushes_embed import catalog
from rushes_embed.encoders import chosen
from rushes_embed.settings import Settings as EmbedSettings
from rushes_ingest import app as ingest
from rushes_query import app as query
from rushes_query.settings import Settings as QuerySettings
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_runtime.settings import load
from rushes_scenes import app as scenes


def _query(platform: Platform) -> Service:
    images, texts = chosen(platform.settings.models)
    return query.build(platform, load(QuerySettings).query, texts, images)


SERVICES: dict[str, Callable[[Platform], Service]] = {
    "ingest": lambda platform: ingest.build(platform, load(ingest.Settings).ingest),
    "asr": lambda platform: asr.build(platform, load(AsrSettings).asr),
    "scenes": lambda platform: scenes.build(platform, load(scenes.Settings).scenes),
    "embed": lambda platform: embed.build(platform, load(EmbedSettings).embed),
    "catalog": lambda platform: catalog.build(platform, load(EmbedSettings).catalog),
    "query": _query,
}
"""Each builds a service from the platform and its own part of the settings; nothing connects or loads."""
