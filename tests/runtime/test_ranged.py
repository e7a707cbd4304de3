"""A remote blob as a file: the same bytes, each fetched once."""

import io
import random

import pytest

from rushes_runtime.ranged import AHEAD, BLOCK, KEPT, Ranged

SIZE = 9 * BLOCK + 12_345
DATA = random.Random(5).randbytes(SIZE)


class Store:
    """Counts what is fetched."""

    def __init__(self) -> None:
        self.fetched: list[tuple[int, int]] = []

    def fetch(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= SIZE
        self.fetched.append((start, end))
        return DATA[start:end]

    def total(self) -> int:
        return sum(end - start for start, end in self.fetched)


@pytest.fixture
def store() -> Store:
    return Store()


def opened(store: Store) -> io.BufferedReader:
    return io.BufferedReader(Ranged(SIZE, store.fetch), buffer_size=1)


def test_reading_on_fetches_ahead_and_each_byte_once(store: Store) -> None:
    assert opened(store).read() == DATA
    assert store.total() == SIZE
    assert len(store.fetched) == 1 + -(-9 // AHEAD)


def test_opening_fetches_nothing(store: Store) -> None:
    file = opened(store)
    assert (file.seek(0, io.SEEK_END), file.tell(), file.read(1)) == (SIZE, SIZE, b"")
    assert not store.fetched


def test_a_jump_costs_a_block(store: Store) -> None:
    file = opened(store)
    file.seek(5 * BLOCK + 17)
    assert file.read(10) == DATA[5 * BLOCK + 17 :][:10]
    assert store.fetched == [(5 * BLOCK, 6 * BLOCK)]


def test_what_was_read_is_not_fetched_again(store: Store) -> None:
    file = opened(store)
    for offset in (0, SIZE - 100, 3 * BLOCK, 0, SIZE - 50, 3 * BLOCK - 10):
        file.seek(offset)
        assert file.read(200) == DATA[offset : offset + 200]
    kept = [(start, end) for start, end in store.fetched]
    assert len(kept) == len(set(kept)) == 4  # the last one reaches back into the block before


def test_any_way_of_reading_gives_the_bytes(store: Store) -> None:
    file, dice = opened(store), random.Random(7)
    for _ in range(300):
        offset, size = dice.randrange(SIZE), dice.randrange(1, 2 * BLOCK)
        file.seek(offset)
        assert file.read(size) == DATA[offset : offset + size]
    assert store.total() <= SIZE


def test_memory_is_bounded() -> None:
    reader = Ranged((KEPT + 20) * BLOCK, lambda start, end: bytes(end - start))
    while reader.read(BLOCK):
        pass
    assert len(reader._kept) == KEPT


def test_positions_before_the_start_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="-1"):
        opened(store).seek(-1)
