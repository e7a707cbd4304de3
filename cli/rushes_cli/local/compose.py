"""Every service, composed. Each is imported when it is asked for, so that a process holds the code of its own only.

A service is found by its name: `rushes_<name>.app.build` composes it, and `rushes_<name>.settings.Settings` has its
settings in the field `<name>`. Ingest and query need more than their own settings, and have functions of their own.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module

from rushes_runtime.index.scene_collections import choose_encoders
from rushes_runtime.platform import Platform
from rushes_runtime.service import Service
from rushes_runtime.settings import Settings, load
from rushes_schemas.topics import SERVICES as CONSUMERS


def settings_of(name: str) -> type[Settings]:
    """Return the class of all settings that a service reads."""
    module = "rushes_ingest.app" if name == "ingest" else f"rushes_{name}.settings"
    found: type[Settings] = import_module(module).Settings
    return found


def _by_name(name: str, platform: Platform) -> Service:
    settings = getattr(load(settings_of(name)), name)
    service: Service = import_module(f"rushes_{name}.app").build(platform, settings)
    return service


def _ingest(platform: Platform) -> Service:
    from rushes_ingest import app  # noqa: PLC0415

    settings = load(app.Settings)
    return app.build(platform, settings.ingest, settings.sources)


def _query(platform: Platform) -> Service:
    from rushes_models.registry import encoders  # noqa: PLC0415
    from rushes_query import app  # noqa: PLC0415
    from rushes_query.settings import Settings as QuerySettings  # noqa: PLC0415

    chosen = choose_encoders(platform.settings.models, encoders)
    return app.build(platform, load(QuerySettings).query, chosen.texts, chosen.images)


SERVICES: dict[str, Callable[[Platform], Service]] = {
    **{name: partial(_by_name, name) for name in CONSUMERS},
    "ingest": _ingest,
    "query": _query,
}
"""Each builds a service from the platform and its own part of the settings; nothing connects or loads."""
