"""What is generated from the code and committed says what the code says now."""

import hashlib
import importlib.util
import json
from pathlib import Path

import onnxruntime
import pytest

from rushes_cli import documents
from rushes_models.conse import MODEL, SHARED_DIRECTION
from rushes_models.use_multilingual import WEIGHTS_SHA256

ROOT = Path(__file__).parents[1]


def test_the_settings_page_is_current() -> None:
    assert (ROOT / "docs/settings.md").read_text("utf-8") == documents.settings_page(), "run `make docs`"


def test_every_setting_says_what_it_is() -> None:
    assert " |  |\n" not in documents.settings_page()


def test_the_asyncapi_document_is_current() -> None:
    assert json.loads((ROOT / "schemas/asyncapi.json").read_text("utf-8")) == documents.asyncapi(), "run `make schemas`"


def test_the_committed_weights_are_those_that_their_recipe_names() -> None:
    committed = {path.name for path in MODEL.path.parent.iterdir()}
    assert committed == {MODEL.path.name, SHARED_DIRECTION.path.name}
    assert MODEL.verified_bytes() and SHARED_DIRECTION.verified_bytes(), "run models/scripts/build_conse.py"


def test_the_committed_weights_were_made_with_the_text_encoder_of_today() -> None:
    session = onnxruntime.InferenceSession(MODEL.path, providers=["CPUExecutionProvider"])
    sources = json.loads(session.get_modelmeta().custom_metadata_map["sources"])
    assert sources["text space"].endswith(WEIGHTS_SHA256), "run models/scripts/build_conse.py"


def test_the_index_of_the_examples_says_what_their_files_and_cutting_lists_say(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = ROOT / "examples"
    monkeypatch.syspath_prepend(examples)
    from build import credit
    from making.films import FILMS

    index = json.loads((examples / "examples.json").read_text("utf-8"))["examples"]
    assert {entry["file"] for entry in index} == {path.name for path in examples.glob("*.mp4")}
    for entry, film in zip(index, FILMS, strict=True):
        content = (examples / film.file).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest()), film.file
        for name in ("file", "title", "description", "purpose", "language", "licence"):
            assert entry[name] == getattr(film, name), f"{film.file}: run examples/build.py"
        assert (entry["width"], entry["height"]) == film.size
        assert [shot["seen"] for shot in entry["shots"]] == [shot.seen for shot in film.shots]
        assert entry["sources"] == [credit(source) for source in film.sources]


def test_the_blocking_client_is_current(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate_sync", ROOT / "client/generate_sync.py")
    assert spec and spec.loader
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    generator.generate(tmp_path)
    for name in generator.GENERATED:
        committed = (ROOT / "client/rushes_client/_sync" / name).read_text("utf-8")
        assert (tmp_path / name).read_text("utf-8") == committed, "run `make client`"
