"""What Qdrant Edge raises, as the port's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rushes_runtime.errors import RushesError
from rushes_runtime.index.port import IndexRefused, IndexUnavailable

REFUSALS = ("Vector dimension error", "Not existing vector name", "Wrong input", "Validation failed")
"""How the engine's messages begin where the request is at fault. It has no classes of errors."""


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Raise the port's errors in place of the engine's, with the folder's name in them."""
    try:
        yield
    except RushesError:
        raise
    except ValueError as error:  # the binding's: no UUID, no payload path
        raise IndexRefused(f"the index in {folder} refused this: {error}") from error
    except Exception as error:
        if type(error) is Exception and str(error).startswith(REFUSALS):
            raise IndexRefused(f"the index in {folder} refused this: {error}") from error
        if type(error) is Exception or isinstance(error, OSError):
            raise IndexUnavailable(f"the index in {folder} failed: {error}") from error
        raise
    except BaseException as error:
        # A panic of the engine is no Exception, and would pass every handler up to the process's end.
        if type(error).__name__ == "PanicException":
            raise IndexUnavailable(f"the index in {folder} failed: {error}") from error
        raise
