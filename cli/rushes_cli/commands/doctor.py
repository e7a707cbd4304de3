"""The arguments of `rushes doctor`."""

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is wrong with the installation, and how to mend it.

    Asks the running instance how it is, and looks at the models and at whatever else the settings name: broker,
    topics, blob store, index. The exit code is 1 if anything is wrong.

    \b
    Example:
      RUSHES_KAFKA__BOOTSTRAP_SERVERS=kafka:9092 rushes doctor
    """
    from rushes_cli.doctor import run  # noqa: PLC0415

    if not run(as_json=as_json):
        raise typer.Exit(1)
