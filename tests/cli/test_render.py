"""What is shown, from what was answered."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from rushes_cli.console import shown
from rushes_cli.progress import Uploading, Waiting, progress, waiting_table
from rushes_cli.render.moments import EXCERPT, excerpt, left_out, moments, pattern
from rushes_cli.render.status import video_report, videos_table
from rushes_cli.render.words import clock, span, took
from rushes_schemas.api import LeftOut, SearchResults, VideoDetail

from .samples import detail, entry, found


def video(status: Any = "indexed", **facts: Any) -> VideoDetail:
    return VideoDetail.model_validate(detail(status, **facts).model_dump())


def search(query: str, **facts: Any) -> SearchResults:
    return SearchResults.model_validate({"query": query, "took_ms": 1, "moments": [found(**facts).model_dump()]})


def drawn(renderable: object, *, colours: bool = False) -> str:
    file = StringIO()
    console = Console(file=file, width=200, force_terminal=colours, color_system="standard" if colours else None)
    console.print(renderable, soft_wrap=True)
    return file.getvalue()


@pytest.mark.parametrize(("ms", "words"), [(0, "0:00"), (9_999, "0:09"), (3_723_000, "1:02:03"), (None, "")])
def test_places_in_a_video(ms: int | None, words: str) -> None:
    assert clock(ms) == words


def test_stretches_hold_what_they_name() -> None:
    assert span(9_280, 16_500) == "0:09–0:17"
    assert [took(350), took(4_200), took(125_000), took(None)] == ["350 ms", "4.2 s", "2:05 min", ""]


def test_a_moment_tells_where_what_why_and_where_to_watch() -> None:
    lines = drawn(moments(search("country"), "http://host", 80)).splitlines()
    assert lines == [
        " 1  0:09–0:17 from 0:11  A film",
        "    ask not what your country can do for you",
        "    found by words #1, pictures #3",
        f"    http://host{found().media_url}",
    ]


def marked(text: str, *parts: str) -> SearchResults:
    marks = [{"start": text.index(part), "end": text.index(part) + len(part)} for part in parts]
    return search("q", text=text, marks=marks)


def test_what_the_instance_marked_is_emphasised_and_no_part_of_others() -> None:
    said = marked("ask your country, not countrymen", "country")
    assert drawn(moments(said, "", 80), colours=True).count("\x1b[1;33mcountry\x1b[0m") == 1
    assert "\x1b[1;33m" not in drawn(moments(search("country"), "", 80), colours=True)
    assert "\x1b[1;33m電球\x1b[0m" in drawn(moments(marked("電柱に電球がともる", "電球"), "", 80), colours=True)


def test_a_phrase_is_emphasised_where_its_line_is_broken() -> None:
    lines = drawn(moments(marked("one two three four", "two three"), "", 20), colours=True)
    assert "\x1b[1;33m" in lines


def test_legs_that_could_not_answer_are_told_and_those_that_had_nothing_to_are_not() -> None:
    legs = [LeftOut(leg="visual", reason="model_not_loaded"), LeftOut(leg="lexical", reason="no_words")]
    assert left_out(legs) == "not searched for now: pictures; the instance's models are loading or failed"
    assert left_out(legs[1:]) is None


def test_long_words_are_cut_around_the_first_that_was_asked_for() -> None:
    said = f"{'before ' * 100}needle {'after ' * 100}"
    cut = excerpt(said, pattern(["needle"]))
    assert "needle" in cut and cut.startswith("… ") and cut.endswith(" …") and len(cut) <= EXCERPT + 4
    assert excerpt(said, None).startswith("before")


HOSTILE = "[red]a[/] \x1b[31mb\nc :smile: [/bold"


@pytest.mark.parametrize(
    "renderable",
    [
        moments(search("a", title=HOSTILE, text=HOSTILE), "", 80),
        videos_table([video(title=HOSTILE)]),
        video_report(video(title=HOSTILE)),
        waiting_table([(HOSTILE, None)], 5),
    ],
)
def test_titles_and_names_are_shown_as_they_are_and_steer_nothing(renderable: object) -> None:
    assert shown(HOSTILE) == "[red]a[/]  [31mb c :smile: [/bold"
    console = drawn(renderable)
    assert shown(HOSTILE) in console and "\x1b" not in console


def test_a_list_of_videos_has_one_line_each() -> None:
    working = video("processing", ingest=entry(), title="Second")
    failed = video("failed", reason="not_a_video: it is text", duration_ms=None, segment_count=None, segments=[])
    heading, first, second, third = drawn(videos_table([video(), working, failed])).splitlines()
    assert heading.split() == ["id", "video", "length", "status", "segments", "reason"]
    assert "A film" in first and "1:16" in first and "2/2" in first
    assert "ingest 1/1, asr 1/2, scenes 0/2, embed 0/2" in second
    assert "failed" in third and "not_a_video: it is text" in third


def test_a_failed_video_without_a_reason_has_that_of_ingest() -> None:
    refused = video("failed", ingest=entry("failed", "empty: it has 0 bytes"))
    assert "empty: it has 0 bytes" in drawn(videos_table([refused]))


def test_one_video_shows_every_stage_of_every_segment() -> None:
    report = drawn(video_report(video("degraded", reason="segment 0, asr: no words")))
    assert "status    degraded: segment 0, asr: no words" in report
    rows = [line.split() for line in report.splitlines()]
    assert ["all", "ingest", "done"] in [row[:3] for row in rows]
    assert ["0", "asr", "done"] in [row[:3] for row in rows]
    assert all("4.2 s" in line for line in report.splitlines() if " done " in line)


def test_how_far_a_stage_is() -> None:
    assert progress(None, "ingest") == (0, 1)
    assert progress(None, "asr") == (0, None)
    assert progress(video("processing"), "asr") == (1, 2)
    assert progress(video("processing"), "embed") == (0, 2)


def test_those_who_wait_see_first_what_is_not_done_and_how_much_more_there_is() -> None:
    rows = [("done.mp4", video()), ("b.mp4", video("processing")), ("c.mp4", None), ("d.mp4", None)]
    table = drawn(waiting_table(rows, 3)).splitlines()
    assert [line.split()[0] for line in table] == ["video", "b.mp4", "c.mp4", "d.mp4", "and"]
    assert "1/2" in table[1] and "processing" in table[1] and "waiting" in table[2]


def test_bars_are_drawn_on_a_terminal_and_nowhere_else(tmp_path: Any) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"12")
    for is_terminal in (True, False):
        file = StringIO()
        console = Console(file=file, force_terminal=is_terminal, width=120, height=10)
        with Uploading(console) as uploading, uploading.file(path) as sent:
            sent(2)
        with Waiting(["film.mp4"], console) as waiting:
            waiting.show([video("processing")])
        assert ("film.mp4" in file.getvalue()) is is_terminal
