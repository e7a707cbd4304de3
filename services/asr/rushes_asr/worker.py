"""The worker process: transcribes a segment's sound, and corrects where each word begins.

Whisper's alignment lets a word after a pause begin in the pause, or before it: of 388 words of read English 30 began
more than 150 ms early, "what" in "ask not ... what your country" even 1.2 s. The start of such a word then depends on
what else is in the window; its end hardly does (230 ms at most). Between two words without a pause the start is a guess
too: "is" in "we are selfish is to ..." took 100 ms, or 560 ms with the end of the word before. So a word's start is
moved behind a pause, and a word that is longer than its letters can take is shortened at its beginning.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rushes_asr.settings import AsrSettings
from rushes_asr.weights import find_weights
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import Segment, Transcript, Word
from rushes_schemas.ids import blob_key

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SAMPLE_RATE = 16_000
STEP_MS = 10
"""Duration over which one sound level is measured."""
SILENCE_DB = 20.0
"""A step this far below the word's loudest step is silent."""
PAUSE_STEPS = 15
"""So many silent steps are a pause. Silence within a word, before a stop or a soft consonant, is shorter."""
RESIDUE_STEPS = 30
"""A pause that begins later is not the pause before the word; sound before an earlier one is the word before."""
WORD_MS, LETTER_MS = 200, 60
"""Longest duration of a word in slow English speech: this long, plus this long for each letter."""
SIGN_MS = 250
"""The same for signs that stand for more than a sound: digits, capitals of abbreviations, scripts without capitals."""
FLOOR = 1e-10
"""Power of complete silence, whose logarithm does not exist."""

Sound = NDArray[np.float32]
"""16 kHz mono, between -1 and 1."""


@dataclass(frozen=True)
class Transcriber:
    """The state of the worker process: the blob store with the sound, and the loaded model."""

    blobs: Blobs
    settings: AsrSettings
    model: "WhisperModel"


def load(blobs: Blobs, settings: AsrSettings) -> Transcriber:
    """Load the model, in the worker process. Raises ConfigurationError if it is missing."""
    from faster_whisper import WhisperModel  # noqa: PLC0415  takes half a second, and only the worker needs it

    model = WhisperModel(
        find_weights(settings.model, settings.cache),
        device=settings.device,
        compute_type=settings.compute_type,
        cpu_threads=settings.threads,
    )
    return Transcriber(blobs, settings, model)


def transcribe(transcriber: Transcriber, segment: Segment, language: str | None) -> Transcript:
    """Return the words of a segment on the video's clock; `language` is the publisher's, or None to detect it.

    A segment without speech gives a transcript with the status `no_speech`. Blocks for about a tenth of the segment's
    duration per core.
    """
    sound = _sound(transcriber.blobs, segment)
    found, info = transcriber.model.transcribe(
        sound,
        language=_supported(transcriber.model, language),
        beam_size=transcriber.settings.beam_size,
        vad_filter=transcriber.settings.vad,
        word_timestamps=True,
    )
    # faster-whisper transcribes lazily: the work happens in this loop.
    spoken = [word for part in found for word in part.words or ()]
    words = tuple(on_the_clock(spoken, segment, sound))
    if not words:
        return Transcript(status="no_speech")
    return Transcript(status="ok", language=info.language, words=words)


def on_the_clock(spoken: Iterable[Any], segment: Segment, sound: Sound) -> Iterator[Word]:
    """Convert faster-whisper's words (seconds from the segment's start, with a leading space where one is written).

    Yields them on the video's clock with corrected starts, in order, inside the segment.
    """
    earliest = segment.start_ms
    for word in spoken:
        text = word.word.strip()
        if not text:
            continue
        start_s = heard_from(sound, text, word.start, word.end)
        # Rounding and overlapping words must not break what the event promises: order, and times inside the segment.
        start = min(max(segment.start_ms + round(start_s * 1000), earliest), segment.end_ms)
        end = min(max(segment.start_ms + round(word.end * 1000), start), segment.end_ms)
        earliest = start
        yield Word(
            start_ms=start,
            end_ms=end,
            text=text,
            probability=round(min(max(word.probability, 0.0), 1.0), 3),
            joined=not word.word.startswith(" "),
        )


def heard_from(sound: Sound, text: str, start_s: float, end_s: float) -> float:
    """Return when a word is first heard, in seconds: `start_s`, or the end of the pause in or before which it begins.

    It is at most `longest_s(text)` before `end_s`. Noise and music have no pauses, so there `start_s` is not moved
    behind one.
    """
    return max(_after_pause(sound, start_s, end_s), end_s - longest_s(text))


def longest_s(text: str) -> float:
    """Return the longest plausible duration of a word, in seconds."""
    # Only words that are all capitals are abbreviations; the capital of a name or sentence is one letter like others.
    signs = [sign for sign in (text if text.isupper() else text.lower()) if sign.isalnum()]
    return (WORD_MS + sum(LETTER_MS if sign.islower() else SIGN_MS for sign in signs)) / 1000


def _sound(blobs: Blobs, segment: Segment) -> Sound:
    from faster_whisper.audio import decode_audio  # noqa: PLC0415  loads ctranslate2, and only the worker needs it

    assert segment.audio_uri is not None
    # A path from a folder, a file object from S3; the latter is read whole, a few MB.
    with blobs.open(blob_key(segment.audio_uri)) as source:
        decoded: Sound = decode_audio(source if isinstance(source, str) else io.BytesIO(source.read()))
    return decoded


def _supported(model: "WhisperModel", language: str | None) -> str | None:
    """The language as Whisper calls it, or None, which detects it, for a language that Whisper does not support."""
    primary = language.split("-")[0] if language else None
    return primary if primary in model.supported_languages else None


def _after_pause(sound: Sound, start_s: float, end_s: float) -> float:
    levels = _levels(sound, start_s, end_s)
    if not len(levels):
        return start_s
    # The -1 stands for a loud step before the first one, so that a silence at the beginning is a gap like others.
    loud = np.concatenate(([-1], np.flatnonzero(levels >= levels.max() - SILENCE_DB)))
    gaps = np.diff(loud) - 1
    pauses = np.flatnonzero((gaps >= PAUSE_STEPS) & (loud[:-1] < RESIDUE_STEPS))
    return start_s + int(loud[pauses[-1] + 1]) * STEP_MS / 1000 if len(pauses) else start_s


def _levels(sound: Sound, start_s: float, end_s: float) -> NDArray[np.float64]:
    """The level of each whole step, in dB."""
    step = SAMPLE_RATE * STEP_MS // 1000
    part = sound[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
    steps = part[: len(part) // step * step].reshape(-1, step).astype(np.float64)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(np.square(steps).mean(axis=1), FLOOR))
    return decibels
