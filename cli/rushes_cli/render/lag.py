"""The answer of `rushes topics lag`. Pure."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from rushes_runtime.bus.lag import PartitionLag, TopicLag

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lag_table(lags: Iterable[TopicLag], now_ms: int) -> Table:
    """One line a partition."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("stage", "topic"):
        table.add_column(heading, no_wrap=True)
    for heading in ("partition", "end", "settled", "waiting", "oldest"):
        table.add_column(heading, justify="right", no_wrap=True)
    for lag in lags:
        if not lag.partitions:
            table.add_row(lag.service, lag.topic, "", "", "", "", "there is no such topic")
        for part in lag.partitions:
            settled = "-" if part.committed is None else str(part.committed)
            oldest = "" if part.oldest_ms is None else age(now_ms - part.oldest_ms)
            table.add_row(
                *(lag.service, lag.topic, str(part.partition), str(part.end), settled, str(part.waiting), oldest)
            )
    return table


def lag_json(lags: Iterable[TopicLag], now_ms: int) -> list[dict[str, Any]]:
    """One object a topic and stage."""
    return [
        {
            "stage": lag.service,
            "group": lag.group,
            "topic": lag.topic,
            "waiting": lag.waiting,
            "oldest_age_ms": _age_ms(lag.oldest_ms, now_ms),
            "partitions": [_partition(part, now_ms) for part in lag.partitions],
        }
        for lag in lags
    ]


def age(ms: int) -> str:
    """A duration for people, to the second below a minute and in whole units above: "12 s", "3 min", "2 d"."""
    seconds = max(0, ms) // 1000
    return next((f"{seconds // size} {unit}" for size, unit in UNITS if seconds >= size), f"{seconds} s")


def _partition(part: PartitionLag, now_ms: int) -> dict[str, Any]:
    return {
        "partition": part.partition,
        "end": part.end,
        "committed": part.committed,
        "waiting": part.waiting,
        "oldest_age_ms": _age_ms(part.oldest_ms, now_ms),
    }


def _age_ms(at_ms: int | None, now_ms: int) -> int | None:
    return None if at_ms is None else max(0, now_ms - at_ms)
