"""The compute child: a process of its own that holds a model or decodes media.

A segmentation fault, an out-of-memory kill or an endless decode in there is one failed attempt of one record; the
consumer lives on and a fresh child takes the next one.
"""

import asyncio
import ctypes
import os
import pickle
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import TimeoutError as PoolTimeout
from contextlib import asynccontextmanager
from multiprocessing import get_context
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from rushes_runtime.errors import ComputeError

W = TypeVar("W")
R = TypeVar("R")
P = ParamSpec("P")

PR_SET_PDEATHSIG = 1

_build: Callable[[], Any]
_worker: Any = None


class ComputeChild(Generic[W]):
    """One child process that holds one worker object, built by `build` in the child when it is first needed.

    `build` must be picklable, and so must be what is passed to `run` and what comes back. Work is done one at a time,
    in the order in which it was asked for.
    """

    def __init__(
        self,
        build: Callable[[], W],
        *,
        name: str,
        time_limit_s: float,
        memory_limit_bytes: int | None = None,
    ) -> None:
        self._name = name
        self._time_limit_s = time_limit_s
        self._pool = ProcessPool(
            max_workers=1,
            context=get_context("spawn"),
            initializer=_start,
            initargs=(build, os.getpid(), memory_limit_bytes),
        )

    async def run(self, work: Callable[Concatenate[W, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`work(worker, *args)` in the child. Never blocks the event loop.

        What `work` raises is raised here. Raises ComputeError when the child died, or was killed because `work` took
        longer than the time limit or more memory than allowed. A cancelled call kills the child if it was at work.
        """
        future = self._pool.schedule(_work, args=(work, *args), kwargs=dict(kwargs), timeout=self._time_limit_s)
        try:
            result: R = await asyncio.wrap_future(future)
        except PoolTimeout as error:
            limit = f"{self._time_limit_s:g} s"
            raise ComputeError("time_limit", f"{self._name} took longer than its limit of {limit}") from error
        except ProcessExpired as error:
            raise ComputeError("child_died", f"the {self._name} child died with exit code {error.exitcode}") from error
        except MemoryError as error:
            raise ComputeError("out_of_memory", f"{self._name} needed more memory than its limit") from error
        return result

    async def warm(self) -> None:
        """Start the child and build its worker now. Raises what building it raises."""
        await self.run(_nothing)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the child ready, its worker built, for as long as the context is open."""
        try:
            await self.warm()
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Kill the child, at once. Blocks for the moment that takes."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _start(build: Callable[[], W], parent: int, memory_limit_bytes: int | None) -> None:
    """In the child, before its first work: never outlive the parent, leave Ctrl-C to it, mind the limit."""
    global _build
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    if memory_limit_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    _build = build


def _work(work: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    global _worker
    try:
        if _worker is None:
            _worker = _build()
        return work(_worker, *args, **kwargs)
    except Exception as error:
        raise _sendable(error) from error


def _sendable(error: Exception) -> Exception:
    """The error; or its words, where the parent could not unpickle it (which would break the pool for good), or would
    take it for the time limit's."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  made here
    except Exception:  # noqa: BLE001  whatever the error's class does there
        return RuntimeError(f"{type(error).__name__}: {error}")
    return RuntimeError(f"{type(error).__name__}: {error}") if isinstance(error, TimeoutError) else error


def _nothing(worker: object) -> None:
    """The work that only builds the worker."""


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, however that happens. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
