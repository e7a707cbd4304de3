"""How models are loaded: files pinned by their SHA-256, optional packages, ONNX sessions, each on first use."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import onnxruntime

T = TypeVar("T")


class WeightsError(Exception):
    """A model's weights, or the packages that load them, are missing or are the wrong ones.

    Only another installation or setting helps, so this is a configuration error: a retry is useless.
    """


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (lower-case hex) of a file of any size, read in pieces.

    Raises `WeightsError` if the file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error}") from error


@dataclass(frozen=True)
class PinnedFile:
    """A file and the SHA-256 (lower-case hex) that its bytes must have."""

    path: Path
    sha256: str

    def verified_bytes(self) -> bytes:
        """Return the file's bytes. They are read once, so that the bytes used are the bytes hashed.

        Raises `WeightsError` if the file can't be read or has another digest.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise WeightsError(f"cannot read the weights {self.path}: {error}") from error
        self._require(hashlib.sha256(content).hexdigest())
        return content

    def verified_path(self) -> Path:
        """Return the path of a file that is too large to hold in memory twice. Raises as `verified_bytes` does."""
        self._require(sha256_of(self.path))
        return self.path

    def _require(self, found: str) -> None:
        if found != self.sha256:
            raise WeightsError(f"{self.path} has SHA-256 {found}, expected {self.sha256}: reinstall it")


def need(module: str) -> Any:
    """Import and return a module of the extra `open-clip`, which most installations do without.

    Raises `WeightsError`, which says what to install, if it can't be imported.
    """
    # Any, not the module's type: mypy must give the same result whether or not the extra is installed.
    try:
        return import_module(module)
    except ImportError as error:
        raise WeightsError(
            f"open-clip models need the package {module.partition('.')[0]}: `pip install 'rushes-models[open-clip]'`, "
            "or export the model where it is installed and name the folder: onnx-clip:<folder>"
        ) from error


class Lazy(Generic[T]):
    """A value that is made on first use. `make` is called once; other threads that need the value wait for it.

    An error of `make` goes to the caller and is not remembered: the next `get` calls `make` again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        # A tuple tells "not made yet" from a made None.
        self._made: tuple[T] | None = None

    def get(self) -> T:
        """Return the value, making it first if needed. Blocks while another thread makes it."""
        if self._made is None:
            with self._lock:
                # Another thread may have made it while this one waited for the lock.
                if self._made is None:
                    self._made = (self._make(),)
        return self._made[0]


def onnx_session(model: bytes | Path, threads: int) -> "onnxruntime.InferenceSession":
    """Load an ONNX model into a CPU session of `threads` threads. Raises what onnxruntime raises."""
    import onnxruntime  # noqa: PLC0415  # so that importing this module does not load it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads sleep: while they spun, a picture on two busy cores took 40 ms with two threads instead of 21.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
