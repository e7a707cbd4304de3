"""The cutting lists of all example films."""

from __future__ import annotations

from making import sources as s
from making.cutting import Film, Moving, Still
from making.media import Clip, View

_AUSTEN_GAIN = 1.6
_SMALL = (512, 288)

CABINET = Film(
    file="cabinet-of-curiosities.mp4",
    title="A cabinet of curiosities",
    description="Thirteen things to look at, while three voices speak of something else: a president's"
    " inaugural address, a novel and a sonnet.",
    purpose="the demo; shots against words",
    language="en",
    licence="CC-BY-4.0",
    shots=(
        Moving(s.BUNNY, "a big cartoon rabbit comes out of its burrow"),
        Still(s.CAT, "a tabby cat's face", 150, View(0.5, 0.5, 0.98), View(0.53, 0.5, 0.75)),
        Still(s.ROCKET, "a rocket on its launch pad at dusk", 125, View(0.5, 0.55, 1.0), View(0.5, 0.6, 0.72)),
        Still(s.COFFEE, "a cup of espresso on a wooden table", 150, View(0.5, 0.5, 1.0), View(0.52, 0.45, 0.76)),
        Still(s.TEMPLE, "a Chinese temple tower above a lake", 125, View(0.62, 0.5, 0.8), View(0.4, 0.5, 0.8)),
        Still(s.RACCOON, "a raccoon among leaves", 150, View(0.5, 0.5, 1.0), View(0.6, 0.4, 0.72)),
        Still(
            s.PHOTOGRAPHER,
            "a photographer with a camera on a tripod",
            150,
            View(0.5, 0.62, 1.0),
            View(0.5, 0.36, 1.0),
        ),
        Still(s.DRUM, "a drum lying on a beanbag", 150, View(0.5, 0.7, 1.0), View(0.4, 0.63, 0.85)),
        Still(
            s.BRUSHES,
            "paintbrushes with coloured bristles",
            137,
            View(0.45, 0.5, 0.9),
            View(0.55, 0.45, 0.75),
        ),
        Still(s.FIG, "half a fig in a red bowl", 138, View(0.5, 0.5, 1.0), View(0.57, 0.52, 0.7)),
        Still(s.DANDELION, "dandelion clocks in a meadow", 150, View(0.5, 0.5, 1.0), View(0.38, 0.45, 0.75)),
        Still(s.DAHLIA, "an orange dahlia in bloom", 150, View(0.5, 0.55, 0.95), View(0.5, 0.45, 0.78)),
        Still(s.AUTUMN, "a green meadow below a mountain", 193, View(0.4, 0.45, 0.75), View(0.6, 0.45, 0.75)),
    ),
    clips=(
        Clip(s.BUNNY, 0, to_ms=5280, gain=0.5),
        Clip(s.KENNEDY, 6000, gain=0.8),
        Clip(s.AUSTEN_1, 18_000, gain=_AUSTEN_GAIN),
        Clip(s.AUSTEN_2, 25_400, gain=_AUSTEN_GAIN),
        Clip(s.AUSTEN_3, 28_700, gain=_AUSTEN_GAIN),
        Clip(s.AUSTEN_4, 34_300, gain=_AUSTEN_GAIN),
        Clip(s.AUSTEN_5, 40_650, gain=_AUSTEN_GAIN),
        Clip(s.SONNET, 46_000, from_ms=2500, to_ms=30_600),
    ),
)

POSTCARDS = Film(
    file="silent-postcards.mp4",
    title="Silent postcards from our holidays",
    description="Nine views without a sound: two dogs, a city, a clock, a table laid for Christmas.",
    purpose="a video without a sound track: its title is the only text",
    language=None,
    licence="CC-BY-SA-4.0",
    size=_SMALL,
    shots=(
        Still(
            s.MOTORWAY,
            "a railway between city streets and towers",
            88,
            View(0.5, 0.35, 1.0),
            View(0.5, 0.65, 0.9),
        ),
        Still(
            s.DOGS_TREE,
            "two white Samoyed dogs under a tree",
            88,
            View(0.5, 0.5, 1.0),
            View(0.53, 0.42, 0.65),
        ),
        Still(s.CLOCK, "a wall clock", 88, View(0.5, 0.5, 1.0), View(0.58, 0.48, 0.78)),
        Moving(s.DOG_FILM, "a Samoyed dog rests its head on its paws", there_and_back=True),
        Still(s.BOARD, "a circuit board", 88, View(0.5, 0.65, 0.95), View(0.62, 0.68, 0.75)),
        Still(s.DOGS_LAWN, "two Samoyed dogs on a lawn", 88, View(0.5, 0.5, 1.0), View(0.55, 0.42, 0.72)),
        Still(s.TABLE, "a table laid for Christmas", 88, View(0.45, 0.6, 0.9), View(0.42, 0.7, 0.75)),
        Still(s.DOG_TILES, "a Samoyed dog lying on white tiles", 88, View(0.5, 0.5, 1.0), View(0.6, 0.5, 0.75)),
        Still(s.LAMP, "a wooden bird hanging under a lamp", 88, View(0.5, 0.6, 0.85), View(0.5, 0.5, 1.0)),
    ),
)

SONNET = Film(
    file="sonnet-at-night.mp4",
    title="A sonnet at night",
    description="Ten quiet seconds of a city at night, then the end of Shakespeare's first sonnet.",
    purpose="speech only in the middle, after ten seconds of silence",
    language="en",
    licence="CC-BY-4.0",
    size=_SMALL,
    shots=(
        Moving(s.CITY, "lit office towers at night, seen from below", stop=116),
        Moving(s.CITY, "two office towers against the night sky", first=116),
        Still(s.GALAXIES, "galaxies in deep space", 175, View(0.35, 0.35, 0.6), View(0.65, 0.6, 0.6)),
        Still(s.SUNSET, "the sun low over hills", 185, View(0.45, 0.5, 0.95), View(0.55, 0.5, 0.8)),
        Still(
            s.STREAM,
            "a stream running down through a forest",
            175,
            View(0.5, 0.35, 0.9),
            View(0.5, 0.65, 0.9),
        ),
        Still(
            s.DRUM,
            "a wine bottle and a glass on a low table",
            175,
            View(0.55, 0.3, 0.95),
            View(0.5, 0.27, 0.75),
        ),
    ),
    clips=(Clip(s.SONNET, 10_000, from_ms=30_700, to_ms=52_400),),
)

CLOCKS = Film(
    file="uneven-clock.mp4",
    title="Ask not, at an uneven pace",
    description="A dog, then a cartoon rabbit, at a variable frame rate; a president speaks. The first"
    " picture has the time stamp 1.2 s, and the sound begins about a quarter of a second later.",
    purpose="clock tests: variable frame rate, start_time > 0, sound that starts later than the pictures",
    language="en",
    licence="CC-BY-SA-4.0",
    size=(320, 180),
    picture_starts_at_ms=1200,
    sound_starts_after_ms=250,
    shots=(
        Moving(s.DOG_FILM, "a Samoyed dog rests its head on its paws", steps=(1, 1, 2, 1, 3)),
        Moving(s.BUNNY, "a big cartoon rabbit comes out of its burrow", steps=(1, 3, 1, 2, 5, 1, 4, 1, 15, 2)),
    ),
    clips=(Clip(s.KENNEDY, 500, from_ms=3100, to_ms=7900, gain=0.8),),
)

SPANISH = Film(
    file="persuasion-es.mp4",
    title="La sorpresa de Wentworth",
    description="Una frase de «Persuasión», de Jane Austen, leída en voz alta.",
    purpose="speech in Spanish",
    language="es",
    licence="CC-BY-4.0",
    size=_SMALL,
    shots=(
        Still(s.SPANIELS, "two spaniels look out of a window", 190, View(0.5, 0.36, 1.0), View(0.5, 0.53, 1.0)),
        Still(s.PEAKS, "a path below rocky mountains", 193, View(0.5, 0.65, 1.0), View(0.5, 0.4, 0.9)),
    ),
    clips=(Clip(s.PERSUASION, 200, gain=2.6),),
)

JAPANESE = Film(
    file="light-bulb-ja.mp4",
    title="電柱の電球",
    description="「真っ昼間なのにキャンプの外れの電柱に電球がともっていた」",
    purpose="speech in Japanese; words written without spaces",
    language="ja",
    licence="CC-BY-SA-4.0",
    size=_SMALL,
    shots=(
        Still(s.CABLES, "cables of a bridge before a blue sky", 85, View(0.5, 0.5, 1.0), View(0.55, 0.45, 0.85)),
        Still(s.DRAGONFLY, "a dragonfly on a twig", 85, View(0.6, 0.45, 0.75), View(0.6, 0.42, 0.55)),
    ),
    clips=(Clip(s.LIGHT_BULB, 100, gain=1.3),),
)

FILMS = (CABINET, POSTCARDS, SONNET, CLOCKS, SPANISH, JAPANESE)
