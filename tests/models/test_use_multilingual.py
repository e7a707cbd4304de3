"""The text encoder: languages meet, sizes hold, wrong weights are refused."""

from pathlib import Path

import numpy as np
import pytest

from rushes_models.ports import TextEncoder
from rushes_models.use_multilingual import DIMENSIONS, UseMultilingual, pinned_files
from rushes_models.weights import WeightsError

SAID = [
    "We will go to the moon before this decade is out.",
    "Stir the onions until they are golden.",
    "The train to the airport leaves at noon.",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("달에 가겠다는 약속", 0),
        ("Zwiebeln anbraten", 1),
        ("空港行きの電車", 2),
        ("когда отправляется поезд", 2),
        ("cooking", 1),
    ],
)
def test_a_question_finds_what_was_said(question: str, answer: int, sentences: TextEncoder) -> None:
    scores = sentences.encode(SAID) @ sentences.encode([question])[0]
    assert int(scores.argmax()) == answer


def test_vectors_are_unit_vectors(sentences: TextEncoder) -> None:
    vectors = sentences.encode(["", "   ", "고양이", "a word " * 3000])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_batch_equals_one_by_one(sentences: TextEncoder) -> None:
    alone = np.concatenate([sentences.encode([text]) for text in SAID])
    np.testing.assert_allclose(sentences.encode(SAID), alone, atol=1e-4)


def test_nothing_in_nothing_out_and_nothing_loaded() -> None:
    assert UseMultilingual().encode([]).shape == (0, DIMENSIONS)


def test_the_end_of_a_long_text_counts(sentences: TextEncoder) -> None:
    long = "Stir the onions. " * 200
    same, other = sentences.encode([long, long + "The rocket leaves the launch pad. " * 200])
    assert float(same @ other) < 0.95


def test_refuses_other_weights(tmp_path: Path) -> None:
    weights, _ = pinned_files(tmp_path)
    weights.path.write_bytes(b"not these")
    with pytest.raises(WeightsError, match="expected 0db566fd"):
        weights.verified_bytes()


def test_recipe_is_plain_json(sentences: TextEncoder) -> None:
    recipe = sentences.recipe.as_dict()
    assert recipe["name"] == "use-multilingual-v3"
    assert recipe["dimensions"] == sentences.dimensions == DIMENSIONS
