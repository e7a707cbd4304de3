"""A `rushes up` to be measured, and how much memory its process takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rushes_cli.local.instance import running

STATUS = "VmRSS:", "VmHWM:"


@dataclass(frozen=True)
class Served:
    """A running instance. The process is the one with the doors; compute children are others."""

    url: str
    pid: int
    grpc_port: int

    def memory_mb(self) -> tuple[int, int]:
        """What the process has in memory now, and the most since `forget_peak`, in MB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        now, peak = (next(line for line in lines if line.startswith(name)).split()[1] for name in STATUS)
        return int(now) // 1000, int(peak) // 1000

    def forget_peak(self) -> None:
        """Count the most from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """An instance of its own in a folder, stopped at the end."""
    before = _children()
    with running(folder / "data", folder / "log") as url:
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in _children() - before}
        ((pid, command),) = [found for found in commands.items() if "rushes_cli.main" in found[1]]
        yield Served(url, pid, int(command[command.index("--grpc-port") + 1]))


def _children() -> set[int]:
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
