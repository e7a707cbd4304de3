"""Chaos: kill everything at random for minutes, take parts away, let consumers come and go, and look whether anything
is lost.

    python -m tests.chaos [--seeds 3 | --seed N] [--videos 30] [--minutes 3] [--write docs/chaos.md]
    python -m tests.chaos --only outages [--away 60]
    python -m tests.chaos --only rebalances
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos import page
from tests.chaos.films import SEGMENTS, films
from tests.chaos.outages import one_after_another
from tests.chaos.rebalances import rebalances
from tests.chaos.run import chaos, undisturbed
from tests.cluster.kafka import ApacheKafka

from rushes_runtime.logs import configure_logs
from rushes_runtime.settings import KafkaSettings, LogSettings

EVERY_S = 5.0
SEGMENT_COUNT = 200


def main() -> int:
    """Run as the arguments say; 1 where anything was lost."""
    given = _arguments()
    configure_logs(LogSettings(level="ERROR"))
    folder = given.folder or Path(tempfile.mkdtemp(prefix="rushes-chaos-"))
    _say(f"logs and data: {folder}")
    parts = {"seeds": _seeds, "outages": _outages, "rebalances": _rebalances}
    wrong = [sentence for name, part in parts.items() if given.only in (None, name) for sentence in part(given, folder)]
    _say("\n".join(wrong) or "nothing is lost")
    if wrong:
        return 1
    if given.folder is None:
        shutil.rmtree(folder)
    return 0


def _seeds(given: argparse.Namespace, folder: Path) -> list[str]:
    made = films(folder / "films", given.videos)
    _say(f"undisturbed: {len(made)} videos")
    expected = undisturbed(folder / "undisturbed", made)
    wrong: list[str] = []
    for seed in [given.seed] if given.seed is not None else range(1, given.seeds + 1):
        _say(f"seed {seed}: killing for {given.minutes:g} minutes")
        report = chaos(folder / f"seed-{seed}", made, expected, seed, given.minutes * 60, _say)
        _say("\n".join(report.wrong) or f"settled {report.settling_s:.0f} s after the last kill")
        wrong += [f"seed {seed}: {sentence}" for sentence in report.wrong]
        if given.write:
            page.write(given.write, f"seed {seed}", page.of_seed(report))
    return wrong


def _outages(given: argparse.Namespace, folder: Path) -> list[str]:
    _say(f"outages of {given.away:g} s")
    found = one_after_another(folder / "outages", films(folder / "films", 8), given.away, SEGMENTS)
    if given.write:
        page.write(given.write, "outages", page.of_outages(found, given.away))
    return [f"{outage.part}: {sentence}" for outage in found for sentence in outage.wrong()]


def _rebalances(given: argparse.Namespace, folder: Path) -> list[str]:
    _say(f"rebalances: a consumer comes or goes every {EVERY_S:g} s")
    with ApacheKafka(folder / "rebalances") as broker:
        kafka = KafkaSettings(bootstrap_servers=broker.addresses.plaintext, session_timeout_s=6)
        passed = asyncio.run(rebalances(kafka, folder, SEGMENT_COUNT, EVERY_S, seed=1))
    if given.write:
        page.write(given.write, "rebalances", page.of_rebalances(passed, EVERY_S))
    return [f"segment {index} was computed {count} times" for index, count in passed.computed.items() if count > 2]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("seeds", "outages", "rebalances"), help="one part of it; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="run with the seeds 1 to N, one after another")
    parser.add_argument("--seed", type=int, help="run with this seed alone")
    parser.add_argument("--videos", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=3, help="how long to kill")
    parser.add_argument("--away", type=float, default=60, help="how many seconds a part is gone")
    parser.add_argument("--folder", type=Path, help="keep data and logs here; default: a temporary folder")
    parser.add_argument("--write", type=Path, help="write what came out into this page")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
