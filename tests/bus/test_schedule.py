"""Two thousand histories of retry schedulers that share the partitions of a log: nothing that waits is lost."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rushes_runtime.bus.schedule import Entry, Schedule, Waiting

HISTORIES = 2_000
PARTITIONS = 3
MEMBERS = 3
STEPS = 40


@dataclass
class Log:
    """A partition as the broker has it. A record is known by its number; `offset` of the list is its place."""

    records: list[Entry[int]] = field(default_factory=list)
    committed: int | None = None


class Member:
    """A scheduler as `retry.py` drives it: it learns of an assignment later than it has it, and may crash anywhere."""

    def __init__(self) -> None:
        self.schedule: Schedule[int, int] = Schedule(most_records=5, most_bytes=10_000)
        self.assigned: set[int] = set()
        self.positions: dict[int, int] = {}
        self.anew = False
        self.is_ours = False


class World:
    """The log, the group, and what was given back."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.logs = [Log() for _ in range(PARTITIONS)]
        self.members = [Member() for _ in range(MEMBERS)]
        self.now = 1
        self.published = 0
        self.given: list[int] = []
        self.gone: set[int] = set()

    def publish(self) -> None:
        log = self.luck.choice(self.logs)
        due = self.now + self.luck.choice((0, 0, 5, 50, 500))
        log.records.append(Entry(len(log.records), self.now, due, self.luck.choice((1, 9_000)), self.published))
        self.published += 1

    def pass_time(self) -> None:
        self.now += self.luck.choice((1, 10, 100))

    def rebalance(self) -> None:
        """All are revoked; then each partition goes to somebody, who hears of it when he looks."""
        present = self.luck.sample(self.members, self.luck.randint(0, MEMBERS))
        self._share_out(present)

    def _share_out(self, present: list[Member]) -> None:
        for member in self.members:
            member.is_ours = False
            member.assigned = set()
        for partition in range(PARTITIONS):
            if present:
                self.luck.choice(present).assigned.add(partition)
        for member in present:
            # As aiokafka does by itself; reading may go on from there before the scheduler looks.
            member.positions = {each: self.logs[each].committed or 0 for each in member.assigned}
            member.anew = member.is_ours = True

    def crash(self) -> None:
        """kill -9: its view is gone, and nothing is committed any more."""
        place = self.luck.randrange(MEMBERS)
        self.members[place] = Member()
        self._share_out([member for member in self.members if member.assigned])

    def read_unheard(self) -> None:
        """aiokafka hands out records of an assignment of which the scheduler has not heard yet: they are dropped."""
        member = self.luck.choice(self.members)
        if member.anew:
            for partition in member.assigned:
                member.positions[partition] = len(self.logs[partition].records)

    def lose_the_end(self) -> None:
        """The broker lost the end of a log and kept the offsets; its owner sees it before the log grows again."""
        partition = self.luck.randrange(PARTITIONS)
        owners = [member for member in self.members if partition in member.assigned]
        if owners:
            self._cut(partition, self.luck.randint(0, len(self.logs[partition].records)))
            if owners[0].anew:
                self.begin(owners[0])
            self.read(owners[0])
            self.commit(owners[0])

    def begin_with_an_empty_broker(self) -> None:
        """The embedded broker died: everything that reads from it is stopped, and begins anew with it."""
        for partition in range(PARTITIONS):
            self._cut(partition, 0)
            self.logs[partition].committed = None
        self.members = [Member() for _ in range(MEMBERS)]
        self.rebalance()

    def _cut(self, partition: int, end: int) -> None:
        log = self.logs[partition]
        self.gone.update(entry.record for entry in log.records[end:])
        del log.records[end:]

    def step(self, member: Member) -> None:
        """One turn of `Scheduler._serve`."""
        if member.anew:
            self.begin(member)
        elif member.is_ours:
            self.read(member)
            self.give_back(member)
            if self.luck.random() < 0.7:  # else it was shared out anew, or the broker lost, before the commit
                self.commit(member)

    def begin(self, member: Member) -> None:
        member.anew = False
        member.schedule.revoke()
        member.positions = {each: self.logs[each].committed or 0 for each in member.assigned}
        member.schedule.assign(member.positions)

    def read(self, member: Member) -> None:
        for partition in sorted(member.assigned):
            log = self.logs[partition].records
            if member.positions[partition] > len(log):  # out of range, or the high watermark shows it
                member.positions[partition] = 0
                member.schedule.restart(partition, 0)
            if member.schedule.is_full:
                continue
            at = member.positions[partition]
            batch = log[at : at + self.luck.randint(1, 4)]
            for entry in batch:
                member.schedule.add(partition, entry)
            member.positions[partition] = at + len(batch)

    def give_back(self, member: Member) -> None:
        most = self.luck.choice((0, 1, 2, 100))
        while most and (waiting := member.schedule.due(self.now)):
            most -= 1
            if self.luck.random() < 0.1:  # what it refers to is away
                member.schedule.postpone(waiting, self.now + 20)
                continue
            self._note(waiting)
            member.schedule.settle(waiting)

    def _note(self, waiting: Waiting[int, int]) -> None:
        assert waiting.entry.due_ms <= self.now
        self.given.append(waiting.entry.record)

    def commit(self, member: Member) -> None:
        offsets = member.schedule.committable()
        assert set(offsets) <= member.assigned
        for partition, offset in offsets.items():
            self.logs[partition].committed = offset
        member.schedule.committed(offsets)

    def check(self) -> None:
        """No commit is past a record that was not given back."""
        given = set(self.given)
        for log in self.logs:
            passed = {entry.record for entry in log.records[: log.committed or 0]}
            assert passed <= given, f"committed {log.committed}, but {sorted(passed - given)} were not given back"

    def finish(self) -> None:
        """Everybody but one leaves, and nothing else happens for a long while."""
        self._share_out([self.members[0]])
        for _ in range(200):
            self.now += 1000
            self.step(self.members[0])
        for log in self.logs:
            assert (log.committed or 0) == len(log.records)


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.integers(0, 2**63))
def test_nothing_that_waits_is_lost_in_any_history(seed: int) -> None:
    luck = random.Random(seed)
    world = World(luck)
    turn: Callable[[], None] = lambda: world.step(luck.choice(world.members))  # noqa: E731
    events = (world.publish, world.pass_time, world.rebalance, world.crash, world.read_unheard)
    disasters = (world.lose_the_end, world.begin_with_an_empty_broker)
    for _ in range(STEPS):
        luck.choices((*events, *disasters, turn), weights=(6, 4, 3, 1, 1, 0.3, 0.1, 16))[0]()
        world.check()
    world.finish()
    world.check()
    assert set(range(world.published)) - world.gone <= set(world.given)


def entry(offset: int, due_ms: int, timestamp_ms: int = 1) -> Entry[str]:
    """A small one."""
    return Entry(offset, timestamp_ms, due_ms, 1, f"record {offset}")


@pytest.fixture
def schedule() -> Schedule[str, str]:
    """One with a partition that nothing was committed in."""
    schedule: Schedule[str, str] = Schedule(most_records=3, most_bytes=100)
    schedule.assign({"p": 0})
    return schedule


def given_back(schedule: Schedule[str, str], now_ms: int) -> list[str]:
    """What is due is given back."""
    given = []
    while waiting := schedule.due(now_ms):
        given.append(waiting.entry.record)
        schedule.settle(waiting)
    return given


def test_a_commit_stops_before_the_oldest_that_waits(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=100))
    schedule.add("p", entry(1, due_ms=1))
    assert given_back(schedule, 10) == ["record 1"]
    assert schedule.committable() == {}
    assert given_back(schedule, 100) == ["record 0"]
    assert schedule.committable() == {"p": 2}


def test_what_was_given_back_is_not_given_back_again_when_it_is_read_again(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=100))
    schedule.add("p", entry(1, due_ms=1))
    given_back(schedule, 10)
    schedule.assign({"p": 0})
    schedule.add("p", entry(0, due_ms=100))
    schedule.add("p", entry(1, due_ms=1))
    assert given_back(schedule, 100) == ["record 0"]
    assert schedule.committable() == {"p": 2}


def test_another_record_at_the_same_offset_is_given_back(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=1))
    given_back(schedule, 10)
    schedule.assign({"p": 0})
    schedule.add("p", entry(0, due_ms=1, timestamp_ms=2))
    assert given_back(schedule, 10) == ["record 0"]


def test_a_log_that_begins_again_is_read_from_its_beginning(schedule: Schedule[str, str]) -> None:
    schedule.assign({"p": 50})
    schedule.add("p", entry(50, due_ms=20))
    schedule.add("p", entry(3, due_ms=10))
    assert schedule.committable() == {"p": 3}
    assert given_back(schedule, 20) == ["record 3", "record 50"]
    assert schedule.committable() == {"p": 4}


def test_nothing_is_due_or_committable_while_partitions_are_shared_out(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=1))
    given_back(schedule, 1)
    schedule.add("p", entry(1, due_ms=1))
    schedule.revoke()
    assert schedule.due(10) is None
    assert schedule.committable() == {}


def test_it_is_full_by_records_and_by_bytes(schedule: Schedule[str, str]) -> None:
    schedule.add("p", Entry(0, 1, 1, 100, "large"))
    assert schedule.is_full
    assert given_back(schedule, 1) == ["large"]
    for offset in range(1, 4):
        assert not schedule.is_full
        schedule.add("p", entry(offset, due_ms=1))
    assert schedule.is_full


def test_what_is_postponed_holds_up_no_other(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=1))
    schedule.add("p", entry(1, due_ms=2))
    waiting = schedule.due(5)
    assert waiting is not None
    schedule.postpone(waiting, 50)
    assert given_back(schedule, 5) == ["record 1"]
    assert schedule.committable() == {}
    assert given_back(schedule, 50) == ["record 0"]


def test_what_was_given_back_is_known_when_the_partition_returns(schedule: Schedule[str, str]) -> None:
    schedule.add("p", entry(0, due_ms=100))
    schedule.add("p", entry(1, due_ms=1))
    given_back(schedule, 10)
    schedule.assign({})
    schedule.assign({"p": 0})
    schedule.add("p", entry(0, due_ms=100))
    schedule.add("p", entry(1, due_ms=1))
    assert given_back(schedule, 100) == ["record 0"]
