"""What is generated from the code and committed says what the code says now."""

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
