"""Which container formats are taken in, and how they are told apart by their first bytes."""

PICTURE_FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "gxf", "wtv", "rm"),
    *("dv", "nut", "ivf", "obu", "m4v", "h264", "hevc", "vvc", "vc1", "yuv4mpegpipe"),
)
"""FFmpeg's names of what may hold moving pictures."""

SOUND_FORMATS = (
    *("mp3", "wav", "w64", "flac", "aac", "aiff", "ac3", "eac3", "amr", "ape", "au", "caf", "dts", "wv"),
    *("loas", "tta"),
)
"""Known, so that a sound file is refused for having no pictures."""

TAKEN = PICTURE_FORMATS + SOUND_FORMATS
"""All that FFmpeg may open. Playlists (HLS, DASH, concat) are left out because they make the reader open other files
and addresses, which an uploader chose; pictures and text, because FFmpeg shows them as short films."""

SNIFFED = 64
"""How many first bytes the functions here want to see."""

MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot"})
STILL_BRANDS = frozenset({b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1"})

MEDIA_TYPES = {
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "mpegvideo": "video/mpeg",
    "flv": "video/x-flv",
    "asf": "video/x-ms-asf",
    "ogg": "video/ogg",
    "mxf": "application/mxf",
    "rm": "application/vnd.rn-realmedia",
    "dv": "video/dv",
    "h264": "video/h264",
    "hevc": "video/h265",
}


def is_mp4(head: bytes) -> bool:
    """Whether a file begins as an MP4 or QuickTime file does."""
    return head[4:8] in MP4_BOXES


def is_still(head: bytes) -> bool:
    """Whether a file begins as a photograph does that lies in a video's container: HEIC, AVIF."""
    return head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS


def media_type(head: bytes, format_name: str) -> str:
    """The media type of a container, from its first bytes and FFmpeg's name of its format."""
    if format_name.startswith("mov"):
        return _mp4_type(head)
    if format_name.startswith("matroska"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return MEDIA_TYPES.get(format_name, "application/octet-stream")


def _mp4_type(head: bytes) -> str:
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if head[8:11] == b"3gp" else "video/mp4"
