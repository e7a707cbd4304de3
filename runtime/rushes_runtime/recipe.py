"""Recipes: the short hash that names what a result was made with."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def recipe(stage: str, version: int, made_with: Mapping[str, Any]) -> str:
    """12 hex digits of the SHA-256 over the stage, its version, and the model and settings that shape its result."""
    said = json.dumps([stage, version, made_with], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:12]
