"""The stages, in the order in which a video passes them: the one place where a stage says what it is.

Topics, consumer groups, the ledger, the reconciler, replays, deletion, the command and its progress bars, and the tests
of the deployment read it here. docs/adding-a-stage.md lists the files that a new stage touches.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from rushes_schemas.artefacts import Plan, SceneList, VisualVectors
from rushes_schemas.events import StageName, Transcript

CATALOG = "catalog"
"""The service that keeps the ledger. It consumes what every stage reports, and is no stage itself."""


@dataclass(frozen=True)
class StageSpec:
    """A stage: a service that consumes one event per unit of work and makes one artefact of it.

    Its name is that of its service (`rushes run NAME`), of its line in the ledger, of its label in the metrics, of its
    settings (`RUSHES_NAME__...`), and the first part of its consumer group, retry topic and dead letter topic.
    """

    name: StageName
    consumes: str
    """The topic of the events that it works on."""
    publishes: str | None
    """The topic of its results; None for the last stage, which writes into the index."""
    unit: Literal["video", "segment"]
    """What one event is about, and so how the ledger counts: once per video, or once per segment."""
    artefact: type[BaseModel]
    """The content of its artefact, which is stored as `<name>-<recipe>.json`."""
    blobs: tuple[str, ...] = ()
    """The first part of the names of the other blobs that it stores, up to a `-` or a `.`."""
    is_required: bool = True
    """Whether a segment is lost if the stage fails on it. If not, later stages go on without its result, and the video
    is `degraded`."""
    is_replayable: bool = True
    """Whether a replay may begin with it. The catalog must then be able to make the event that it consumes: see
    `rushes_runtime.index.artefact_events`."""


STAGES = (
    StageSpec("ingest", "video-uploaded", "segment-planned", "video", Plan, blobs=("sound",)),
    # A video whose speech is not understood is still found by its pictures.
    StageSpec("asr", "segment-planned", "segment-transcribed", "segment", Transcript, is_required=False),
    StageSpec(
        "scenes", "segment-transcribed", "scenes-detected", "segment", SceneList, blobs=("keyframes", "storyboard")
    ),
    # `rushes reindex` is how its work is done again.
    StageSpec("embed", "scenes-detected", None, "segment", VisualVectors, is_replayable=False),
)

STAGE_NAMES: tuple[StageName, ...] = tuple(stage.name for stage in STAGES)
SEGMENT_STAGES: tuple[StageName, ...] = tuple(stage.name for stage in STAGES if stage.unit == "segment")
"""The stages that have a line in the ledger of each segment."""
REQUIRED: tuple[StageName, ...] = tuple(stage.name for stage in STAGES if stage.unit == "segment" and stage.is_required)
REPLAYABLE: tuple[StageName, ...] = tuple(stage.name for stage in STAGES if stage.is_replayable)
INDEXER: StageName = STAGE_NAMES[-1]
"""The stage that writes the points. A segment that it is done with can be found."""


def spec_of(name: StageName) -> StageSpec:
    """Return the stage of that name."""
    return STAGES[STAGE_NAMES.index(name)]


def producers_of(topic: str) -> tuple[str, ...]:
    """Return the services that publish a stage's events: the stage before it, and the catalog for replays."""
    stages = tuple(stage.name for stage in STAGES if stage.publishes == topic)
    return (*stages, *(CATALOG for stage in STAGES if stage.consumes == topic and stage.is_replayable))


def consumers_of(topic: str) -> tuple[str, ...]:
    """Return the stages that consume a topic."""
    return tuple(stage.name for stage in STAGES if stage.consumes == topic)


def up_to(name: StageName) -> tuple[StageName, ...]:
    """Return the stages up to this one, itself included."""
    return STAGE_NAMES[: STAGE_NAMES.index(name) + 1]


def maker_of(blob: str) -> StageName | None:
    """Return the stage that stores blobs of this name, or None if no stage does. `blob` is a key's last part, without
    its recipe: `asr`, `keyframes`."""
    return next((stage.name for stage in STAGES if blob == stage.name or blob in stage.blobs), None)
