"""Generate the client that blocks from the one that does not: `make client`, or with a folder to write to elsewhere."""

import subprocess
import sys
from pathlib import Path

import unasync

PACKAGE = Path(__file__).parent / "rushes_client"
GENERATED = ("client.py", "uploads.py")
HEAD = "# Generated from rushes_client/_async/{name} by `make client`: change that file instead.\n"
NAMES = {
    "AsyncClient": "Client",
    "AsyncConnection": "Connection",
    "_async": "_sync",
    "aclose": "close",
    "aiter_lines": "iter_lines",
    "aread": "read",
}


def generate(target: Path) -> None:
    """Write the modules to a folder, formatted as the project formats its code."""
    source = PACKAGE / "_async"
    rule = unasync.Rule(f"{source}/", f"{target}/", additional_replacements=NAMES)
    unasync.unasync_files([str(source / name) for name in GENERATED], [rule])
    for name in GENERATED:
        path = target / name
        text = path.read_text("utf-8").replace('"""The client that does not block."""', '"""The client that blocks."""')
        path.write_text(HEAD.format(name=name) + text, "utf-8")
    files = [str(target / name) for name in GENERATED]
    config = ("--config", str(PACKAGE.parents[1] / "pyproject.toml"))
    for command in (("check", "--select", "I,RUF100", "--fix", "--quiet"), ("format", "--quiet")):
        subprocess.run((sys.executable, "-m", "ruff", *command, *config, *files), check=True)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else PACKAGE / "_sync")
