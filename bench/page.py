"""docs/benchmarks.md, of which each benchmark writes its own section and leaves the others' alone."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
TITLE = """# Benchmarks

Each section is written by the command that its heading names. Compare figures of one section with one another, not with
those of another machine.
"""


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put a section of this name into the page, in the place of the one before, else at its end."""
    section = f"<!-- {name} -->\n## `make {name}`\n\n{machine()}\n\n{text.strip()}\n<!-- /{name} -->\n"
    before = page.read_text("utf-8") if page.exists() else TITLE
    pattern = re.compile(rf"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->\n", re.DOTALL)
    found = pattern.search(before)
    after = before[: found.start()] + section + before[found.end() :] if found else f"{before}\n{section}"
    page.write_text(after, "utf-8")


def machine() -> str:
    """When and on what it was measured, and how busy that was."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    today = datetime.now(UTC).date().isoformat()
    return f"{today}, {cores} cores of {_processor()}, Python {platform.python_version()}, load {load:.1f} at the end."


def table(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table; all columns but the first are figures."""
    lines = [header, ("---", *("---:" for _ in header[1:])), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return named[1].strip() if named else platform.machine()
