"""Filters mean the same in every adapter, on indexed fields and on others."""

from rushes_runtime.index.port import EVERYTHING, Filter, Index, Match, Phrase, Range

from .samples import INDEXED, bare, uid

POINTS = [
    bare(
        0,
        video_id="a",
        start_ms=0,
        fallback=True,
        tags=["sea", "sky"],
        metadata={"camera": "A"},
        take=1,
        words="ask not what 猫 が",
    ),
    bare(
        1,
        video_id="a",
        start_ms=1000,
        fallback=False,
        tags=["sea"],
        metadata={"camera": "B"},
        take=2,
        cut=True,
        words="what not ask",
    ),
    bare(2, video_id="b", start_ms=2000, fallback=False, tags=[], video={"filename": "b.mp4"}, takes=[1, 2], cut=False),
    bare(3, video_id="c", start_ms=3000, tags=["7", "sky"], video={"filename": "c.mp4"}, takes=[3], gain=-0.5),
    bare(4, language=None, tags="sky", gain=0.5),
]

CASES: list[tuple[str, Filter, set[int]]] = [
    ("everything", EVERYTHING, {0, 1, 2, 3, 4}),
    ("a word", Filter([Match("video_id", ["a"])]), {0, 1}),
    ("one of several words", Filter([Match("video_id", ["b", "c", "z"])]), {2, 3}),
    ("none of no words", Filter([Match("video_id", [])]), set()),
    ("a time", Filter([Match("start_ms", [1000])]), {1}),
    ("times", Filter([Match("start_ms", [0, 3000, 5])]), {0, 3}),
    ("a number", Filter([Match("take", [2, 9])]), {1}),
    ("true", Filter([Match("fallback", [True])]), {0}),
    ("false is not missing", Filter([Match("fallback", [False])]), {1, 2}),
    ("true or false", Filter([Match("fallback", [True, False])]), {0, 1, 2}),
    ("a bool that is never indexed", Filter([Match("cut", [False])]), {2}),
    ("true is not 1", Filter([Match("take", [True])]), set()),
    ("1 is not true", Filter([Match("fallback", [1])]), set()),
    ("a word in a list", Filter([Match("tags", ["sea"])]), {0, 1}),
    ("words in lists and alone", Filter([Match("tags", ["sky", "rain"])]), {0, 3, 4}),
    ("a number in a list", Filter([Match("takes", [2, 3])]), {2, 3}),
    ("a word is no number", Filter([Match("tags", [7])]), set()),
    ("words and numbers", Filter([Match("take", [1, "b"])]), {0}),
    ("a nested key", Filter([Match("video.filename", ["b.mp4"])]), {2}),
    ("a nested key of metadata", Filter([Match("metadata.camera", ["A", "B"])]), {0, 1}),
    ("from", Filter([Range("start_ms", gte=1000)]), {1, 2, 3}),
    ("to, exclusively", Filter([Range("start_ms", lt=2000)]), {0, 1}),
    ("from and to", Filter([Range("start_ms", gte=1000, lt=3000)]), {1, 2}),
    ("a range of fractions", Filter([Range("gain", gte=-0.5, lt=0.5)]), {3}),
    ("both", Filter([Match("video_id", ["a", "b"]), Range("start_ms", gte=500)]), {1, 2}),
    ("all of a list", Filter([Match("tags", ["sea"]), Match("tags", ["sky"])]), {0}),
    ("not", Filter(must_not=[Match("video_id", ["a"])]), {2, 3, 4}),
    ("neither", Filter(must_not=[Match("video_id", ["a"]), Match("tags", ["7"])]), {2, 4}),
    ("not in a range", Filter(must_not=[Range("start_ms", gte=0, lt=1500)]), {2, 3, 4}),
    ("not none", Filter(must_not=[Match("video_id", [])]), {0, 1, 2, 3, 4}),
    ("this but not that", Filter([Match("tags", ["sky", "sea"])], [Match("fallback", [True])]), {1, 3, 4}),
    ("an unknown field", Filter([Match("nobody", ["a"])]), set()),
    ("a phrase", Filter([Phrase("words", "ask not")]), {0}),
    ("the same words in another order", Filter([Phrase("words", "not ask")]), {1}),
    ("a phrase of one word", Filter([Phrase("words", "what")]), {0, 1}),
    ("a phrase in letters without spaces", Filter([Phrase("words", "猫 が")]), {0}),
    ("no part of a word", Filter([Phrase("words", "wha")]), set()),
    ("a phrase that nobody says", Filter([Phrase("words", "ask what")]), set()),
    ("two phrases", Filter([Phrase("words", "not what"), Phrase("words", "ask not")]), {0}),
    ("not a phrase", Filter([Match("video_id", ["a"])], [Phrase("words", "ask not")]), {1}),
]


async def test_filters_let_through_what_they_say(index: Index, scenes: str) -> None:
    await index.upsert(scenes, POINTS)
    await _check(index, scenes)
    await index.ensure(scenes, INDEXED)
    await _check(index, scenes)


async def _check(index: Index, name: str) -> None:
    expected = {case: [uid(number) for number in sorted(passing)] for case, _, passing in CASES}
    scrolled = {case: [point.id for point in (await index.scroll(name, filter)).points] for case, filter, _ in CASES}
    assert scrolled == expected
    counted = {case: await index.count(name, filter) for case, filter, _ in CASES}
    assert counted == {case: len(ids) for case, ids in expected.items()}
