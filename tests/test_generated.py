"""What is generated from the code and committed says what the code says now."""

import importlib.util
import json
from pathlib import Path

from rushes_cli import documents

ROOT = Path(__file__).parents[1]


def test_the_settings_page_is_current() -> None:
    assert (ROOT / "docs/settings.md").read_text("utf-8") == documents.settings_page(), "run `make docs`"


def test_every_setting_says_what_it_is() -> None:
    assert " |  |\n" not in documents.settings_page()


def test_the_asyncapi_document_is_current() -> None:
    assert json.loads((ROOT / "schemas/asyncapi.json").read_text("utf-8")) == documents.asyncapi(), "run `make schemas`"


def test_the_blocking_client_is_current(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate_sync", ROOT / "client/generate_sync.py")
    assert spec and spec.loader
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    generator.generate(tmp_path)
    for name in generator.GENERATED:
        committed = (ROOT / "client/rushes_client/_sync" / name).read_text("utf-8")
        assert (tmp_path / name).read_text("utf-8") == committed, "run `make client`"
