"""What was tried, and what came of it."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx

Outcome = Literal["refused", "survived", "violation"]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Case:
    """One input. `refused`: a 4xx or a dead letter with a reason; `survived`: taken, and no harm came of it."""

    group: str
    name: str
    outcome: Outcome
    detail: str = ""


@dataclass
class Tally:
    """All inputs so far."""

    say: Callable[[str], None] = _say
    cases: list[Case] = field(default_factory=list)
    group: str = ""

    def begin(self, group: str) -> None:
        """What follows belongs to this group."""
        self.group = group
        self.say(f"{group} ...")

    def refused(self, name: str, why: str = "") -> None:
        """It was turned down with a reason."""
        self.cases.append(Case(self.group, name, "refused", why))

    def survived(self, name: str) -> None:
        """It was taken and did no harm."""
        self.cases.append(Case(self.group, name, "survived"))

    def violation(self, name: str, detail: str) -> None:
        """A promise was broken."""
        self.cases.append(Case(self.group, name, "violation", detail))
        self.say(f"  VIOLATION {name}: {detail}"[:400])

    def holds(self, name: str, held: bool, otherwise: str) -> None:
        """A promise that an input must not break."""
        if held:
            self.survived(name)
        else:
            self.violation(name, otherwise)

    def must_refuse(self, name: str, answer: "httpx.Response | str", *statuses: int) -> bool:
        """Count the answer to an input that is to be turned down: with one of these statuses, or any 4xx. Whether it
        was."""
        if isinstance(answer, str):
            self.violation(name, answer)
            return False
        if answer.status_code in (statuses or range(400, 500)):
            self.refused(name, f"{answer.status_code}")
            return True
        self.violation(name, f"answered {answer.status_code}: {answer.text[:200]}")
        return False

    def must_answer(self, name: str, answer: "httpx.Response | str") -> None:
        """Count the answer to an input that may be taken or turned down, in good order."""
        if isinstance(answer, str):
            self.violation(name, answer)
        elif answer.status_code >= 500:
            self.violation(name, f"answered {answer.status_code}: {answer.text[:200]}")
        elif answer.status_code >= 400:
            self.refused(name, f"{answer.status_code}")
        else:
            self.survived(name)

    @property
    def violations(self) -> list[Case]:
        """The inputs that broke a promise."""
        return [case for case in self.cases if case.outcome == "violation"]

    def table(self) -> str:
        """A line for each group, one for all, and one for each violation."""
        lines = [f"{'group':<44} {'tried':>6} {'refused':>8} {'survived':>9} {'violations':>11}"]
        groups = dict.fromkeys(case.group for case in self.cases)
        lines += [_line(group, [case for case in self.cases if case.group == group]) for group in groups]
        lines.append(_line("all", self.cases))
        lines += [f"VIOLATION {case.group}: {case.name}: {case.detail}" for case in self.violations]
        return "\n".join(lines)


def _line(name: str, cases: list[Case]) -> str:
    count = Counter(case.outcome for case in cases)
    shown = f"{len(cases):>6} {count['refused']:>8} {count['survived']:>9} {count['violation']:>11}"
    return f"{name:<44} {shown}"
