"""Chaos: kill everything at random for minutes, and look whether anything is lost.

python -m tests.chaos [--seeds 3 | --seed N] [--videos 30] [--minutes 3] [--write docs/chaos.md]
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.films import films
from tests.chaos.page import page
from tests.chaos.run import chaos, undisturbed


def main() -> int:
    """Run as the arguments say; 1 where anything was lost."""
    given = _arguments()
    seeds = [given.seed] if given.seed is not None else list(range(1, given.seeds + 1))
    folder = given.folder or Path(tempfile.mkdtemp(prefix="rushes-chaos-"))
    _say(f"logs and data: {folder}")
    made = films(folder / "films", given.videos)
    _say(f"undisturbed: {len(made)} videos")
    expected = undisturbed(folder / "undisturbed", made)
    reports = []
    for seed in seeds:
        _say(f"seed {seed}: killing for {given.minutes:g} minutes")
        reports.append(chaos(folder / f"seed-{seed}", made, expected, seed, given.minutes * 60, _say))
        _say("\n".join(reports[-1].wrong) or "nothing is lost")
    if given.write:
        given.write.write_text(page(reports))
    if any(report.wrong for report in reports):
        return 1
    if given.folder is None:
        shutil.rmtree(folder)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="run with the seeds 1 to N, one after another")
    parser.add_argument("--seed", type=int, help="run with this seed alone")
    parser.add_argument("--videos", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=3, help="how long to kill")
    parser.add_argument("--folder", type=Path, help="keep data and logs here; default: a temporary folder")
    parser.add_argument("--write", type=Path, help="write what came out into this page")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
