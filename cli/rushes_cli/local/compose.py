"""Every service, composed. Each is imported when it is asked for, so that a process holds the code of its own only."""

from collections.abc import Callable

from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_runtime.settings import load


def _ingest(platform: Platform) -> Service:
    from rushes_ingest import app  # noqa: PLC0415

    settings = load(app.Settings)
    return app.build(platform, settings.ingest, settings.sources)


def _asr(platform: Platform) -> Service:
    from rushes_asr import app  # noqa: PLC0415
    from rushes_asr.settings import Settings  # noqa: PLC0415

    return app.build(platform, load(Settings).asr)


def _scenes(platform: Platform) -> Service:
    from rushes_scenes import app  # noqa: PLC0415

    return app.build(platform, load(app.Settings).scenes)


def _embed(platform: Platform) -> Service:
    from rushes_embed import app  # noqa: PLC0415
    from rushes_embed.settings import Settings  # noqa: PLC0415

    return app.build(platform, load(Settings).embed)


def _catalog(platform: Platform) -> Service:
    from rushes_embed import catalog  # noqa: PLC0415
    from rushes_embed.settings import Settings  # noqa: PLC0415

    return catalog.build(platform, load(Settings).catalog)


def _query(platform: Platform) -> Service:
    from rushes_query import app  # noqa: PLC0415
    from rushes_query.settings import Settings  # noqa: PLC0415

    images, texts = app.settings_encoders(platform.settings.models)
    return app.build(platform, load(Settings).query, texts, images)


SERVICES: dict[str, Callable[[Platform], Service]] = {
    "ingest": _ingest,
    "asr": _asr,
    "scenes": _scenes,
    "embed": _embed,
    "catalog": _catalog,
    "query": _query,
}
"""Each builds a service from the platform and its own part of the settings; nothing connects or loads."""
