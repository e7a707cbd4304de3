"""Speech to words: the compute child's work."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rushes_asr.onsets import Sound, heard_from
from rushes_asr.settings import AsrSettings
from rushes_asr.weights import find_weights
from rushes_runtime.blobs import Blobs
from rushes_schemas.events import Segment, Transcript, Word
from rushes_schemas.ids import blob_key

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


@dataclass(frozen=True)
class Transcriber:
    """What the child holds: where the sound lies, and the loaded model."""

    blobs: Blobs
    settings: AsrSettings
    model: "WhisperModel"


def load(blobs: Blobs, settings: AsrSettings) -> Transcriber:
    """Load the model, in the child. Raises ConfigurationError where there is none."""
    from faster_whisper import WhisperModel  # noqa: PLC0415  half a second, and only the child needs it

    model = WhisperModel(
        find_weights(settings.model, settings.cache),
        device=settings.device,
        compute_type=settings.compute_type,
        cpu_threads=settings.threads,
    )
    return Transcriber(blobs, settings, model)


def transcribe(transcriber: Transcriber, segment: Segment, language: str | None) -> Transcript:
    """The words of a segment on the video's clock; `language` is the publisher's, or None to detect it.

    No speech is an answer. Blocks for about a tenth of the segment's duration per core.
    """
    sound = _sound(transcriber.blobs, segment)
    heard, info = transcriber.model.transcribe(
        sound,
        language=_known(transcriber.model, language),
        beam_size=transcriber.settings.beam_size,
        vad_filter=transcriber.settings.vad,
        word_timestamps=True,
    )
    spoken = [word for part in heard for word in part.words or ()]
    words = tuple(on_the_clock(spoken, segment, sound))
    if not words:
        return Transcript(status="no_speech")
    return Transcript(status="ok", language=info.language, words=words)


def _sound(blobs: Blobs, segment: Segment) -> Sound:
    from faster_whisper.audio import decode_audio  # noqa: PLC0415

    assert segment.audio_uri is not None
    with blobs.open(blob_key(segment.audio_uri)) as source:
        decoded: Sound = decode_audio(source if isinstance(source, str) else io.BytesIO(source.read()))
    return decoded


def on_the_clock(spoken: Iterable[Any], segment: Segment, sound: Sound) -> Iterator[Word]:
    """faster-whisper's words (seconds from the segment's start, a leading space where one is written) on the video's
    clock, from where they are heard in the segment's sound, in order, inside the segment."""
    earliest = segment.start_ms
    for word in spoken:
        text = word.word.strip()
        if not text:
            continue
        begins_s = heard_from(sound, text, word.start, word.end)
        start = min(max(segment.start_ms + round(begins_s * 1000), earliest), segment.end_ms)
        end = min(max(segment.start_ms + round(word.end * 1000), start), segment.end_ms)
        earliest = start
        yield Word(
            start_ms=start,
            end_ms=end,
            text=text,
            probability=round(min(max(word.probability, 0.0), 1.0), 3),
            joined=not word.word.startswith(" "),
        )


def _known(model: "WhisperModel", language: str | None) -> str | None:
    """The language as Whisper names it, or None, to be detected, where it is none of Whisper's."""
    primary = language.split("-")[0] if language else None
    return primary if primary in model.supported_languages else None
