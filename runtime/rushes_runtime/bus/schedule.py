"""The retry schedule: which records of a retry topic wait in this process, and how far partitions may be committed.

Pure: it knows neither Kafka nor a clock. The records themselves lie in the topic. The schedule is a view of what is
read from there and not committed, so three rules keep a waiting record from being lost:

1. Each assignment begins with `assign`, which forgets the view and says where each partition is read from; the reader
   has to seek there. A view whose reading goes on elsewhere has a gap, and a commit would pass what lies in the gap.
2. An offset is committable only if no record before it waits.
3. Between `revoke` and the next `assign` nothing is due and nothing is committable: the partitions may be another's.
"""

import heapq
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)
R = TypeVar("R")

Identity = tuple[int, int]
"""A record's time and when it is due: with its offset, which record it is, even where a log has begun again."""


@dataclass(frozen=True)
class Entry(Generic[R]):
    """A record of a retry topic. Times are in ms since the epoch; `size` is in bytes."""

    offset: int
    timestamp_ms: int
    due_ms: int
    size: int
    record: R

    @property
    def identity(self) -> Identity:
        """What tells it from another record that has had the same offset."""
        return self.timestamp_ms, self.due_ms


@dataclass(order=True)
class Waiting(Generic[P, R]):
    """An entry of a partition, in the order of its time."""

    due_ms: int
    offset: int
    log: "_Log" = field(compare=False)
    partition: P = field(compare=False)
    entry: Entry[R] = field(compare=False)


@dataclass
class _Log:
    """What was read of one partition since it was assigned."""

    committed: int
    next: int
    """The offset after the last record that was read."""
    waiting: set[int] = field(default_factory=set)
    given: dict[int, Identity] = field(default_factory=dict)
    """What was given back and is not committed, since something before it waits. It is not given back again by this
    process when it is read again."""

    @property
    def committable(self) -> int:
        return min(self.waiting, default=self.next)


class Schedule(Generic[P, R]):
    """What waits in the partitions that are assigned, the next to be due first."""

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._heap: list[Waiting[P, R]] = []
        self._bytes = 0
        self._logs: dict[P, _Log] = {}
        self._given: dict[P, dict[int, Identity]] = {}
        """What was given back of partitions that went elsewhere: they may return."""
        self._is_ours = False

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def is_full(self) -> bool:
        """Whether no more should be read until some have been given back."""
        return len(self._heap) >= self._most_records or self._bytes >= self._most_bytes

    def assign(self, starts: Mapping[P, int]) -> None:
        """These partitions are ours now, each to be read from this offset. What was read before is forgotten,
        but not what was given back."""
        self._given.update({partition: log.given for partition, log in self._logs.items()})
        self._heap.clear()
        self._bytes = 0
        self._logs = {
            partition: _Log(start, start, given=_from(start, self._given.get(partition, {})))
            for partition, start in starts.items()
        }
        self._is_ours = True

    def revoke(self) -> None:
        """The partitions may be another's from now on."""
        self._is_ours = False

    def position(self, partition: P) -> int:
        """The offset after the last record that was read of a partition."""
        return self._logs[partition].next

    def restart(self, partition: P, start: int) -> None:
        """The partition's log is another one than before, shorter or empty: it is read from here. What waits of the old
        log is given back all the same."""
        self._logs[partition] = _Log(committed=-1, next=start, given=self._logs[partition].given)

    def add(self, partition: P, entry: Entry[R]) -> None:
        """Take in a record that was read, in the order of the log."""
        if entry.offset < self._logs[partition].next:
            self.restart(partition, entry.offset)
        log = self._logs[partition]
        log.next = entry.offset + 1
        if log.given.get(entry.offset) == entry.identity:
            return
        log.waiting.add(entry.offset)
        self._bytes += entry.size
        heapq.heappush(self._heap, Waiting(entry.due_ms, entry.offset, log, partition, entry))

    def due(self, now_ms: int) -> Waiting[P, R] | None:
        """The next record whose time has come; it waits on until it is `settle`d or `postpone`d."""
        if not self._is_ours or not self._heap or self._heap[0].due_ms > now_ms:
            return None
        return self._heap[0]

    def settle(self, waiting: Waiting[P, R]) -> None:
        """It was given back."""
        if self._take(waiting):
            waiting.log.waiting.discard(waiting.offset)
            waiting.log.given[waiting.offset] = waiting.entry.identity

    def postpone(self, waiting: Waiting[P, R], until_ms: int) -> None:
        """It can't be given back now: have it wait on without holding up the others."""
        if self._take(waiting):
            self._bytes += waiting.entry.size
            later = Waiting(until_ms, waiting.offset, waiting.log, waiting.partition, waiting.entry)
            heapq.heappush(self._heap, later)

    def _take(self, waiting: Waiting[P, R]) -> bool:
        """Remove what `due` returned; False if it was forgotten meanwhile."""
        if not self._heap or self._heap[0] is not waiting:
            return False
        heapq.heappop(self._heap)
        self._bytes -= waiting.entry.size
        return True

    def committable(self) -> dict[P, int]:
        """For each partition that has come further, the offset before which no record waits."""
        if not self._is_ours:
            return {}
        return {partition: log.committable for partition, log in self._logs.items() if log.committable != log.committed}

    def committed(self, offsets: Mapping[P, int]) -> None:
        """The broker took what `committable` said."""
        for partition, offset in offsets.items():
            if (log := self._logs.get(partition)) is not None:
                log.committed = offset
                log.given = _from(offset, log.given)


def _from(offset: int, given: Mapping[int, Identity]) -> dict[int, Identity]:
    return {each: identity for each, identity in given.items() if each >= offset}
