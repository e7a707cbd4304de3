"""The paths under which a video, a picture and a moment are fetched, relative to the service."""


def thumbnail_url(scene_id: str) -> str:
    """A scene's picture."""
    return f"/v1/scenes/{scene_id}/thumbnail"


def media_url(video_id: str, start_ms: int | None = None) -> str:
    """A video's bytes; with a time as a media fragment (W3C Media Fragments 1.0), which players start at."""
    path = f"/v1/videos/{video_id}/media"
    return path if start_ms is None else f"{path}#t={start_ms / 1000:.3f}"
