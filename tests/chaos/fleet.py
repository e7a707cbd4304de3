"""The services as an orchestrator keeps them: so many processes of each, started again as soon as one ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.cluster.cluster import Cluster
from tests.cluster.services import ServiceProcess

from rushes_schemas.stages import CATALOG, STAGE_NAMES
from rushes_testing.process import descendants

SERVICES = ("query", CATALOG, *STAGE_NAMES)


@dataclass
class Fleet:
    """All processes of the services of a cluster. Only the main thread may call it: children are tied to theirs."""

    cluster: Cluster
    copies: int
    seen: set[int] = field(default_factory=set)
    """Every process that there ever was."""
    ended: list[str] = field(default_factory=list)
    """Those that ended without having been killed, and what they said last."""
    killed: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Start all and wait until they are ready."""
        self.cluster.run(dict.fromkeys(SERVICES, self.copies))
        self.look()

    def look(self) -> None:
        """Note which processes there are."""
        running = {process.pid for process in self.cluster.services if process.is_running}
        self.seen |= running.union(*map(descendants, running))

    def tend(self) -> None:
        """Start again what has ended."""
        for process in self.cluster.services:
            if not process.is_running:
                if process.pid not in self.killed:
                    self.ended.append(f"{process.name} ended with {process.returncode}: {process.tail(1)[:300]}")
                process.launch()
        self.look()

    def kill(self, process: ServiceProcess) -> None:
        """SIGKILL to a service's process."""
        self.look()
        self.killed.add(process.pid)
        process.kill()

    def children(self) -> Iterable[tuple[str, int]]:
        """The compute children and helpers of all services: whose, and their process ids."""
        for process in self.cluster.services:
            if process.is_running:
                yield from ((process.name, pid) for pid in sorted(descendants(process.pid)))

    def are_ready(self) -> bool:
        """Whether every process says that it has all it needs."""
        return all(process.is_running and process.is_ready() for process in self.cluster.services)
