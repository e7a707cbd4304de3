"""Synthetic scenes with vectors of the real models: sentences by rule, pictures as mixtures of things."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import numpy as np
import yaml

from rushes_models.lexical import LexicalEncoder
from rushes_models.ports import ImageTextEncoder, TextEncoder
from rushes_models.terms import phrase_terms
from rushes_runtime.index.port import Point, Sparse
from rushes_schemas.index import ScenePayload, as_payload

PER_VIDEO = 60
KEYFRAMES = 3
BATCH = 500
SENTENCES = 4000
"""How many different ones are spoken, three in a scene, whose vector is the mean of theirs."""
NAMESPACE = UUID("3a3b0c52-6d0e-4f5c-9a8e-0f6f7c0e7d11")

_WORDS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text("utf-8"))
WHO, DOES, WHAT, HOW = (_WORDS[part] for part in ("who", "does", "what", "how"))


def sentence(random: Random) -> str:
    """Something that somebody may say."""
    return f"the {random.choice(WHO)} {random.choice(DOES)} the {random.choice(WHAT)} {random.choice(HOW)}"


def question(random: Random) -> str:
    """Something that somebody may ask; hardly ever the same twice."""
    return f"{random.choice(WHO)} {random.choice(DOES)} a {random.choice(WHAT)} {random.choice(HOW)}"


def scenes(count: int, texts: TextEncoder, images: ImageTextEncoder) -> Iterator[list[Point]]:
    """So many points, a batch at a time; the same at every run."""
    random, dice = Random(7), np.random.default_rng(7)
    things = images.encode_queries([*WHO, *WHAT])
    sentences = [sentence(random) for _ in range(SENTENCES)]
    meanings = texts.encode(sentences)
    lexical = LexicalEncoder()
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        spoken = dice.integers(0, SENTENCES, (len(numbers), 3))
        said = [". ".join(sentences[each] for each in three) for three in spoken]
        speech = meanings[spoken].mean(axis=1)
        visual = _pictures(len(numbers), things, dice)
        yield [
            _point(number, text, row, rows, lexical)
            for number, text, row, rows in zip(numbers, said, speech, visual, strict=True)
        ]


def _pictures(count: int, things: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """(count, KEYFRAMES, dimensions): the keyframes of a scene show the same few things, not quite alike."""
    shown = things[dice.integers(0, len(things), (count, 1, 3))] * dice.dirichlet((0.6,) * 3, (count, 1))[..., None]
    noise = dice.standard_normal((count, KEYFRAMES, things.shape[1])) / np.sqrt(things.shape[1])
    mixed = shown.sum(axis=2) + 0.5 * noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True), np.float32)


def _point(number: int, text: str, speech: np.ndarray, visual: np.ndarray, lexical: LexicalEncoder) -> Point:
    words = lexical.encode_document(text, "en")
    places = [place for place in range(len(text)) if place == 0 or text[place - 1] == " "]
    start_ms = number % PER_VIDEO * 8000
    payload = ScenePayload(
        video_id=str(uuid5(NAMESPACE, f"video {number // PER_VIDEO}")),
        segment=start_ms // 120_000,
        scene=number % 15,
        start_ms=start_ms,
        end_ms=start_ms + 8000,
        title=f"Film {number // PER_VIDEO}",
        text=text,
        language="en",
        fallback=False,
        thumbnail_uri=f"blob:videos/{number}.jpg",
        keyframe_times_ms=(start_ms + 1000, start_ms + 4000, start_ms + 7000),
        metadata={"camera": "AB"[number % 2]},
        metadata_pairs=(f"camera={'AB'[number % 2]}",),
        word_places=tuple(places),
        word_times_ms=tuple(start_ms + 200 * word for word in range(len(places))),
        phrase_terms=" ".join(term.text for term in phrase_terms(text)),
        duration_ms=PER_VIDEO * 8000,
        added_at=1_700_000_000_000 + number,
        indexed_at=1_700_000_000_000 + number,
        recipe="bench",
    )
    id = str(uuid5(NAMESPACE, f"scene {number}"))
    return Point(
        id, as_payload(payload), {"visual": visual, "speech": speech, "lexical": Sparse(words.indices, words.values)}
    )
