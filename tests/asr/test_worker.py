"""A word begins where it is heard, not in the pause before it."""

import numpy as np
import pytest

from rushes_asr.worker import SAMPLE_RATE, Sound, heard_from, longest_s

NOISE, SPEECH = 0.003, 0.3


def sound(*parts: tuple[float, float]) -> Sound:
    """Stretches of noise, each of a length in seconds and a loudness."""
    random = np.random.default_rng(5)
    stretches = [random.standard_normal(round(length * SAMPLE_RATE)) * loudness / 3 for length, loudness in parts]
    return np.concatenate(stretches).astype(np.float32)


@pytest.mark.parametrize(
    ("parts", "start_s", "end_s", "begins_s"),
    [
        ([(0.5, SPEECH)], 0.1, 0.4, 0.1),
        ([(0.4, NOISE), (0.3, SPEECH)], 0.1, 0.7, 0.4),
        ([(0.2, SPEECH), (0.6, NOISE), (0.2, SPEECH)], 0.1, 1.0, 0.8),
        ([(0.2, SPEECH), (0.12, NOISE), (0.2, SPEECH)], 0.0, 0.5, 0.0),
        ([(0.5, SPEECH), (0.3, NOISE), (0.2, SPEECH)], 0.0, 1.0, 0.0),
        ([(0.2, 0.0), (0.2, 0.0)], 0.0, 0.4, 0.0),
        ([(0.5, SPEECH)], 0.2, 0.2, 0.2),
        ([(0.5, SPEECH)], 0.6, 0.9, 0.6),
        ([(0.5, 0.1), (0.3, SPEECH)], 0.1, 0.8, 0.1),
    ],
    ids=[
        "no pause",
        "in the pause",
        "before the pause",
        "a stop within a word",
        "a pause after the word",
        "silence",
        "no time at all",
        "after the end",
        "music under the speech",
    ],
)
def test_where_a_word_is_heard(parts: list[tuple[float, float]], start_s: float, end_s: float, begins_s: float) -> None:
    assert heard_from(sound(*parts), "extraordinarily", start_s, end_s) == pytest.approx(begins_s, abs=0.011)


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("is", 0.32),
        ("Is,", 0.32),
        ("I", 0.45),
        ("BBC", 0.95),
        ("1984", 1.2),
        ("\u00fcber", 0.44),
        ("\u6620\u753b", 0.7),
    ],
)
def test_a_word_takes_as_long_as_its_signs(text: str, longest: float) -> None:
    assert longest_s(text) == pytest.approx(longest)


def test_a_word_does_not_begin_in_the_word_before_it() -> None:
    """There is no pause between the two: what is too long for a short word is the end of the one before."""
    assert heard_from(sound((2, SPEECH)), "is", 0.4, 1.0) == pytest.approx(0.68)
