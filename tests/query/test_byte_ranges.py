"""The Range header."""

import pytest

from rushes_query.http.responses import ByteRange, Unsatisfiable, parse


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=50-1000", (50, 100)),
        ("Bytes = 1 - 2", (1, 3)),
    ],
)
def test_a_part(header: str, expected: tuple[int, int]) -> None:
    assert parse(header, 100) == ByteRange(*expected, 100)


@pytest.mark.parametrize(
    "header", [None, "", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=٣-"]
)
def test_what_may_be_ignored_means_all(header: str | None) -> None:
    assert parse(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_behind_the_end(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse(header, 100)
