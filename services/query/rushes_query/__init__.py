"""The query service: finds moments, shows videos, scenes, transcripts and media. It subscribes to nothing."""
