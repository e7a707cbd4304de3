"""How a Qdrant server keeps its vectors: the installation's choice, and no part of what a collection is made of. Edge
has its own way (docs/decisions/0011-edge-by-bits.md)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Storage:
    """Of collections that are made from now on. `shards` and `replication` are a server cluster's; None: its own."""

    quantization: Literal["none", "scalar", "binary"] = "none"
    on_disk: bool = False
    shards: int | None = None
    replication: int | None = None


DEFAULT = Storage()
OVERSAMPLING = 2.0
"""How many times as many as are asked for are found by quantised vectors, to be scored again by the full ones."""
