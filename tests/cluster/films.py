"""Distinct films of real footage: stretches of the examples, remuxed without a change to pictures or sound."""

from collections.abc import Iterator
from pathlib import Path

import av

EXAMPLES = Path(__file__).parents[2] / "examples"

STRETCHES = {
    "cabinet-of-curiosities.mp4": [(0, 16), (11, 28), (22, 39), (33, 51), (50, 68), (56, 76)],
    "sonnet-at-night.mp4": [(0, 17), (8, 26), (17, 36)],
    "silent-postcards.mp4": [(0, 16), (12, 31)],
    "persuasion-es.mp4": [(0, 15)],
}
"""Seconds of an example; a stretch begins at the keyframe at or before its start."""


def twelve(folder: Path) -> list[Path]:
    """Twelve films of 14 to 20 seconds, with speech in ten of them, in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return list(_stretches(folder))


def _stretches(folder: Path) -> Iterator[Path]:
    for name, spans in STRETCHES.items():
        for start_s, end_s in spans:
            target = folder / f"{Path(name).stem}-{start_s}-{end_s}.mp4"
            stretch(EXAMPLES / name, start_s, end_s, target)
            yield target


def stretch(source: Path, start_s: float, end_s: float, target: Path) -> None:
    """Copy the packets of a stretch into a file of its own, whose times begin at 0."""
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        streams = {each.index: copy.add_stream_from_template(each) for each in film.streams if each.type != "data"}
        film.seek(round(start_s * av.time_base))
        begins = None
        for packet in film.demux():
            if packet.dts is None or packet.stream.index not in streams or packet.time_base is None:
                continue
            assert packet.pts is not None
            time = packet.pts * packet.time_base
            begins = time if begins is None else begins
            if not begins <= time < end_s:
                continue
            shift = round(begins / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = streams[packet.stream.index]
            copy.mux(packet)
