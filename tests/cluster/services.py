"""Services as production runs them: `rushes run NAME`, each in a process of its own, settings by environment."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from rushes_testing.process import Process, free_ports, without_settings

COMMAND = (sys.executable, "-m", "rushes_cli.main")
START_S = 300.0


class ServiceProcess(Process):
    """One process of one service, ready to `start()`: it has started once `/readyz` says so."""

    def __init__(self, service: str, number: int, folder: Path, environment: Mapping[str, str]) -> None:
        port, grpc_port = free_ports(2)
        self.service = service
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            f"{service} {number}",
            [*COMMAND, "run", service, "--port", str(port), "--grpc-port", str(grpc_port)],
            folder / f"{service}-{number}.log",
            environment=environment,
            is_ready=self.is_ready,
            start_s=START_S,
        )

    def is_ready(self) -> bool:
        """Whether it says that all that it needs is there."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False

    def done(self, outcome: str = "done") -> int:
        """How many records it has settled that way."""
        return round(self.metric("rushes_stage_seconds_count", stage=self.service, outcome=outcome))

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0 where there is none yet."""
        families = text_string_to_metric_families(httpx.get(f"{self.url}/metrics", timeout=10).text)
        samples = (sample for family in families for sample in family.samples)
        return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())


def rushes(
    environment: Mapping[str, str], *arguments: str, timeout_s: float = 60
) -> "subprocess.CompletedProcess[str]":
    """The `rushes` command with these settings, to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=without_settings() | dict(environment),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
