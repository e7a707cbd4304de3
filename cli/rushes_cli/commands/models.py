"""The arguments of `rushes models ...`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

models = typer.Typer(
    name="models", help="The embedding models: which are here, how fast they are, and exports.", no_args_is_help=True
)


class Exported(StrEnum):
    """How an exported model stores its weights."""

    FP32 = "fp32"
    INT8 = "int8"


@models.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show which models there are, and where weights are looked for.

    Those that come with rushes, those of the settings (marked *), and the tags of open_clip whose weights are here.
    Nothing is fetched. Every file's SHA-256 is checked, about a second per gigabyte.
    """
    from rushes_cli.models import list_models  # noqa: PLC0415

    list_models(as_json=as_json)


@models.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(help="Default: the models of the settings.")] = None,
    batch: Annotated[int, typer.Option(help="Pictures at once.", min=1, max=4096)] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Load models and measure how fast they are here, from decoded 720p pictures and single queries.

    With the threads, device and precision of the settings. The exit code is 1 if one of them can't be used.

    \b
    Examples:
      rushes models check
      rushes models check onnx-clip:/models/vit-b-32 open-clip:ViT-B-32:laion2b_s34b_b79k
    """
    from rushes_cli.models import check_models  # noqa: PLC0415

    if not check_models(names or [], batch=batch, as_json=as_json):
        raise typer.Exit(1)


@models.command()
def export(
    name: Annotated[str, typer.Argument(help="open-clip:<architecture>:<pretrained>", metavar="MODEL")],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    precision: Annotated[Exported, typer.Option(help="int8 is smaller and faster, and another model to the index.")] = (
        Exported.FP32
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write an OpenCLIP model to a folder that runs without torch: onnx-clip:FOLDER.

    Compared with torch before the folder appears; one that is too far off is not kept.

    \b
    Example:
      rushes models export open-clip:ViT-B-32:laion2b_s34b_b79k /models/vit-b-32 --precision int8
    """
    from rushes_cli.models import export_model  # noqa: PLC0415

    export_model(name, folder, precision.value, as_json=as_json)
