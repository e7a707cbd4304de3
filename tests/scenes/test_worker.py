"""The compute child's work, from a stored video to scenes with stored pictures."""

import hashlib
import json
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import av
import pytest
from pydantic import ValidationError
from tests.scenes.films import B_FRAMES, at, black, steady, write

from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError
from rushes_scenes.settings import SceneSettings
from rushes_scenes.video_reader import Decoding
from rushes_scenes.worker import Worker, detect_scenes
from rushes_schemas.events import Scene, Segment, Video
from rushes_schemas.ids import blob_key, blob_uri, video_id

KEY = "sources/film"
CUTS_MS = [2000, 4000, 4040 + 600, 8000]
DURATION_MS = 10_000


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write(path, steady(CUTS_MS, DURATION_MS), options=B_FRAMES, start_ms=700).read_bytes()


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(Blobs(f"file://{tmp_path}/blobs"), SceneSettings(picture_width=160))


def stored(worker: Worker, data: bytes) -> Video:
    worker.blobs.put_now(KEY, data)
    sha256 = hashlib.sha256(data).hexdigest()
    return Video(
        video_id=video_id(sha256),
        sha256=sha256,
        duration_ms=DURATION_MS,
        width=320,
        height=180,
        has_audio=False,
        segment_count=1,
        source_uri=blob_uri(KEY),
        size_bytes=len(data),
        media_type="video/mp4",
    )


def segments(*borders_ms: int) -> Iterator[Segment]:
    for index, (start_ms, end_ms) in enumerate(pairwise(borders_ms)):
        yield Segment(index=index, start_ms=start_ms, end_ms=end_ms)


def spans(scenes: Sequence[Scene]) -> list[tuple[int, int, bool]]:
    return [(scene.start_ms, scene.end_ms, scene.continues) for scene in scenes]


def test_scenes_tile_each_segment_and_say_which_continue(worker: Worker, film: bytes) -> None:
    video = stored(worker, film)

    found = [spans(detect_scenes(worker, video, segment, "r1")) for segment in segments(0, 4000, 7000, DURATION_MS)]

    assert found == [
        [(0, 2000, False), (2000, 4000, False)],
        [(4000, 4640, False), (4640, 7000, False)],
        [(7000, 8000, True), (8000, 10_000, False)],
    ]


def test_keyframes_lie_in_their_scene_and_in_the_store(worker: Worker, film: bytes) -> None:
    video = stored(worker, film)

    scenes = detect_scenes(worker, video, Segment(index=0, start_ms=0, end_ms=DURATION_MS), "r1")

    assert [scene.index for scene in scenes] == list(range(5))
    assert [len(scene.keyframes) for scene in scenes] == [3, 3, 1, 3, 3]
    for scene in scenes:
        assert scene.text == ""
        for keyframe in scene.keyframes:
            assert scene.start_ms < keyframe.time_ms < scene.end_ms
            key = blob_key(keyframe.uri)
            assert key == f"videos/{video.video_id}/0/keyframes-r1/{keyframe.time_ms}.jpg"
            assert worker.blobs.folder is not None
            assert (worker.blobs.folder / key).read_bytes().startswith(b"\xff\xd8")


def test_doing_it_again_gives_the_same(worker: Worker, film: bytes) -> None:
    video = stored(worker, film)
    segment = Segment(index=1, start_ms=3000, end_ms=7000)

    assert detect_scenes(worker, video, segment, "r1") == detect_scenes(worker, video, segment, "r1")


def test_a_remote_store_gives_what_a_folder_gives(worker: Worker, film: bytes) -> None:
    video = stored(worker, film)
    segment = Segment(index=1, start_ms=3000, end_ms=7000)
    local = detect_scenes(worker, video, segment, "r1")
    remote = Worker(Blobs("memory://"), worker.settings)
    stored(remote, film)

    assert detect_scenes(remote, video, segment, "r1") == local


def test_each_frame_is_decoded_once_and_few_outside(
    worker: Worker, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: Counter[int] = Counter()
    iterate = Decoding.__iter__

    def counting(self: Decoding) -> Iterator[tuple[int, object]]:
        for pts, frame in iterate(self):
            decoded[pts] += 1
            yield pts, frame

    monkeypatch.setattr(Decoding, "__iter__", counting)

    detect_scenes(worker, stored(worker, film), Segment(index=1, start_ms=5000, end_ms=9000), "r1")

    assert max(decoded.values()) == 1
    lead_in, tail = (2000 + 600 + 160 + 2000) // 40, 2
    assert len(decoded) <= 1 + lead_in + 100 + tail


def test_a_picture_that_is_held_over_a_segment_is_its_only_scene(worker: Worker, tmp_path: Path) -> None:
    path = write(tmp_path / "held.mkv", at([0, 40, 80, 9000, 9040], [9000]))

    (scene,) = detect_scenes(
        worker, stored(worker, path.read_bytes()), Segment(index=1, start_ms=3000, end_ms=6000), "r1"
    )

    assert spans([scene]) == [(3000, 6000, True)]
    assert [keyframe.time_ms for keyframe in scene.keyframes] == [3000]


def test_sound_that_goes_on_after_the_pictures_shows_the_last_one(worker: Worker, film: bytes) -> None:
    late = Segment(index=3, start_ms=20_000, end_ms=25_000)

    (scene,) = detect_scenes(worker, stored(worker, film), late, "r1")

    assert [keyframe.time_ms for keyframe in scene.keyframes] == [20_000]


def test_a_picture_in_the_dark_gives_way_to_one_near_it(worker: Worker, tmp_path: Path) -> None:
    frames = [(ms, black() if ms < 480 else picture) for ms, picture in steady([], 1000)]
    video = stored(worker, write(tmp_path / "fade.mp4", frames).read_bytes())

    scenes = detect_scenes(worker, video, Segment(index=0, start_ms=0, end_ms=1000), "r1")

    assert all(480 <= keyframe.time_ms < 1000 for keyframe in scenes[0].keyframes)
    assert scenes[0].keyframes


def test_a_segment_whose_pictures_are_broken_is_refused_by_name(worker: Worker, tmp_path: Path) -> None:
    path = write(tmp_path / "film.mp4", steady([], 12_000), options=B_FRAMES)
    video = stored(worker, erased(path, 4000, 9000))

    with pytest.raises(InvalidError) as refused:
        detect_scenes(worker, video, Segment(index=2, start_ms=6000, end_ms=7500), "r1")

    assert refused.value.reason == "nothing_decodes"
    assert all(word in str(refused.value) for word in (video.video_id, "segment 2", "6000", "7500"))


def test_a_segment_that_is_broken_in_part_has_the_rest(worker: Worker, tmp_path: Path) -> None:
    path = write(tmp_path / "film.mp4", steady([], 12_000), options=B_FRAMES)
    video = stored(worker, erased(path, 6500, 9000))

    scenes = detect_scenes(worker, video, Segment(index=2, start_ms=6000, end_ms=11_000), "r1")

    assert (scenes[0].start_ms, scenes[-1].end_ms) == (6000, 11_000)
    times = [keyframe.time_ms for scene in scenes for keyframe in scene.keyframes]
    assert times
    assert not [ms for ms in times if 6600 < ms < 9000]


def erased(path: Path, start_ms: int, end_ms: int) -> bytes:
    """A film's bytes with zeros for the pictures that are shown in this time."""
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.pos is None or packet.pts is None:
                continue
            if start_ms <= packet.pts * packet.time_base * 1000 < end_ms:
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    return bytes(data)


def test_a_cutter_can_be_sent_to_its_process(worker: Worker) -> None:
    copy = pickle.loads(pickle.dumps(worker))

    assert copy.settings == worker.settings
    assert copy.blobs.url == worker.blobs.url


def test_the_recipe_is_made_of_what_shapes_the_result() -> None:
    plain = SceneSettings().result_settings()

    assert plain == SceneSettings(decode_threads=3, time_limit_s=5, memory_limit=10**9).result_settings()
    assert plain != SceneSettings(keyframes=2).result_settings()
    assert plain["detector"]["name"] == "adaptive"
    assert json.dumps(plain) != json.dumps(SceneSettings(min_scene_len=15.0).result_settings())


@pytest.mark.parametrize("wrong", [{"detector": {"name": "magic"}}, {"keyframes": 0}, {"min_scene_len": -1}, {"x": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SceneSettings.model_validate(wrong)


def test_a_shortest_scene_is_frames_or_seconds_as_it_is_written() -> None:
    written = [SceneSettings.model_validate({"min_scene_len": text}).min_scene_len for text in ("20", "0.5", 20, 0.5)]

    assert written == [20, 0.5, 20, 0.5]
    assert [type(each) for each in written] == [int, float, int, float]
