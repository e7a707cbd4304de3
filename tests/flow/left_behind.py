"""What is left of a video in a folder of data whose instance has ended: its id, searched in all of it."""

from pathlib import Path

from rushes_runtime.index.edge import EdgeIndex


async def traces(data: Path, video_id: str) -> list[str]:
    """Where the id stands: in names and contents of blobs, in ids and payloads of points of every collection."""
    files = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    blobs = [str(path) for path in files if video_id in str(path) or video_id.encode() in path.read_bytes()]
    index = EdgeIndex(data / "index")
    try:
        points = [
            f"{name}: {point.id}"
            for name in await index.collections()
            for point in (await index.scroll(name, limit=100_000)).points
            if video_id in f"{point.id} {point.payload}"
        ]
    finally:
        await index.close()
    return blobs + points
