"""The committed JSON Schemas are those of the models, and pydantic is all that they need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rushes_schemas.export import breaking_since, main, schemas

COMMITTED = Path(__file__).parents[2] / "schemas" / "json"


@pytest.mark.parametrize("name", schemas())
def test_the_committed_schema_is_what_the_model_gives(name: str) -> None:
    assert json.loads((COMMITTED / f"{name}.json").read_text()) == json.loads(json.dumps(schemas()[name])), (
        f"schemas/json/{name}.json is not what the model says: run `make schemas`"
    )


def test_no_schema_is_committed_of_a_model_that_is_gone() -> None:
    assert {path.stem for path in COMMITTED.glob("*.json")} == set(schemas()), "run `make schemas`"


def test_nothing_breaks_users_of_the_committed_schemas() -> None:
    assert breaking_since(COMMITTED) == []


def test_export_writes_every_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path, monkeypatch)
    assert {path.stem: json.loads(path.read_text()) for path in tmp_path.iterdir()} == schemas()


def test_export_refuses_to_break_users_and_says_what_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = with_one_more_field(tmp_path)
    with pytest.raises(SystemExit) as refused:
        export(tmp_path, monkeypatch)
    assert refused.value.code == 1
    assert "video-deleted: why was removed" in capsys.readouterr().err
    assert (tmp_path / "video-deleted.json").read_text() == before


def test_export_breaks_users_when_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_one_more_field(tmp_path)
    export(tmp_path, monkeypatch, "--allow-breaking")
    assert json.loads((tmp_path / "video-deleted.json").read_text()) == schemas()["video-deleted"]


def test_a_removed_event_breaks_its_users(tmp_path: Path) -> None:
    (tmp_path / "video-praised.json").write_text("{}")
    assert breaking_since(tmp_path) == ["video-praised: was removed"]


def test_pydantic_is_all_that_the_schemas_need() -> None:
    program = """
import sys
from importlib import import_module
from pkgutil import iter_modules

FREE = set(sys.stdlib_module_names) | {
    "rushes_schemas", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"
}

class OnlyPydantic:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in FREE and not top.startswith("_"):
            raise ModuleNotFoundError(f"rushes_schemas needs {name}", name=name)

sys.meta_path.insert(0, OnlyPydantic())
import rushes_schemas
modules = [found.name for found in iter_modules(rushes_schemas.__path__)]
assert "events" in modules and "index" in modules
for name in modules:
    import_module(f"rushes_schemas.{name}")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


def with_one_more_field(folder: Path) -> str:
    schema = schemas()["video-deleted"]
    schema["properties"]["why"] = {"type": "string"}
    text = json.dumps(schema)
    (folder / "video-deleted.json").write_text(text)
    return text


def export(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["export", str(folder), *options])
    main()
