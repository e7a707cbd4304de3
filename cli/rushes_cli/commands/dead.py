"""The arguments of `rushes dead ...`."""

from typing import Annotated

import typer

dead = typer.Typer(
    name="dead",
    help="Dead letters: what could not be done, with its reason and its original bytes, until you decide.",
    no_args_is_help=True,
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="As `rushes dead list` shows them.")]
Service = Annotated[str | None, typer.Option(help="Only those of ingest, asr, scenes, embed or catalog.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason, such as time_limit.")]
Video = Annotated[str | None, typer.Option(metavar="ID", help="Only those about this video.")]
Older = Annotated[str | None, typer.Option(metavar="AGE", help="Only those given up longer ago: 90s, 30m, 2h, 3d.")]
Newer = Annotated[str | None, typer.Option(metavar="AGE", help="Only those given up since: 90s, 30m, 2h, 3d.")]
All = Annotated[bool, typer.Option("--all", help="All that there are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what the instance answers as JSON.")]


@dead.command("list")
def list_(
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List the dead letters, oldest first.

    \b
    Example:
      rushes dead list --service asr --newer 2h
    """
    from rushes_cli import dead as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    with Client(instance_url()) as client:
        meant = work.chosen((), service, reason, video, older, newer)
        work.show_all(client, meant, limit=limit, as_json=as_json)


@dead.command()
def show(
    id: Annotated[str, typer.Argument(help="As `rushes dead list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: why it was given up, the stack, the record itself.

    \b
    Example:
      rushes dead show asr:3:17
    """
    from rushes_cli import dead as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    with Client(instance_url()) as client:
        work.show_one(client, id, as_json=as_json)


@dead.command()
def replay(
    ids: Ids = None,
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Give dead letters back to the stage that failed, each once.

    Nothing is uploaded and no earlier stage works again.

    \b
    Examples:
      rushes dead replay asr:3:17
      rushes dead replay --service embed --reason index_unavailable
    """
    from rushes_cli import dead as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    meant = work.deliberate(work.chosen(ids or (), service, reason, video, older, newer), everything)
    with Client(instance_url()) as client:
        work.settle(client, "replay", meant, as_json=as_json)


@dead.command()
def discard(
    ids: Ids = None,
    service: Service = None,
    reason: Reason = None,
    video: Video = None,
    older: Older = None,
    newer: Newer = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Forget dead letters that nothing will ever come of.

    \b
    Example:
      rushes dead discard --reason not_an_event
    """
    from rushes_cli import dead as work  # noqa: PLC0415
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415

    meant = work.deliberate(work.chosen(ids or (), service, reason, video, older, newer), everything)
    with Client(instance_url()) as client:
        work.settle(client, "discard", meant, as_json=as_json)
