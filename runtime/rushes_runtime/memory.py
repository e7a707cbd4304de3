"""How much memory a compute child may take: sized from the machine, unless a setting says it.

The limit is on what a process may write to (RLIMIT_DATA: heap, anonymous mappings, the stacks of its threads), so
NumPy, OpenCV, FFmpeg and every model runtime meet it. RLIMIT_AS would count address space too, of which allocators,
onnxruntime and CUDA reserve several times as much as they ever use.
"""

import errno
import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

LEAST = 256_000_000
"""Bytes below which Python and its libraries don't even start."""
CGROUPS = Path("/sys/fs/cgroup")
NATIVE = ("Insufficient memory", "bad_alloc", "Failed to allocate memory")
"""What OpenCV, C++ and onnxruntime say, whose errors are no MemoryError."""
UNLIMITED = 1 << 60
"""Version 1 of cgroups writes a number near 2**63 for no limit."""


def _no_limit_or_enough(value: int) -> int:
    if 0 < value < LEAST or value < 0:
        raise ValueError(f"a compute child needs {LEAST:,} bytes at least; 0 means no limit")
    return value


MemoryLimit = Annotated[int, AfterValidator(_no_limit_or_enough)] | None
"""A setting. None: sized from the machine; 0: no limit."""


def memory_limit(setting: MemoryLimit, *, share: float, least: int) -> int | None:
    """The limit of a child in bytes, or None for none.

    Unless the setting says it: `share` of the machine's memory, or `least` where that is more, so that real work is
    done on a small machine too.
    """
    if setting is not None:
        return setting or None
    return max(least, int(machine_memory() * share))


def machine_memory(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes of memory that this process can have: the machine's, or its container's where that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_cgroup_limits(cgroups, own)])


def _cgroup_limits(cgroups: Path, own: Path) -> list[int]:
    """The limits of this process's control groups, version 1 or 2, and of those above them."""
    found = []
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers not in ("", "memory"):
                continue
            name = "memory.limit_in_bytes" if controllers else "memory.max"
            top = cgroups / controllers
            folders = [top / path.lstrip("/"), *(top / path.lstrip("/")).parents]
            for folder in [each for each in folders if each.is_relative_to(top)]:
                # A group whose path is another namespace's is not there: then the namespace's top is its own.
                with suppress(OSError, ValueError):
                    found.append(int((folder / name).read_text()))
    return [limit for limit in found if 0 < limit < UNLIMITED]


def limit_memory(limit: int | None) -> None:
    """Limit this process. Whatever the limit, the kernel ends it before the service that started it where the whole
    machine runs out of memory."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text("500")


def is_want_of_memory(error: BaseException) -> bool:
    """Whether an error, of whatever library, says that there was no more memory."""
    if isinstance(error, MemoryError):  # NumPy's and FFmpeg's too
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return any(words in str(error) for words in NATIVE)
