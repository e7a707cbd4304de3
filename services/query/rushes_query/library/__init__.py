"""The library: videos, scenes, transcripts, subtitles and files."""
