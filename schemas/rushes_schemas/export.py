"""Write the JSON Schema of each event: `python -m rushes_schemas.export schemas/json [--allow-breaking]`."""

import argparse
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rushes_schemas.compat import breaking_changes
from rushes_schemas.index import ScenePayload, VideoRecord
from rushes_schemas.topics import TOPICS


def schemas() -> dict[str, dict[str, Any]]:
    """Every exported schema by its file name without ending: one a topic, one a payload of the index."""
    models: dict[str, type[BaseModel]] = {topic.name: topic.event for topic in TOPICS}
    models |= {"index-scene": ScenePayload, "index-video": VideoRecord}
    return {name: model.model_json_schema() for name, model in models.items()}


def breaking_since(folder: Path) -> list[str]:
    """What would break users of the schemas that lie in a folder, as sentences that start with the schema's name."""
    found = []
    for path in sorted(folder.glob("*.json")):
        new = schemas().get(path.stem)
        changes = ["was removed"] if new is None else breaking_changes(json.loads(path.read_text()), new)
        found += [f"{path.stem}: {change}" for change in changes]
    return found


def main() -> None:
    """Export; refuse a change that breaks users unless told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--allow-breaking", action="store_true")
    arguments = parser.parse_args()
    broken = breaking_since(arguments.folder)
    if broken and not arguments.allow_breaking:
        parser.exit(1, "these changes break users of the events:\n  " + "\n  ".join(broken) + "\n")
    for name, schema in schemas().items():
        (arguments.folder / f"{name}.json").write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
