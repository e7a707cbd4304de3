"""`rushes status`: how the videos stand."""

from rushes_cli.client import Client
from rushes_cli.plain import say, say_json
from rushes_cli.render.status import video_report, videos_table
from rushes_cli.terminal import out
from rushes_client.answers import Video
from rushes_client.errors import NotFound


def show_all(client: Client, as_json: bool) -> None:
    """One line a video."""
    videos = list(client.videos())
    if as_json:
        say_json([video.as_json() for video in videos])
    elif videos:
        out().print(videos_table(_with_ledger(client, video) for video in videos))
    else:
        say("there are no videos yet: add some with `rushes add PATH`")


def show_one(client: Client, video_id: str, as_json: bool) -> None:
    """One video with its ledger."""
    video = client.video(video_id)
    if as_json:
        say_json(video.as_json())
    else:
        out().print(video_report(video))


def _with_ledger(client: Client, video: Video) -> Video:
    """Only of a video that is still worked on does the ledger say more than the list does."""
    try:
        return video if video.is_settled else client.video(video.video_id)
    except NotFound:
        return video  # deleted since it was listed
