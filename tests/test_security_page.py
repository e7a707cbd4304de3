"""The settings and defaults of docs/security.md are those of the code, and no limit is left out."""

import re
from pathlib import Path

from rushes_cli.documents import settings_page

ROOT = Path(__file__).parents[1]
ROW = re.compile(
    r"^\| (?P<limit>[^|]+) \| `(?P<name>RUSHES_\w+)` \| (?P<default>[^|]*) \| (?P<beyond>[^|]+) \|$", re.MULTILINE
)
ENTRY = re.compile(r"^\| `(?P<name>RUSHES_\w+)` \| (?P<default>[^|]*) \|", re.MULTILINE)
LIMITS = re.compile(
    r"RUSHES_(INGEST|ASR|SCENES|EMBED|QUERY|HTTP)__(\w*_)?(MAX_\w+|MEMORY_LIMIT|LIMIT_S|TIME_LIMIT_S|KEEP_FREE)$"
)
NO_LIMITS = {"RUSHES_SCENES__MAX_LEAD_IN_MS", "RUSHES_INGEST__SEGMENTS__MAX_S"}


def settings() -> dict[str, str]:
    """Each setting's default, as docs/settings.md shows it."""
    return {row["name"]: row["default"].strip() for row in ENTRY.finditer(settings_page())}


def test_each_row_has_the_default_of_its_setting() -> None:
    rows = {row["name"]: row["default"].strip() for row in ROW.finditer((ROOT / "docs" / "security.md").read_text())}
    known = settings()
    assert len(rows) > 20
    assert rows == {name: known.get(name, "no such setting") for name in rows}


def test_each_setting_that_the_page_names_is_one() -> None:
    named = set(re.findall(r"RUSHES_\w+", (ROOT / "docs" / "security.md").read_text()))
    assert named <= settings().keys()


def test_each_limit_is_in_the_table() -> None:
    limits = {name for name in settings() if LIMITS.match(name)} - NO_LIMITS
    assert limits <= {row["name"] for row in ROW.finditer((ROOT / "docs" / "security.md").read_text())}
