"""The asr service: segment-planned in, segment-transcribed out."""
