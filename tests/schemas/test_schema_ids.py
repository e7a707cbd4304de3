"""Ids are for ever: the same input gives the same id in every release."""

import pytest

from rushes_schemas.ids import blob_key, blob_uri, scene_point_id, video_id

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_video_id_is_a_function_of_its_bytes_alone() -> None:
    assert video_id(EMPTY) == "3f418005-d837-5f98-ae96-498e8d617776"


def test_a_point_id_is_a_function_of_video_segment_scene_and_recipe() -> None:
    assert (
        scene_point_id("76fa1154-3009-525a-8157-976ecef8cd86", 1, 2, "5d7e01ab93c2")
        == "ecc5b3a6-597f-577e-aaaa-74c9b9a08c28"
    )


@pytest.mark.parametrize(
    ("segment", "scene", "recipe"),
    [(2, 1, "r"), (1, 1, "r"), (1, 2, "s"), (12, 1, "r"), (1, 21, "r")],
)
def test_no_two_scenes_share_a_point(segment: int, scene: int, recipe: str) -> None:
    video = video_id(EMPTY)
    assert scene_point_id(video, segment, scene, recipe) != scene_point_id(video, 1, 2, "r")


def test_a_blob_uri_names_its_key() -> None:
    assert blob_uri("videos/1/source") == "blob:videos/1/source"
    assert blob_key(blob_uri("videos/1/source")) == "videos/1/source"


def test_any_other_scheme_is_no_blob() -> None:
    with pytest.raises(ValueError, match="s3://bucket/key"):
        blob_key("s3://bucket/key")
