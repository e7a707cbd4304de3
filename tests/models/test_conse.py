"""The offline image-text encoder on real photographs."""

from pathlib import Path

import numpy as np
import pytest

from rushes_models.conse import MODEL, SHARED_DIRECTION, Conse
from rushes_models.ports import Image, ImageTextEncoder, TextEncoder, Vectors
from rushes_models.weights import PinnedFile, WeightsError

FLOOR = 0.30
"""Most right hits score above it and most absent things below: see models/README.md for how many."""


@pytest.fixture(scope="module")
def picture_vectors(pictures_and_words: ImageTextEncoder, photographs: dict[str, Image]) -> Vectors:
    return pictures_and_words.encode_images(list(photographs.values()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cat", "cat"),
        ("고양이", "cat"),
        ("猫", "cat"),
        ("a cat looking at the camera", "cat"),
        ("coffee", "coffee"),
        ("커피", "coffee"),
        ("una taza de café", "coffee"),
        ("rocket", "rocket"),
        ("로켓", "rocket"),
        ("火箭", "rocket"),
        ("a man with a camera on a tripod", "photographer"),
        ("Fotograf mit Stativ", "photographer"),
    ],
)
def test_finds_the_photograph(
    query: str,
    expected: str,
    pictures_and_words: ImageTextEncoder,
    photographs: dict[str, Image],
    picture_vectors: Vectors,
) -> None:
    scores = picture_vectors @ pictures_and_words.encode_queries([query])[0]
    assert list(photographs)[int(scores.argmax())] == expected


@pytest.mark.parametrize("query", ["cat", "고양이", "Katze", "coffee", "커피", "una taza de café"])
def test_present_things_score_above_the_floor(
    query: str, pictures_and_words: ImageTextEncoder, picture_vectors: Vectors
) -> None:
    """Not the rocket: JPEG artefacts around it take 로켓 below (models/README.md)."""
    assert (picture_vectors @ pictures_and_words.encode_queries([query])[0]).max() > FLOOR


@pytest.mark.parametrize("query", ["elephant", "피아노", "Flugzeug", "piscina", "a baby sleeping in a bed"])
def test_absent_things_stay_below_the_floor(
    query: str, pictures_and_words: ImageTextEncoder, picture_vectors: Vectors
) -> None:
    assert (picture_vectors @ pictures_and_words.encode_queries([query])[0]).max() < FLOOR


def test_vectors_are_unit_vectors(pictures_and_words: ImageTextEncoder, picture_vectors: Vectors) -> None:
    queries = pictures_and_words.encode_queries(["cat", "", "x" * 5000])
    for vectors in (picture_vectors, queries):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_more_than_a_batch_equals_one_by_one(
    pictures_and_words: ImageTextEncoder, photographs: dict[str, Image]
) -> None:
    pictures = list(photographs.values()) * 2
    alone = np.concatenate([pictures_and_words.encode_images([picture]) for picture in pictures])
    np.testing.assert_allclose(pictures_and_words.encode_images(pictures), alone, atol=1e-4)


def test_nothing_in_nothing_out(sentences: TextEncoder) -> None:
    encoder = Conse(sentences, threads=1)
    assert encoder.encode_images([]).shape == (0, encoder.dimensions)
    assert encoder.encode_queries([]).shape == (0, encoder.dimensions)


@pytest.mark.parametrize(
    "not_a_picture",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
    ids=["grey", "with alpha", "empty"],
)
def test_refuses_what_is_no_rgb_picture(not_a_picture: Image, pictures_and_words: ImageTextEncoder) -> None:
    with pytest.raises(ValueError, match="RGB picture"):
        pictures_and_words.encode_images([not_a_picture])


def test_queries_do_not_need_the_picture_half(sentences: TextEncoder, tmp_path: Path) -> None:
    missing = PinnedFile(tmp_path / "missing.onnx", MODEL.sha256)
    encoder = Conse(sentences, threads=1, model=missing)
    assert encoder.encode_queries(["cat"]).shape == (1, encoder.dimensions)
    with pytest.raises(WeightsError, match="cannot read"):
        encoder.warm()


def test_refuses_corrupted_files(sentences: TextEncoder, photographs: dict[str, Image], tmp_path: Path) -> None:
    model, direction = _corrupted(MODEL, tmp_path), _corrupted(SHARED_DIRECTION, tmp_path)
    encoder = Conse(sentences, threads=1, model=model, shared_direction=direction)
    with pytest.raises(WeightsError, match="expected c758f668"):
        encoder.encode_images([photographs["cat"]])
    with pytest.raises(WeightsError, match="expected c85700d2"):
        encoder.encode_queries(["cat"])


def _corrupted(file: PinnedFile, folder: Path) -> PinnedFile:
    """A copy with one byte changed in the middle."""
    content = bytearray(file.path.read_bytes())
    content[len(content) // 2] ^= 1
    copy = folder / file.path.name
    copy.write_bytes(content)
    return PinnedFile(copy, file.sha256)
