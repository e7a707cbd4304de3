"""The arguments of `rushes topics ...`."""

from typing import Annotated

import typer

topics = typer.Typer(
    name="topics", help="Provision the topics, and see how far behind the stages are.", no_args_is_help=True
)


@topics.command()
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")] = False,
    add_partitions: Annotated[
        bool,
        typer.Option(
            "--add-partitions", help="Also give topics that have fewer partitions than RUSHES_TOPICS__PARTITIONS more."
        ),
    ] = False,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="Also change retention and sizes of topics that are there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Make the topics that are missing, as the settings want them.

    Every change is shown before it is made. Topics that are there are left as they are, and what differs from the
    settings is said with what to do. More partitions move keys to other partitions: events of one video that still
    wait could then be taken out of their order.

    \b
    Examples:
      rushes topics apply --dry-run
      RUSHES_TOPICS__PARTITIONS=12 rushes topics apply --add-partitions --yes
    """
    from rushes_cli.topics import apply_topics  # noqa: PLC0415

    apply_topics(yes=yes, dry_run=dry_run, add_partitions=add_partitions, reconfigure=reconfigure, as_json=as_json)


@topics.command()
def lag(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show how far behind each stage is, and since when.

    One line a partition, of each stage's own topics and of what it is to try again: the offset after the last record,
    the first that is not settled, how many wait, and how long ago the oldest of them was published. `-` where the
    group never settled anything there.
    """
    from rushes_cli.topics import show_lag  # noqa: PLC0415

    show_lag(as_json=as_json)
