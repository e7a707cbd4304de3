"""`rushes transcript`: what is said in a video."""

import typer

from rushes_cli.client import Client
from rushes_cli.plain import complain


def run(client: Client, video_id: str, format: str) -> None:
    """Print the transcript as the instance writes it in this format. Where no words are known, stderr says so."""
    written = client.transcript(video_id, format)
    if not written.strip():
        complain(f"no words are known of {video_id}: see `rushes status {video_id}`")
    typer.echo(written, nl=not written.endswith("\n"))
