"""The scenes service: its composition and its Kafka handler."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Protocol

from rushes_runtime.artefacts import Artefact, find_or_make, read
from rushes_runtime.bus.progress import made
from rushes_runtime.bus.stage import Stage
from rushes_runtime.compute import ComputeChild
from rushes_runtime.deletion import drops_deleted
from rushes_runtime.memory import memory_limit
from rushes_runtime.platform import Platform
from rushes_runtime.recipe import recipe
from rushes_runtime.record_context import Record
from rushes_runtime.service import Service
from rushes_scenes.settings import STAGE_VERSION, SceneSettings
from rushes_scenes.worker import Worker, detect_scenes
from rushes_schemas.artefacts import SceneList
from rushes_schemas.events import Scene, ScenesDetected, Segment, SegmentTranscribed, Video, Word, extended
from rushes_schemas.storyboard import Storyboard, storyboard_key
from rushes_schemas.topics import SCENES_DETECTED, SEGMENT_TRANSCRIBED
from rushes_schemas.words import shared_out, text_of


class DetectScenes(Protocol):
    """Returns the scenes of a segment after storing their keyframes under the recipe."""

    async def __call__(self, video: Video, segment: Segment, recipe: str) -> tuple[Scene, ...]: ...


def build(platform: Platform, settings: SceneSettings) -> Service:
    """Compose the service. It decodes media in a worker process that starts with the service."""
    child = ComputeChild(
        partial(Worker, platform.blobs, settings),
        name="scenes",
        time_limit_s=settings.time_limit_s,
        memory_limit_bytes=memory_limit(settings.memory_limit, share=1 / 3, least=3_000_000_000),
    )

    async def in_child(video: Video, segment: Segment, recipe: str) -> tuple[Scene, ...]:
        return await child.run(detect_scenes, video, segment, recipe)

    stage = Stage("scenes", platform, {"blobs": platform.blobs.ready})
    handle(stage, platform, settings, in_child)
    return Service(
        "scenes",
        stages=[stage],
        checks=stage.checks | {"scenes child": child.ready},
        lifespans=[child.running(), stage.running()],
    )


def handle(stage: Stage, platform: Platform, settings: SceneSettings, detect: DetectScenes) -> None:
    """Register the handler."""

    @stage.publishes(SCENES_DETECTED)
    @stage.consumes(SEGMENT_TRANSCRIBED)
    @drops_deleted(platform.blobs)
    async def on_segment_transcribed(event: SegmentTranscribed, record: Record) -> ScenesDetected:
        """Find or make the segment's scenes, and add their words."""
        artefact = artefact_of(event, settings)
        record.learn(recipe=artefact.recipe)

        async def work() -> SceneList:
            return SceneList(scenes=await detect(event.video, event.segment, artefact.recipe))

        board = storyboard_key(event.video.video_id, event.segment.index, artefact.recipe)
        is_whole = await read(platform.blobs, board, Storyboard) is not None
        result = await find_or_make(platform.blobs, artefact, SceneList, work, anew=not is_whole)
        await stage.progress.publish(made(event, result))
        scenes = with_words(result.content.scenes, event.transcript.words)
        return extended(event, ScenesDetected, scenes=scenes, scenes_recipe=artefact.recipe)


def artefact_of(event: SegmentTranscribed, settings: SceneSettings) -> Artefact:
    """Return the artefact of a segment's scenes. Its recipe changes with the time range, detector and settings."""
    time_range = [event.segment.start_ms, event.segment.end_ms]
    # These keys are hashed: renaming one would make every stored artefact unfindable.
    inputs = settings.result_settings() | {"range": time_range}
    return Artefact(event.video.video_id, event.segment.index, "scenes", recipe("scenes", STAGE_VERSION, inputs))


def with_words(scenes: Sequence[Scene], words: Iterable[Word]) -> tuple[Scene, ...]:
    """Return the scenes, each with the text of its words. Raises ValueError for words without a scene."""
    shares = shared_out(scenes, words)
    return tuple(scene.model_copy(update={"text": text_of(its)}) for scene, its in zip(scenes, shares, strict=True))
