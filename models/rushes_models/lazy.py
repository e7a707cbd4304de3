"""One value, made on first use."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Calls `make` once, whichever thread asks first; the others wait for it.

    What `make` raises reaches the caller and is not remembered: the next `get` tries again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: tuple[T] | None = None

    def get(self) -> T:
        """The value, made now if it has not been. Blocks while another thread makes it."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = (self._make(),)
        return self._made[0]
