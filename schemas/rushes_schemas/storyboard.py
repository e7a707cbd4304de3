"""The storyboard of a segment: small pictures of it on one sheet, for whoever looks for a place in a video.

Two blobs, which scenes makes and query shows: the sheet, and where on it which time is.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rushes_schemas.events import Milliseconds, PictureSize


class Storyboard(BaseModel):
    """Where on the sheet which time is: row by row, `columns` in each, from the top left."""

    model_config = ConfigDict(extra="allow", frozen=True)

    columns: PictureSize
    tile_width: PictureSize
    tile_height: PictureSize
    times_ms: Annotated[tuple[Milliseconds, ...], Field(min_length=1)]
    """From when on each picture stands for the video, which it does until the next one."""
    end_ms: Milliseconds
    """Until when the last one does."""

    def place(self, number: int) -> tuple[int, int, int, int]:
        """Left, top, width and height of a picture, in pixels."""
        row, column = divmod(number, self.columns)
        return column * self.tile_width, row * self.tile_height, self.tile_width, self.tile_height


def storyboard_key(video_id: str, segment: int, recipe: str) -> str:
    """Where a segment's storyboard lies in the blob store. `recipe` is that of its scenes."""
    return f"videos/{video_id}/{segment}/storyboard-{recipe}.json"


def sheet_key(video_id: str, segment: int, recipe: str) -> str:
    """Where its sheet lies, a JPEG."""
    return f"videos/{video_id}/{segment}/storyboard-{recipe}.jpg"
