"""The settings of the asr service."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from rushes_runtime import settings as shared
from rushes_runtime.memory import MemoryLimit
from rushes_runtime.settings import Part, Seconds


class AsrSettings(Part):
    """How speech is transcribed."""

    model: str = "whisper-base"
    """`whisper-base` (many languages) or `whisper-tiny.en`, from a wheel; else any faster-whisper model: its name
    (`small`, `large-v3`, which are downloaded from a model hub) or the path of a CTranslate2 model's folder."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs."""
    compute_type: str = "int8"
    """CTranslate2's arithmetic: int8, int8_float16, float16, float32."""
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    """CPU threads of the model."""
    beam_size: Annotated[int, Field(ge=1, le=20)] = 5
    """Number of hypotheses that decoding keeps."""
    vad: bool = True
    """Skip what Silero's voice activity detection classifies as no speech."""
    cache: Path = Path("~/.cache/rushes")
    """Folder in which models that are distributed in parts are joined."""
    time_limit_s: Seconds = 900
    """A segment that takes longer is a failed attempt."""
    memory_limit: MemoryLimit = None
    """Bytes of memory that the compute child may take; 0: no limit. Default: half of the machine's memory, and at
    least 2 GB."""

    def result_settings(self) -> dict[str, Any]:
        """Return the settings that change the transcript, as JSON values: a recipe hashes them with `STAGE_VERSION`."""
        return self.model_dump(mode="json", include={"model", "compute_type", "beam_size", "vad"})


class Settings(shared.Settings):
    """All settings of the asr service."""

    asr: AsrSettings = AsrSettings()
