"""The arguments of `rushes reindex` and `rushes replay`."""

from enum import StrEnum
from typing import Annotated

import typer


class Stage(StrEnum):
    """From which stage on."""

    INGEST = "ingest"
    ASR = "asr"
    SCENES = "scenes"


def reindex(
    image_model: Annotated[str | None, typer.Option(help="The image-text model of the new index.")] = None,
    text_model: Annotated[str | None, typer.Option(help="The text model of the new index.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Only show how far it is, and what there is.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Search the index before again, at once.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Remove what is not searched.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print where it stands as JSON.")] = False,
) -> None:
    """Rebuild the index out of what is stored of each video, with other models or the same.

    The old index is searched until the new one is whole, and new videos arrive in both; nothing is transcribed or
    decoded again. The old one is kept until --drop-old, for --rollback. Interrupted, the same command goes on.

    \b
    Examples:
      rushes reindex --image-model open-clip:ViT-B-32:laion2b_s34b_b79k
      rushes reindex --rollback
      rushes reindex --drop-old
    """
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.rebuilding import run  # noqa: PLC0415

    with Client(instance_url()) as client:
        run(client, image_model, text_model, status=status, rollback=rollback, drop_old=drop_old, as_json=as_json)


def replay(
    stage: Annotated[Stage, typer.Option("--from", help="The stage to begin with.")],
    video_ids: Annotated[list[str] | None, typer.Argument(metavar="[VIDEO_ID]...", help="Which videos.")] = None,
    all_videos: Annotated[bool, typer.Option("--all", help="All videos.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was published as JSON.")] = False,
) -> None:
    """Have videos go once more through the stages, from a given one on, after a setting of it was changed.

    What was made with the same settings is found and not made again.

    \b
    Examples:
      rushes replay --from asr 2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e
      rushes replay --from scenes --all
    """
    from rushes_cli.client import Client, instance_url  # noqa: PLC0415
    from rushes_cli.rebuilding import replayed  # noqa: PLC0415

    with Client(instance_url()) as client:
        if not replayed(client, stage.value, video_ids or [], all_videos=all_videos, as_json=as_json):
            raise typer.Exit(1)
