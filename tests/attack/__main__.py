"""Attack a running instance with every input that is known to have broken one, and print what came of it.

    python -m tests.attack [--only GROUP] [--folder DIR]

Loopback only; a few minutes. Exit code 1 where any promise was broken.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.attack.run import GROUPS, attack


def main() -> int:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(GROUPS), help="one group; default: all")
    parser.add_argument("--folder", type=Path, help="keep data and log here; default: a temporary folder")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="rushes-attack-"))
    folder.mkdir(parents=True, exist_ok=True)
    tally = attack(folder, {name: group for name, group in GROUPS.items() if given.only in (None, name)})
    sys.stdout.write(f"\n{tally.table()}\n")
    if given.folder is None:
        shutil.rmtree(folder)
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
