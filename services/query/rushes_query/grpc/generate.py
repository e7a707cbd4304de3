"""Generates the stubs beside this file: `python -m rushes_query.grpc.generate`, in a checkout, with grpcio-tools."""

from importlib.resources import files
from pathlib import Path

HERE = Path(__file__).parent
PROTO = HERE.parents[3] / "schemas" / "proto" / "rushes" / "v1"
PACKAGE = "rushes_query/grpc"
"""The path of the contract as protoc sees it, so that the stubs import each other by their real names."""
STUBS = ("query_pb2.py", "query_pb2.pyi", "query_pb2_grpc.py")
UNCHECKED = "# ruff: noqa\n# fmt: off\n# mypy: ignore-errors\n"
"""Put before each stub, since protoc has a style of its own."""


def generate(root: Path) -> None:
    """Write the stubs into `root`/rushes_query/grpc. Raises RuntimeError if protoc refuses the contract."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # noqa: PLC0415  # a tool of the checkout

    well_known = files("grpc_tools") / "_proto"
    outputs = [f"--{kind}_out={root}" for kind in ("python", "pyi", "grpc_python")]
    failed = protoc.main(["protoc", f"-I{PACKAGE}={PROTO}", f"-I{well_known}", *outputs, f"{PACKAGE}/query.proto"])
    if failed:
        raise RuntimeError(f"protoc refused {PROTO / 'query.proto'}")
    for stub in STUBS:
        path = root / PACKAGE / stub
        path.write_text(UNCHECKED + path.read_text())


if __name__ == "__main__":
    generate(HERE.parents[1])
