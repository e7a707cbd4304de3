"""Reading a film: its clock, from where it is read, and what is broken in it."""

from fractions import Fraction
from pathlib import Path

import pytest
from tests.scenes.films import B_FRAMES, OPEN_GOP, at, steady, write

from rushes_runtime.errors import InvalidError
from rushes_scenes.video_reader import VideoClock, open_video

FAR = 10**9


def test_the_clock_counts_from_the_first_frame_to_the_nearest_millisecond() -> None:
    clock = VideoClock(first=900, time_base=Fraction(1, 90_000), rate=Fraction(25))

    assert [clock.ms(pts) for pts in (0, 900, 944, 945, 990, 90_900)] == [-10, 0, 0, 0, 1, 1000]
    assert clock.pts(1000) == 90_900
    assert clock.ms_of(clock.timecode(90_900)) == 1000
    assert clock.frames_ms(15) == 600


@pytest.mark.parametrize(
    ("name", "start_ms"), [("film.mp4", 0), ("film.mp4", 1234), ("film.mkv", 1234), ("film.ts", 0)]
)
@pytest.mark.parametrize("options", [B_FRAMES, OPEN_GOP], ids=["closed", "open"])
def test_times_are_those_at_which_frames_are_shown(
    tmp_path: Path, name: str, start_ms: int, options: dict[str, str]
) -> None:
    path = write(tmp_path / name, steady([1000], 2000), start_ms=start_ms, options=options)

    with open_video(str(path), name) as film:
        times = [shown.ms for shown in film.frames(0, FAR)]

    assert times == list(range(0, 2000, 40))


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times = [0, 7, 40, 1000, 1001, 5000]
    path = write(tmp_path / "uneven.mkv", at(times, [40]), start_ms=500)

    with open_video(str(path), "film") as film:
        assert [shown.ms for shown in film.frames(0, FAR)] == times


@pytest.fixture(scope="module", params=["film.mp4", "film.ts", "film.mkv", "film.flv"])
def container(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds in groups of 1200 ms, in one container after the other."""
    path = tmp_path_factory.mktemp("film") / str(request.param)
    return write(path, steady([1000], 4000), options=OPEN_GOP, start_ms=700)


@pytest.mark.parametrize("from_ms", [0, 20, 2000, 3900, 99_000])
def test_reading_begins_at_or_before_the_frame_on_show(container: Path, from_ms: int) -> None:
    with open_video(str(container), "film") as film:
        times = [shown.ms for shown in film.frames(from_ms, FAR)]

    assert times[0] <= from_ms
    assert times == list(range(times[0], 4000, 40))
    assert times[0] == 0 or min(from_ms, 3960) - times[0] <= 3000 + 1200


def test_reading_again_begins_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "film.mp4", steady([1000], 3000), options=B_FRAMES)

    with open_video(str(path), "film") as film:
        runs = [[shown.ms for shown in film.frames(from_ms, FAR)] for from_ms in (0, 2500, 0)]

    assert runs[0] == runs[2] == list(range(0, 3000, 40))


def test_frames_after_a_seek_are_the_same_pictures(tmp_path: Path) -> None:
    path = write(tmp_path / "film.mkv", steady([1000], 3000), options=OPEN_GOP)

    with open_video(str(path), "film") as film:
        whole = {shown.ms: shown.picture.tobytes() for shown in film.frames(0, FAR)}
        later = {shown.ms: shown.picture.tobytes() for shown in film.frames(2500, FAR) if shown.ms >= 2500}

    assert later
    assert all(whole[ms] == picture for ms, picture in later.items())


def test_a_broken_stretch_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "film.ts", steady([1000], 6000), options=B_FRAMES)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    path.write_bytes(data)

    with open_video(str(path), "film") as film:
        times = [shown.ms for shown in film.frames(0, FAR)]

    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] > 5500
    assert len(times) < 150


def test_a_file_that_ends_early_gives_what_it_has(tmp_path: Path) -> None:
    path = write(tmp_path / "film.mkv", steady([1000], 4000), options=B_FRAMES)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with open_video(str(path), "film") as film:
        times = [shown.ms for shown in film.frames(0, FAR)]

    assert 10 < len(times) < 100


def test_no_video_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 40)

    with (
        pytest.raises(InvalidError, match="noise can't be opened as a video") as refused,
        open_video(str(tmp_path / "noise"), "noise"),
    ):
        pass

    assert refused.value.reason == "nothing_decodes"
