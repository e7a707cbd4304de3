"""`make bench-search`: index the films, ask the table, print the figures and write them into docs/benchmarks.md."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.page import write_section
from bench.search.report import report
from bench.search.run import run

from rushes_query.settings import QuerySettings

INTRODUCTION = """What is asked and where the answers lie is in `bench/search/rows.yaml`, over the films of `examples/`
and `bench/search/slides.mp4`, indexed by the whole pipeline with the models of the embedded mode. A moment is right
where it has a second in common with the place that the table names. A start is off by its distance from where the words
begin; for what is seen, by its distance from the shot. A negative is right where nothing is found. A leg that finds
nothing of a kind has no line there.
"""


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="keep the index here, and use it again")
    parser.add_argument("--dry", action="store_true", help="only print")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rushes-bench-", ignore_cleanup_errors=True) as folder:
        text = report(asyncio.run(run(asked.data or Path(folder, "data"), QuerySettings())))
    sys.stdout.write(f"{text}\n")
    if not asked.dry:
        write_section("bench-search", f"{INTRODUCTION}\n{text}")


if __name__ == "__main__":
    main()
