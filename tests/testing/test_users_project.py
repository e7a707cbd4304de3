"""A project of a user's, in a folder and a virtual environment of its own, tests its consumer as the README says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rushes_testing import broker as brokers

from .conftest import IMAGE

pytestmark = [pytest.mark.all, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
README = ROOT / "testing" / "README.md"
PARTS = (
    *("schemas", "runtime", "models", "client", "cli", "testing"),
    *(f"services/{project.parent.name}" for project in sorted(ROOT.glob("services/*/pyproject.toml"))),
)
CONFIGURATION = """[tool.pytest.ini_options]
asyncio_mode = "auto"
"""
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts as they would be published."""
    folder = tmp_path_factory.mktemp("wheels")
    for part in PARTS:
        done(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT / part)
    return folder


@pytest.fixture(scope="module")
def project(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project: the README's examples as its tests, and nothing of this repository on its path."""
    folder = tmp_path_factory.mktemp("project")
    done(sys.executable, "-m", "venv", folder / "venv")
    rules = ("--constraint", ROOT / "constraints.txt", "--overrides", ROOT / "overrides.txt")
    # Each by its file, so that no index is asked for one of that name.
    built = {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in wheels.glob("*.whl")}
    extras = {"rushes-testing": "[docker]", "rushes-runtime": "[embedded]"}
    named = [f"{name}{extras.get(name, '')} @ {wheel.as_uri()}" for name, wheel in built.items()]
    done(UV, "pip", "install", "--quiet", "--python", folder / "venv/bin/python", *rules, *named, "pytest-asyncio")
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / "tests").mkdir()
    examples = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(examples) == 2
    for name, example in zip(("test_scenes.py", "test_fed.py"), examples, strict=True):
        (folder / "tests" / name).write_text(example)
    shutil.copy(ROOT / "examples" / "uneven-clock.mp4", folder / "film.mp4")
    return folder


def test_without_docker(project: Path, tmp_path: Path) -> None:
    said = pytest_says(project, "tests", DOCKER_HOST=f"unix://{tmp_path}/nobody.sock")
    assert "2 passed" in said and "skipped" not in said


def test_with_docker(project: Path, image: str) -> None:
    said = pytest_says(project, "tests/test_fed.py", **{brokers.IMAGE: IMAGE})
    assert "1 passed" in said and "skipped" not in said


def pytest_says(project: Path, *arguments: str, **environment: str) -> str:
    """What the project's own pytest says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUSHES_", "PYTEST", "PYTHON"))}
    command = [str(project / "venv/bin/python"), "-m", "pytest", "-q", *arguments]
    ran = subprocess.run(
        command, cwd=project, env=kept | environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    assert str(ROOT) not in ran.stdout
    return ran.stdout


def done(*command: object) -> None:
    """Run a command to its end."""
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stderr[-5000:]
