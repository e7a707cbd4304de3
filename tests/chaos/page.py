"""docs/chaos.md, out of the reports."""

from collections.abc import Iterator, Sequence

from tests.chaos.run import Report

HEAD = """# Chaos

Written by `make chaos`; what the run does is in `tests/chaos/`. Every service runs in two processes, on Apache Kafka,
MinIO and the index in a process of its own. While videos are sent, through the door and as raw events, a random process
gets SIGKILL every few seconds: a service, a compute child, once the broker, once the index. Services are started again
at once, the broker and the index after some seconds. Afterwards everything is compared with an undisturbed run of the
same films: status of every video, ids of all points, keys of all blobs, dead letters, lag, processes.
"""


def page(reports: Sequence[Report]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for report in reports for line in _section(report))])


def _section(report: Report) -> Iterator[str]:
    kills = ", ".join(f"{name} {count} times" for name, count in sorted(report.kills.items()))
    yield f"## Seed {report.seed}: {'nothing was lost' if not report.wrong else 'SOMETHING WAS LOST'}"
    yield ""
    yield f"- Killed within {report.killing_s:.0f} s: {kills}."
    yield f"- The client had {report.videos} videos taken in {report.tries} tries."
    yield f"- Everything had settled {report.settling_s:.0f} s after the last kill."
    yield (
        f"- {report.videos} videos, {report.segments} segments, {report.points} points, {report.blobs} blobs: "
        f"{'exactly those of the undisturbed run' if not report.wrong else 'not those of the undisturbed run'}."
    )
    yield f"- Ended by themselves and started again: {len(report.ended)}."
    yield f"- Found stuck and set going again: {len(report.reconciled)}."
    yield from (f"- WRONG: {sentence}" for sentence in report.wrong)
    yield ""
