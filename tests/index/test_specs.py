"""Points are sent in batches of bounded number and size."""

import numpy as np

from rushes_runtime.index.port import Point, Sparse
from rushes_runtime.index.specs import batches, by_kind

from .samples import bare, uid


def test_a_batch_has_so_many_points_at_most() -> None:
    points = [bare(number) for number in range(7)]
    made = list(batches(points, 3, 1000))
    assert [len(batch) for batch in made] == [3, 3, 1]
    assert [point for batch in made for point in batch] == points


def test_a_batch_has_so_many_bytes_at_most_unless_one_point_has_more() -> None:
    sizes = [10, 10, 10, 100, 5, 20]
    points = [Point(uid(size), {}, {"speech": np.zeros(size, np.float32)}) for size in sizes]
    made = list(batches(points, 99, 25 * 4))
    assert [[vector.size for point in batch for vector in _dense(point)] for batch in made] == [
        [10, 10],
        [10],
        [100],
        [5, 20],
    ]


def test_a_sparse_vector_has_its_size_too() -> None:
    points = [Point(uid(number), {}, {"lexical": Sparse([1, 2], [0.5, 0.5])}) for number in range(3)]
    assert [len(batch) for batch in batches(points, 99, 32)] == [2, 1]


def test_no_points_are_no_batch() -> None:
    assert list(batches([], 3, 1000)) == []


def test_values_are_told_apart_by_type() -> None:
    assert by_kind(["a", 1, True, 0, False, "1"]) == (["a", "1"], [1, 0], [True, False])


def _dense(point: Point) -> list[np.ndarray]:
    return [vector for vector in point.vectors.values() if isinstance(vector, np.ndarray)]
