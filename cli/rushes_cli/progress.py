"""Progress bars on stderr. Where stderr is no terminal, nothing is drawn."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rushes_cli.plain import shown
from rushes_cli.render.waiting import waiting_table
from rushes_cli.terminal import progress_console
from rushes_client.answers import VideoDetail


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
