"""The whole attack, group by group."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.attack.addresses import addresses, dead_hosts, files, forgeries
from tests.attack.archives import archives
from tests.attack.floods import clock, pictures, unfinished
from tests.attack.metadata import fields, metadata
from tests.attack.records import records
from tests.attack.restarts import damaged, keys
from tests.attack.sources import sources
from tests.attack.tally import Tally
from tests.attack.target import Target

GROUPS: Mapping[str, Callable[[Target], None]] = {
    "metadata at every door": metadata,
    "forms, JSON and ranges": fields,
    "archives": archives,
    "https to where it may not": addresses,
    "file:// to where there is no video": files,
    "foreign Host and Origin": forgeries,
    "raw records": records,
    "giant pictures and many tracks": pictures,
    "sources that drip and redirect": sources,
    "25 dead hosts": dead_hosts,
    "unfinished uploads": unfinished,
    "events from the future": clock,
    "damaged files and a restart": damaged,
    "wrong keys": keys,
}


def attack(folder: Path, groups: Mapping[str, Callable[[Target], None]] = GROUPS) -> Tally:
    """Attack an instance of its own, whose data and log lie in `folder`; what came of it.

    After each group it must live, answer a search, have the good video byte for byte, and take a new one, within its
    bounds of memory and disk.
    """
    tally = Tally()
    target = Target(folder, tally)
    try:
        for name, group in groups.items():
            tally.begin(name)
            group(target)
            target.check()
        target.stop()
    finally:
        target.close()
    return tally
