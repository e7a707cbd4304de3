"""Progress on stderr while files are sent and videos are processed. Where stderr is no terminal, nothing is drawn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rushes_cli.console import shown
from rushes_cli.render.terminal import progress_console, text
from rushes_cli.render.words import style_of
from rushes_schemas.api import VideoDetail
from rushes_schemas.events import StageName
from rushes_schemas.stages import STAGE_NAMES, spec_of

OVER = frozenset({"done", "skipped"})


def progress(video: VideoDetail | None, stage: StageName) -> tuple[int, int | None]:
    """How many segments a stage is done with, and of how many; None while nobody knows. Ingest works on the whole."""
    works_on_video = spec_of(stage).unit == "video"
    if video is None:
        return 0, 1 if works_on_video else None
    if works_on_video:
        return int(video.ingest is not None and video.ingest.status in OVER), 1
    done = sum(stage in segment.stages and segment.stages[stage].status in OVER for segment in video.segments)
    return done, video.segment_count


def why_not(video: VideoDetail | None) -> str | None:
    """What is wrong with the video, as far as the ledger says so."""
    if video is None:
        return None
    return video.reason or (video.ingest.reason if video.ingest else None)


BAR_WIDTH = 10

Row = tuple[str, VideoDetail | None]


def waiting_table(rows: Sequence[Row], lines: int) -> Table:
    """The first `lines` rows, those first that are not settled, and how many more there are."""
    table = Table(box=None, pad_edge=False)
    for heading in ("video", *STAGE_NAMES, "status"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    ordered = sorted(rows, key=_is_settled)
    for name, video in ordered[:lines]:
        status = video.status if video else "waiting"
        table.add_row(text(name), *(_bar(video, stage) for stage in STAGE_NAMES), Text(status, style_of(status)))
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


class _Drawn:
    """A context in which something is drawn, and which leaves nothing behind."""

    def __init__(self, live: Live | Progress) -> None:
        self._live = live

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


class Uploading(_Drawn):
    """The bytes of the file that is sent."""

    def __init__(self, console: Console | None = None) -> None:
        console = console or progress_console()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        super().__init__(self._progress)

    @contextmanager
    def file(self, path: Path) -> Iterator[Callable[[int], None]]:
        """A bar for one file; what is yielded is to be told the size of every piece that is sent."""
        task = self._progress.add_task(shown(path.name), total=path.stat().st_size)
        try:
            yield lambda size: self._progress.advance(task, size)
        finally:
            self._progress.remove_task(task)


class Waiting(_Drawn):
    """How far the stages are with each of these videos."""

    def __init__(self, names: Sequence[str], console: Console | None = None) -> None:
        console = console or progress_console()
        self._names = names
        self._console = console
        self._table = Live(console=console, transient=True, redirect_stdout=False, auto_refresh=console.is_terminal)
        super().__init__(self._table)

    def show(self, videos: Sequence[VideoDetail | None]) -> None:
        """Draw how they stand now; as many lines as fit, those first that are not settled."""
        if self._console.is_terminal:
            lines = max(1, self._console.height - 4)
            self._table.update(waiting_table(list(zip(self._names, videos, strict=True)), lines), refresh=True)
