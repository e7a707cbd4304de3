"""The compute child: a process of its own that holds a model or decodes media.

A segmentation fault, an out-of-memory kill or an endless decode in there is one failed attempt of one record; the
consumer lives on and a fresh child takes the next one.
"""

import asyncio
import ctypes
import os
import pickle
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from rushes_runtime.errors import ComputeError
from rushes_runtime.memory import is_want_of_memory, limit_memory

W = TypeVar("W")
R = TypeVar("R")
P = ParamSpec("P")

START_S = 120.0
"""How long a fresh child may take until it listens: it imports, and the machine may be busy."""
LEAVE_S = 1.0
"""How long a child that has nothing to do may take to end by itself."""
PR_SET_PDEATHSIG = 1


class ComputeChild(Generic[W]):
    """One child process that holds one worker object, built by `build` in the child when it is first needed.

    `build` must be picklable, and so must be what is passed to `run` and what comes back. Work is done one at a time,
    in the order in which it was asked for. A child that dies, at work or idle, leaves nothing behind that the next one
    could trip over: each has a pipe of its own, and no locks are shared.
    """

    def __init__(
        self,
        build: Callable[[], W],
        *,
        name: str,
        time_limit_s: float,
        memory_limit_bytes: int | None = None,
    ) -> None:
        self._build = build
        self._name = name
        self._time_limit_s = time_limit_s
        self._memory_limit_bytes = memory_limit_bytes
        self._turn = asyncio.Lock()
        self._child: _Child | None = None
        self._loaded: _Child | None = None  # the one that has its worker
        self._warming: asyncio.Task[None] | None = None

    async def run(self, work: Callable[Concatenate[W, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`work(worker, *args)` in the child. Never blocks the event loop.

        What `work` raises is raised here. Raises ComputeError when the child died, or was killed because `work` took
        longer than the time limit or more memory than allowed. A cancelled call kills the child if it was at work.
        """
        return await self.run_within(self._time_limit_s, work, *args, **kwargs)

    async def run_within(
        self, time_limit_s: float, work: Callable[Concatenate[W, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """As `run`, with another time limit. Neither counts the wait for other work to end."""
        call = pickle.dumps((work, args, kwargs))
        async with self._turn:
            child = await self._living()
            try:
                async with asyncio.timeout(time_limit_s):
                    result, error = pickle.loads(await child.ask(call))  # noqa: S301  our own child's
            except TimeoutError as late:
                child.kill()
                limit = f"{time_limit_s:g} s"
                raise ComputeError("time_limit", f"{self._name} took longer than its limit of {limit}") from late
            except (EOFError, OSError) as died:
                raise self._died(child) from died
            except asyncio.CancelledError:
                child.kill()
                raise
            if isinstance(error, MemoryError):
                child.kill()  # what it holds on to would be missing to the next call
                raise ComputeError("out_of_memory", self._needed_more()) from error
        if error is not None:
            raise error
        self._loaded = child
        done: R = result
        return done

    async def warm(self) -> None:
        """Start the child and build its worker now. Raises what building it raises."""
        await self.run(_nothing)

    async def ready(self) -> None:
        """Return if the child lives and has its worker. If not, raises ComputeError and has one made, so that a child
        that died while it had nothing to do does not keep the next record waiting. Never blocks."""
        if self._child is not None and self._child is self._loaded and self._child.is_alive:
            return
        doing = "is being started"
        if self._warming is None or self._warming.done():
            if self._warming and (error := self._warming.exception()):
                doing = f"could not be started ({error}) and is being started again"
            self._warming = asyncio.create_task(self.warm())
        raise ComputeError("not_loaded", f"the {self._name} child {doing}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the child ready, its worker built, for as long as the context is open."""
        try:
            await self.warm()
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """End the child: at work at once, idle by itself. Blocks for the moment that takes."""
        if self._warming is not None:
            self._warming.cancel()
        if self._child:
            if not self._turn.locked():
                self._child.leave()
            self._child.kill()

    async def _living(self) -> "_Child":
        """The child, or a fresh one where it has died in the meantime."""
        if self._child is None or not self._child.is_alive:
            child = self._child = _Child(self._name, self._build, self._memory_limit_bytes)
            try:
                async with asyncio.timeout(START_S):
                    await child.ready()
            except (EOFError, OSError) as died:  # TimeoutError is one
                raise self._died(child) from died
            except asyncio.CancelledError:
                child.kill()
                raise
        return self._child

    def _needed_more(self) -> str:
        limit = f"its limit of {self._memory_limit_bytes:,} bytes" if self._memory_limit_bytes else "there is"
        return f"{self._name} needed more memory than {limit}"

    @property
    def is_busy(self) -> bool:
        """Whether work is being done or waited for."""
        return self._turn.locked()

    def _died(self, child: "_Child") -> ComputeError:
        return ComputeError("child_died", f"the {self._name} child died with exit code {child.kill()}")


class ComputePool(Generic[W]):
    """Some children of the same kind, for short work that must not wait behind one another's.

    Work goes to a child that is free, the first one by preference; the others are started when they are first needed.
    """

    def __init__(self, children: Sequence[ComputeChild[W]]) -> None:
        self._children = children
        self._free = asyncio.Semaphore(len(children))

    async def run(self, work: Callable[Concatenate[W, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `ComputeChild.run`, in the first child that is free."""
        async with self._free:
            child = next(each for each in self._children if not each.is_busy)
            return await child.run(work, *args, **kwargs)

    async def ready(self) -> None:
        """As `ComputeChild.ready`, of the first child, or of any that is at work."""
        if not any(child.is_busy for child in self._children):
            await self._children[0].ready()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the first child ready for as long as the context is open, and all of them ended after it."""
        try:
            await self._children[0].warm()
            yield
        finally:
            for child in self._children:
                child.stop()


class _Child:
    """One process, the pipe to it, and the thread that waits at the pipe: all of it is gone once it is killed.

    The kernel kills a process with the thread that started it, so this is the event loop's business.
    """

    def __init__(self, name: str, build: Callable[[], Any], memory_limit_bytes: int | None) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, build, os.getpid(), memory_limit_bytes), name=name, daemon=True
        )
        self._process.start()
        theirs.close()  # theirs alone, so that the pipe ends with the process
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    async def ready(self) -> None:
        """Wait until it listens. Raises EOFError or OSError where it dies before that."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._pipe.recv_bytes)

    async def ask(self, call: bytes) -> bytes:
        """Its answer to a call. Raises EOFError or OSError where it dies over it."""

        def exchange() -> bytes:
            self._pipe.send_bytes(call)
            return self._pipe.recv_bytes()

        return await asyncio.get_running_loop().run_in_executor(self._thread, exchange)

    def leave(self) -> None:
        """Have it end by itself, and let go of what the system keeps for it: killed, it leaves semaphores behind, of
        which Python complains to whoever stopped the service."""
        self._pipe.close()
        self._process.join(LEAVE_S)

    def kill(self) -> int | None:
        """End it, and its exit code. Safe to do twice."""
        self._process.kill()
        self._process.join()
        self._thread.shutdown(cancel_futures=True)  # the pipe has ended, and so has who waited at it
        self._pipe.close()
        return self._process.exitcode


def _serve(pipe: Connection, build: Callable[[], Any], parent: int, memory_limit_bytes: int | None) -> None:
    """The child: never outlive the parent, leave Ctrl-C to it, mind the limit, and do what is asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent)
    limit_memory(memory_limit_bytes)
    worker = _Once(build)
    pipe.send_bytes(b"")
    while True:
        try:
            call = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(worker, call))


class _Once:
    """Builds the worker when it is first asked for."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._worker: Any = None

    def __call__(self) -> Any:
        if self._worker is None:
            self._worker = self._build()
        return self._worker


def _answer(worker: _Once, call: bytes) -> bytes:
    """The pickled result and error, one of which is None."""
    try:
        work, args, kwargs = pickle.loads(call)  # noqa: S301  our own parent's
        return pickle.dumps((work(worker(), *args, **kwargs), None))
    except Exception as error:  # noqa: BLE001  it is the caller's
        if is_want_of_memory(error):
            return pickle.dumps((None, MemoryError(str(error))))
        error.add_note("".join(traceback.format_exception(error)))  # tracebacks are not pickled, notes are
        return _sendable(error)


def _sendable(error: Exception) -> bytes:
    """The error, pickled; or its words, where the parent could not unpickle it."""
    try:
        answer = pickle.dumps((None, error))
        pickle.loads(answer)  # noqa: S301  made here
        return answer
    except Exception:  # noqa: BLE001  whatever the error's class does there
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))


def _nothing(worker: object) -> None:
    """The work that only builds the worker."""


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, however that happens. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
