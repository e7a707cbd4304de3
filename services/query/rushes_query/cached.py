"""Values that are made once and kept while they are asked for."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """The values of the keys that were asked for last. May be used by several threads; two that ask for the same new
    key at once may both make it."""

    def __init__(self, most: int, make: Callable[[str], T]) -> None:
        """`most`: how many are kept."""
        self._most = most
        self._make = make
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._guard = Lock()

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def get(self, key: str) -> T:
        """The value, made now if it is not kept. Raises what making it does, and keeps nothing then."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make(key)
        with self._guard:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
