"""Generated documents: `python -m rushes_cli.documents settings|asyncapi PATH` writes one."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from faststream.specification import AsyncAPI
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rushes_cli.local.compose import SERVICES, settings_of
from rushes_runtime.bus.connect import make_broker
from rushes_runtime.platform import open_platform
from rushes_runtime.settings import BlobSettings, KafkaSettings, QdrantSettings, Settings, load

ALL: tuple[type[Settings], ...] = (Settings, *map(settings_of, SERVICES))

HEAD = """# Settings

Made from the code by `make docs`; change the docstrings, not this page.

Every setting is an environment variable, or the same name in the TOML file that `RUSHES_CONFIG` names (default
`rushes.toml`): `RUSHES_KAFKA__BOOTSTRAP_SERVERS=host:9092` is `[kafka] bootstrap_servers = "host:9092"` there. The
environment wins. `rushes up` sets the broker, the blob store, the index and the ports by itself.
"""


def settings_page() -> str:
    """The page as Markdown: a section for each part, a row for each variable."""
    parts: dict[str, FieldInfo] = {}
    for settings in ALL:
        parts |= settings.model_fields
    return HEAD + "".join(_section(name, part) for name, part in parts.items())


def _section(name: str, part: FieldInfo) -> str:
    model = part.annotation
    assert isinstance(model, type) and issubclass(model, BaseModel)
    rows = "\n".join(_rows(f"RUSHES_{name.upper()}", model, part.get_default(call_default_factory=True)))
    return f"\n## {name}\n\n{_line(model.__doc__)}\n\n| variable | default | what it is |\n|---|---|---|\n{rows}\n"


def _rows(prefix: str, model: type[BaseModel], defaults: Any) -> Iterator[str]:
    for name, field in model.model_fields.items():
        variable, default = f"{prefix}__{name.upper()}", getattr(defaults, name, None)
        nested = list(_models(field.annotation))
        if not nested:
            yield f"| `{variable}` | {_shown(default)} | {_line(field.description)} |"
        for inner in nested:
            yield from _rows(variable, inner, default if isinstance(default, inner) else inner())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings that a field's type is, or may be one of. A list of them is one variable, in JSON."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) not in (None, tuple):
        inner = get_args(annotation)
        for option in inner[:1] if get_origin(annotation) is Annotated else inner:
            yield from _models(option)


def _shown(default: Any) -> str:
    return "" if default is None else f"`{default}`"


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def asyncapi() -> dict[str, Any]:
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
    document: dict[str, Any] = json.loads(specification.to_json())
    return document


DOCUMENTS: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "asyncapi": lambda: json.dumps(asyncapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
}


def main() -> None:
    """Write a document: its name and the path are the only arguments."""
    name, path = sys.argv[1:]
    Path(path).write_text(DOCUMENTS[name](), "utf-8")


if __name__ == "__main__":
    main()
