"""docs/chaos.md: each part of the run writes its own section, and leaves the others' alone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.outages import Outage
from tests.chaos.rebalances import Passed
from tests.chaos.run import Report

HEAD = """# Chaos

Written by `make chaos`; what is done is in `tests/chaos/`. Every service runs in processes of its own, on Apache Kafka,
MinIO and the index in a process of its own.

**Seeds**: every service in two processes. While videos are sent, through the door and as raw events, a random process
gets SIGKILL every few seconds: a service, a compute child, once the broker, once the index. Services are started again
at once, the broker and the index after some seconds. Afterwards everything is compared with an undisturbed run of the
same films: status of every video, ids of all points, keys of all blobs, dead letters, lag, processes.

**Outages**: broker, index and blob store are gone for a while, one after another. **Rebalances**: consumers of one
stage come and go while segments pass.
"""


def write(page: Path, name: str, lines: Iterator[str]) -> None:
    """Put a section into the page, in the place of the one of this name, else at its end."""
    today = datetime.now(UTC).date().isoformat()
    section = "\n".join([f"<!-- {name} -->", f"## {name.capitalize()}", "", f"{today}.", "", *lines])
    section += f"\n<!-- /{name} -->\n"
    before = page.read_text("utf-8") if page.exists() else HEAD
    found = re.search(rf"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->\n", before, re.DOTALL)
    after = before[: found.start()] + section + before[found.end() :] if found else f"{before}\n{section}"
    page.write_text(after, "utf-8")


def of_seed(report: Report) -> Iterator[str]:
    """What a run under kill -9 was like."""
    kills = ", ".join(f"{name} {count} times" for name, count in sorted(report.kills.items()))
    same = "not those of the undisturbed run" if report.wrong else "exactly those of the undisturbed run"
    yield f"- **{'Something was lost' if report.wrong else 'Nothing was lost'}.**"
    yield f"- Killed within {report.killing_s:.0f} s: {kills}."
    yield f"- The client had {report.videos} videos taken in {report.tries} tries."
    yield f"- Everything had settled {report.settling_s:.0f} s after the last kill."
    yield (
        f"- {report.videos} videos, {report.segments} segments, {report.points} points, {report.blobs} blobs: {same}."
    )
    yield f"- Processes that ended by themselves and were started again: {len(report.ended)}."
    yield f"- Videos found stuck and set going again: {len(report.reconciled)}."
    yield from (f"- WRONG: {sentence}" for sentence in report.wrong)


def of_outages(outages: list[Outage], away_s: float) -> Iterator[str]:
    """What it was like to be without each part."""
    yield f"Each part was gone for {away_s:g} s, with two videos on their way."
    yield ""
    yield "| gone | not indexed afterwards | dead letters | memory before, MB | most meanwhile, MB |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for each in outages:
        lost = sum(video["status"] != "indexed" for video in each.after.videos.values())
        yield f"| {each.part} | {lost} | {len(each.after.dead)} | {each.before_mb} | {each.most_mb} |"
    yield ""
    yield "What `/readyz` said meanwhile:"
    yield ""
    for each in outages:
        yield from (f"- {each.part}, {service}: `{said}`" for service, said in sorted(each.said.items()))


def of_rebalances(passed: Passed, every_s: float) -> Iterator[str]:
    """What it cost that consumers came and went."""
    yield (
        f"{len(passed.published)} segments passed while a consumer was added or removed {passed.changes} times, every "
        f"{every_s:g} s."
    )
    yield ""
    twice = [sum(count > 1 for count in counts.values()) for counts in (passed.computed, passed.published)]
    yield f"- Computed more than once: {twice[0]}; most times that one was: {max(passed.computed.values())}."
    yield f"- Published more than once: {twice[1]}. Lost or dead letters: {passed.dead}."
