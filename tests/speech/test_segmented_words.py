"""The words of a film heard segment by segment are as good as those of the whole film heard in one call."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

import jiwer
import pytest
from tests.speech import speech

from rushes_asr.settings import AsrSettings
from rushes_asr.worker import Transcriber, load, transcribe
from rushes_ingest.settings import IngestSettings, SegmentLimits
from rushes_ingest.worker import IngestWorker, prepare_video
from rushes_runtime.blobs import Blobs
from rushes_schemas.artefacts import source_key
from rushes_schemas.events import Segment

pytestmark = [pytest.mark.all, pytest.mark.timeout(600)]

LIMITS = SegmentLimits(target_s=20, min_s=12, max_s=30)
ALL = SegmentLimits(target_s=3600, min_s=3600, max_s=3600)
"""All of the film is one segment: one call of faster-whisper."""
ONE_POINT = 0.01
NEAR_MS = 300

NORMAL = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"\bmr\b\.?": "mister", r"[-–—]": " ", r"['’]": ""}),
        jiwer.RemovePunctuation(),  # type: ignore[no-untyped-call]
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
    ]
)


@dataclass(frozen=True)
class Heard:
    """A word as it is compared, and its time."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Film:
    """What is said in a film, what is heard in all of it in one call, and segment by segment."""

    said: str
    whole: Sequence[Heard]
    segmented: Sequence[Heard]
    segments: int
    duration_ms: int


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film, transcribed both ways by the same model."""
    folder = tmp_path_factory.mktemp("speech")
    video = str(uuid4())
    path = folder / source_key(video)
    path.parent.mkdir(parents=True)
    made = folder / "film.mp4"
    said = speech.make(made, rounds=2, seed=4)
    shutil.move(made, path)
    blobs = Blobs(folder.as_uri())
    settings = AsrSettings(model="whisper-base")
    whole, plan = (
        prepare_video(IngestWorker(blobs, IngestSettings(segments=limits)), source_key(video), video, name, "the film")
        for name, limits in (("whole", ALL), ("segmented", LIMITS))
    )
    assert len(whole.segments) == 1
    transcriber = load(blobs, settings)
    return Film(
        NORMAL(said),
        transcribed(transcriber, whole.segments),
        transcribed(transcriber, plan.segments),
        len(plan.segments),
        plan.duration_ms,
    )


def transcribed(transcriber: Transcriber, segments: Sequence[Segment]) -> list[Heard]:
    """asr's own function over each segment."""
    words = (word for segment in segments for word in transcribe(transcriber, segment, None).words)
    return [part for word in words for part in heard(word.text, word.start_ms, word.end_ms)]


def heard(text: str, start_ms: int, end_ms: int) -> Iterator[Heard]:
    """A word as it is compared: none where it was only a mark, two where it had a hyphen."""
    for part in NORMAL(text).split():
        yield Heard(part, start_ms, end_ms)


def spoken(words: Sequence[Heard]) -> str:
    """As text."""
    return " ".join(word.text for word in words)


def test_the_film_is_long_and_cut_often(film: Film) -> None:
    assert film.duration_ms >= 180_000
    assert film.segments >= 6


def test_the_words_are_at_most_one_point_worse_than_those_of_the_whole_film(film: Film) -> None:
    whole = jiwer.wer(film.said, spoken(film.whole))
    segmented = jiwer.wer(film.said, spoken(film.segmented))
    assert whole < 0.15, "the comparison is worth nothing"
    assert segmented <= whole + ONE_POINT


def test_the_words_that_agree_are_heard_at_the_same_time(film: Film) -> None:
    agreeing = list(pairs(film))
    assert len(agreeing) > 0.9 * len(film.segmented)
    assert [pair for pair in agreeing if apart(pair, lambda word: word.start_ms) > NEAR_MS] == []
    assert [pair for pair in agreeing if apart(pair, lambda word: word.end_ms) > NEAR_MS] == []


def apart(pair: tuple[Heard, Heard], time_ms: Callable[[Heard], float]) -> float:
    """By how many milliseconds the two heard it at other times."""
    ours, theirs = pair
    return abs(time_ms(ours) - time_ms(theirs))


def pairs(film: Film) -> Iterator[tuple[Heard, Heard]]:
    """Each word that both heard: as in the whole film, as in its segment."""
    compared = jiwer.process_words(spoken(film.whole), spoken(film.segmented))
    for chunk in compared.alignments[0]:
        if chunk.type == "equal":
            ours = film.whole[chunk.ref_start_idx : chunk.ref_end_idx]
            yield from zip(ours, film.segmented[chunk.hyp_start_idx : chunk.hyp_end_idx], strict=True)
