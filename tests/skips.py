"""A pytest plugin, `-p tests.skips`: a test that is skipped fails the run, unless it is listed with its reason.

The list is tests/allowed-skips.toml: `"part of a node id" = "why"`. A gate that skips what it can't run is no gate.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("allowed-skips.toml")


class Skips:
    """Collects what was skipped, and speaks up at the end."""

    def __init__(self, allowed: Mapping[str, str]) -> None:
        self._allowed = allowed
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test, or its fixture."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._skipped(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole module."""
        if report.skipped:
            self._skipped(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A run that skipped what it may not has failed."""
        if self.refused and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which."""
        for line in self.refused:
            terminalreporter.write_line(f"skipped, and not in {LIST.name}: {line}", red=True)

    def _skipped(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not any(part in report.nodeid for part in self._allowed):
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            self.refused.append(f"{report.nodeid}: {why}")


def pytest_configure(config: pytest.Config) -> None:
    """Watch this run."""
    config.pluginmanager.register(Skips(tomllib.loads(LIST.read_text())), "skips")
