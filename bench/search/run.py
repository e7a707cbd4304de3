"""All rows of the table, asked of each leg alone and of all together."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from bench.search.library import indexed, searching
from bench.search.score import Outcome, outcome
from bench.search.table import Row, rows

from rushes_query.search.request import SearchRequest
from rushes_query.settings import QuerySettings
from rushes_schemas.index import LEGS, Leg

Way = Leg | Literal["fused"]
WAYS: tuple[Way, ...] = (*LEGS, "fused")

Outcomes = Mapping[Way, Sequence[Outcome]]


async def run(data: Path, settings: QuerySettings) -> Outcomes:
    """Ask everything. `data` keeps the index, for the next run."""
    ids = await asyncio.to_thread(indexed, data)
    async with searching(data, settings) as search:
        return {
            way: [outcome(row, (await search.search(asked(row, way))).moments, ids) for row in rows()] for way in WAYS
        }


def asked(row: Row, way: Way) -> SearchRequest:
    """A row's question to one leg, or as people ask it."""
    weights = dict.fromkeys((f"{leg}_weight" for leg in LEGS if way not in (leg, "fused")), 0.0)
    return SearchRequest.model_validate({"q": row.q, "image": row.picture()} | weights)
