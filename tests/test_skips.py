"""The watch over skipped tests sees every kind of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests import skips

ROOT = Path(__file__).parents[1]

KINDS = {
    "mark": "import pytest\n@pytest.mark.skip(reason='not today')\ndef test_it(): ...",
    "call": "import pytest\ndef test_it(): pytest.skip('not today')",
    "fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('not today')\ndef test_it(it): ...",
    "module": "import pytest\npytest.skip('not today', allow_module_level=True)",
    "missing import": "import pytest\npytest.importorskip('nobody_has_this', reason='not today')",
}


def run(folder: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """pytest with the plugin, over one file."""
    (folder / "test_one.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    return subprocess.run(
        [*command, str(folder / "test_one.py")], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_skipped_fails_the_run(tmp_path: Path, kind: str) -> None:
    result = run(tmp_path, KINDS[kind])
    assert result.returncode == 1, result.stdout
    assert "test_one.py" in result.stdout and "not today" in result.stdout and skips.LIST.name in result.stdout


def test_what_is_run_does_not(tmp_path: Path) -> None:
    expected = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_known(): assert 0\ndef test_it(): ..."
    assert run(tmp_path, expected).returncode == 0


def test_what_is_listed_does_not() -> None:
    class Report:
        nodeid = "tests/a.py::test_it[x]"
        longrepr = ("a.py", 1, "not today")

    watch = skips.Skips({"a.py::test_it": "why"})
    watch._skipped(Report())  # type: ignore[arg-type]
    assert not watch.refused
    watch = skips.Skips({"b.py": "why"})
    watch._skipped(Report())  # type: ignore[arg-type]
    assert watch.refused == ["tests/a.py::test_it[x]: not today"]
