"""`rushes up`: all of it on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from rushes_cli.local.embedded import run


def up(
    data: Annotated[Path, typer.Option(help="Folder that keeps everything; made if it is not there.")] = Path(
        "rushes-data"
    ),
    port: Annotated[int, typer.Option(help="HTTP port.", envvar="RUSHES_HTTP__PORT", min=0, max=65535)] = 8080,
    grpc_port: Annotated[
        int, typer.Option(help="gRPC port.", envvar="RUSHES_HTTP__GRPC_PORT", min=0, max=65535)
    ] = 8090,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: RUSHES_HTTP__HOST, or 127.0.0.1.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let other machines in without API keys.")] = False,
) -> None:
    """Run all of it on this machine; Ctrl-C stops it.

    Broker, index, blobs and all services run here and keep what they know in one folder. Started again on the same
    folder, it goes on where it was.

    \b
    Example:
      rushes up --data ~/rushes
    """
    run(data, host, port, grpc_port, insecure)
