"""The table that is drawn while videos are worked on: one line each, one bar a stage. Pure."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rushes_cli.ledger import STAGES, progress
from rushes_cli.render.words import style_of
from rushes_cli.terminal import text
from rushes_client.answers import VideoDetail
from rushes_schemas.events import StageName

BAR_WIDTH = 10

Row = tuple[str, VideoDetail | None]


def waiting_table(rows: Sequence[Row], lines: int) -> Table:
    """The first `lines` rows, those first that are not settled, and how many more there are."""
    table = Table(box=None, pad_edge=False)
    for heading in ("video", *STAGES, "status"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    ordered = sorted(rows, key=_is_settled)
    for name, video in ordered[:lines]:
        status = video.status if video else "waiting"
        table.add_row(text(name), *(_bar(video, stage) for stage in STAGES), Text(status, style_of(status)))
    if len(ordered) > lines:
        table.add_row(Text(f"and {len(ordered) - lines} more"))
    return table


def _is_settled(row: Row) -> bool:
    return row[1] is not None and row[1].is_settled


def _bar(video: VideoDetail | None, stage: StageName) -> RenderableType:
    done, total = progress(video, stage)
    bar = Table.grid(padding=(0, 1))
    count = Text(f"{done}/{total or '?'}")
    bar.add_row(ProgressBar(total=total or 1, completed=done, width=BAR_WIDTH), count)
    return bar
