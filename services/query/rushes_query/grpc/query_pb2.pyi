# ruff: noqa
# fmt: off
# mypy: ignore-errors
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchRequest(_message.Message):
    __slots__ = ("q", "limit", "video_ids", "language", "image", "wish")
    Q_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    VIDEO_IDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    WISH_FIELD_NUMBER: _ClassVar[int]
    q: str
    limit: int
    video_ids: _containers.RepeatedScalarFieldContainer[str]
    language: str
    image: bytes
    wish: Wish
    def __init__(self, q: _Optional[str] = ..., limit: _Optional[int] = ..., video_ids: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., image: _Optional[bytes] = ..., wish: _Optional[_Union[Wish, _Mapping]] = ...) -> None: ...

class Wish(_message.Message):
    __slots__ = ("from_ms", "to_ms", "added_from", "added_to", "min_duration_ms", "max_duration_ms", "metadata", "speech", "fallback", "cursor", "per_video", "group_by_video", "visual_weight", "speech_weight", "lexical_weight")
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    TO_MS_FIELD_NUMBER: _ClassVar[int]
    ADDED_FROM_FIELD_NUMBER: _ClassVar[int]
    ADDED_TO_FIELD_NUMBER: _ClassVar[int]
    MIN_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    SPEECH_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    PER_VIDEO_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_VIDEO_FIELD_NUMBER: _ClassVar[int]
    VISUAL_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SPEECH_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LEXICAL_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    from_ms: int
    to_ms: int
    added_from: str
    added_to: str
    min_duration_ms: int
    max_duration_ms: int
    metadata: _containers.RepeatedScalarFieldContainer[str]
    speech: bool
    fallback: bool
    cursor: str
    per_video: int
    group_by_video: bool
    visual_weight: float
    speech_weight: float
    lexical_weight: float
    def __init__(self, from_ms: _Optional[int] = ..., to_ms: _Optional[int] = ..., added_from: _Optional[str] = ..., added_to: _Optional[str] = ..., min_duration_ms: _Optional[int] = ..., max_duration_ms: _Optional[int] = ..., metadata: _Optional[_Iterable[str]] = ..., speech: _Optional[bool] = ..., fallback: _Optional[bool] = ..., cursor: _Optional[str] = ..., per_video: _Optional[int] = ..., group_by_video: _Optional[bool] = ..., visual_weight: _Optional[float] = ..., speech_weight: _Optional[float] = ..., lexical_weight: _Optional[float] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("query", "took_ms", "moments", "groups", "left_out", "next_cursor")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    query: str
    took_ms: int
    moments: _containers.RepeatedCompositeFieldContainer[Moment]
    groups: _containers.RepeatedCompositeFieldContainer[Group]
    left_out: _containers.RepeatedCompositeFieldContainer[LeftOut]
    next_cursor: str
    def __init__(self, query: _Optional[str] = ..., took_ms: _Optional[int] = ..., moments: _Optional[_Iterable[_Union[Moment, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[Group, _Mapping]]] = ..., left_out: _Optional[_Iterable[_Union[LeftOut, _Mapping]]] = ..., next_cursor: _Optional[str] = ...) -> None: ...

class Group(_message.Message):
    __slots__ = ("video_id", "title", "score", "moments")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    title: str
    score: float
    moments: _containers.RepeatedCompositeFieldContainer[Moment]
    def __init__(self, video_id: _Optional[str] = ..., title: _Optional[str] = ..., score: _Optional[float] = ..., moments: _Optional[_Iterable[_Union[Moment, _Mapping]]] = ...) -> None: ...

class LeftOut(_message.Message):
    __slots__ = ("leg", "reason")
    LEG_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    leg: str
    reason: str
    def __init__(self, leg: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Marked(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Moment(_message.Message):
    __slots__ = ("video_id", "title", "start_ms", "end_ms", "score", "text", "thumbnail_url", "media_url", "scenes", "why", "best_ms", "marks")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    MEDIA_URL_FIELD_NUMBER: _ClassVar[int]
    SCENES_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    BEST_MS_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    title: str
    start_ms: int
    end_ms: int
    score: float
    text: str
    thumbnail_url: str
    media_url: str
    scenes: _containers.RepeatedScalarFieldContainer[str]
    why: _containers.RepeatedCompositeFieldContainer[Why]
    best_ms: int
    marks: _containers.RepeatedCompositeFieldContainer[Marked]
    def __init__(self, video_id: _Optional[str] = ..., title: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., score: _Optional[float] = ..., text: _Optional[str] = ..., thumbnail_url: _Optional[str] = ..., media_url: _Optional[str] = ..., scenes: _Optional[_Iterable[str]] = ..., why: _Optional[_Iterable[_Union[Why, _Mapping]]] = ..., best_ms: _Optional[int] = ..., marks: _Optional[_Iterable[_Union[Marked, _Mapping]]] = ...) -> None: ...

class Why(_message.Message):
    __slots__ = ("leg", "rank", "score")
    LEG_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    leg: str
    rank: int
    score: float
    def __init__(self, leg: _Optional[str] = ..., rank: _Optional[int] = ..., score: _Optional[float] = ...) -> None: ...

class ListVideosRequest(_message.Message):
    __slots__ = ("limit", "cursor", "uri", "status")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    limit: int
    cursor: str
    uri: str
    status: str
    def __init__(self, limit: _Optional[int] = ..., cursor: _Optional[str] = ..., uri: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class ListVideosResponse(_message.Message):
    __slots__ = ("videos", "next_cursor")
    VIDEOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    videos: _containers.RepeatedCompositeFieldContainer[Video]
    next_cursor: str
    def __init__(self, videos: _Optional[_Iterable[_Union[Video, _Mapping]]] = ..., next_cursor: _Optional[str] = ...) -> None: ...

class Video(_message.Message):
    __slots__ = ("video_id", "title", "status", "reason", "description", "filename", "language", "metadata", "duration_ms", "width", "height", "has_audio", "size_bytes", "media_type", "segment_count", "segments_done", "points", "created_at", "updated_at", "media_url", "uri", "provisional")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HAS_AUDIO_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_DONE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_URL_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    title: str
    status: str
    reason: str
    description: str
    filename: str
    language: str
    metadata: _struct_pb2.Struct
    duration_ms: int
    width: int
    height: int
    has_audio: bool
    size_bytes: int
    media_type: str
    segment_count: int
    segments_done: int
    points: int
    created_at: int
    updated_at: int
    media_url: str
    uri: str
    provisional: bool
    def __init__(self, video_id: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[str] = ..., reason: _Optional[str] = ..., description: _Optional[str] = ..., filename: _Optional[str] = ..., language: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., duration_ms: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., has_audio: _Optional[bool] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., segment_count: _Optional[int] = ..., segments_done: _Optional[int] = ..., points: _Optional[int] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., media_url: _Optional[str] = ..., uri: _Optional[str] = ..., provisional: _Optional[bool] = ...) -> None: ...

class GetVideoRequest(_message.Message):
    __slots__ = ("video_id",)
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    def __init__(self, video_id: _Optional[str] = ...) -> None: ...

class VideoDetail(_message.Message):
    __slots__ = ("video_id", "title", "status", "reason", "description", "filename", "language", "metadata", "duration_ms", "width", "height", "has_audio", "size_bytes", "media_type", "segment_count", "segments_done", "points", "created_at", "updated_at", "media_url", "ingest", "segments", "uri", "provisional")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HAS_AUDIO_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_DONE_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_URL_FIELD_NUMBER: _ClassVar[int]
    INGEST_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    title: str
    status: str
    reason: str
    description: str
    filename: str
    language: str
    metadata: _struct_pb2.Struct
    duration_ms: int
    width: int
    height: int
    has_audio: bool
    size_bytes: int
    media_type: str
    segment_count: int
    segments_done: int
    points: int
    created_at: int
    updated_at: int
    media_url: str
    ingest: StageEntry
    segments: _containers.RepeatedCompositeFieldContainer[SegmentEntry]
    uri: str
    provisional: bool
    def __init__(self, video_id: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[str] = ..., reason: _Optional[str] = ..., description: _Optional[str] = ..., filename: _Optional[str] = ..., language: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., duration_ms: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., has_audio: _Optional[bool] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ..., segment_count: _Optional[int] = ..., segments_done: _Optional[int] = ..., points: _Optional[int] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., media_url: _Optional[str] = ..., ingest: _Optional[_Union[StageEntry, _Mapping]] = ..., segments: _Optional[_Iterable[_Union[SegmentEntry, _Mapping]]] = ..., uri: _Optional[str] = ..., provisional: _Optional[bool] = ...) -> None: ...

class SegmentEntry(_message.Message):
    __slots__ = ("index", "stages")
    class StagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: StageEntry
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[StageEntry, _Mapping]] = ...) -> None: ...
    INDEX_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    index: int
    stages: _containers.MessageMap[str, StageEntry]
    def __init__(self, index: _Optional[int] = ..., stages: _Optional[_Mapping[str, StageEntry]] = ...) -> None: ...

class StageEntry(_message.Message):
    __slots__ = ("status", "reason", "points", "at", "elapsed_ms", "attempts")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    status: str
    reason: str
    points: int
    at: int
    elapsed_ms: int
    attempts: int
    def __init__(self, status: _Optional[str] = ..., reason: _Optional[str] = ..., points: _Optional[int] = ..., at: _Optional[int] = ..., elapsed_ms: _Optional[int] = ..., attempts: _Optional[int] = ...) -> None: ...

class ListScenesRequest(_message.Message):
    __slots__ = ("video_id",)
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    def __init__(self, video_id: _Optional[str] = ...) -> None: ...

class ListScenesResponse(_message.Message):
    __slots__ = ("video_id", "scenes")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    SCENES_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    scenes: _containers.RepeatedCompositeFieldContainer[Scene]
    def __init__(self, video_id: _Optional[str] = ..., scenes: _Optional[_Iterable[_Union[Scene, _Mapping]]] = ...) -> None: ...

class Scene(_message.Message):
    __slots__ = ("id", "segment", "scene", "start_ms", "end_ms", "continues", "text", "fallback", "language", "thumbnail_url", "media_url")
    ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    SCENE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    CONTINUES_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    MEDIA_URL_FIELD_NUMBER: _ClassVar[int]
    id: str
    segment: int
    scene: int
    start_ms: int
    end_ms: int
    continues: bool
    text: str
    fallback: bool
    language: str
    thumbnail_url: str
    media_url: str
    def __init__(self, id: _Optional[str] = ..., segment: _Optional[int] = ..., scene: _Optional[int] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., continues: _Optional[bool] = ..., text: _Optional[str] = ..., fallback: _Optional[bool] = ..., language: _Optional[str] = ..., thumbnail_url: _Optional[str] = ..., media_url: _Optional[str] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("video_id",)
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    def __init__(self, video_id: _Optional[str] = ...) -> None: ...

class Transcript(_message.Message):
    __slots__ = ("video_id", "title", "language", "complete", "segments", "words", "text")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    title: str
    language: str
    complete: bool
    segments: _containers.RepeatedCompositeFieldContainer[SegmentTranscript]
    words: _containers.RepeatedCompositeFieldContainer[Word]
    text: str
    def __init__(self, video_id: _Optional[str] = ..., title: _Optional[str] = ..., language: _Optional[str] = ..., complete: _Optional[bool] = ..., segments: _Optional[_Iterable[_Union[SegmentTranscript, _Mapping]]] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., text: _Optional[str] = ...) -> None: ...

class SegmentTranscript(_message.Message):
    __slots__ = ("segment", "status", "reason", "language")
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    segment: int
    status: str
    reason: str
    language: str
    def __init__(self, segment: _Optional[int] = ..., status: _Optional[str] = ..., reason: _Optional[str] = ..., language: _Optional[str] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("start_ms", "end_ms", "text", "probability", "joined")
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    start_ms: int
    end_ms: int
    text: str
    probability: float
    joined: bool
    def __init__(self, start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., text: _Optional[str] = ..., probability: _Optional[float] = ..., joined: _Optional[bool] = ...) -> None: ...

class SimilarScenesRequest(_message.Message):
    __slots__ = ("scene_id", "limit", "video_ids", "language", "wish", "other_videos")
    SCENE_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    VIDEO_IDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    WISH_FIELD_NUMBER: _ClassVar[int]
    OTHER_VIDEOS_FIELD_NUMBER: _ClassVar[int]
    scene_id: str
    limit: int
    video_ids: _containers.RepeatedScalarFieldContainer[str]
    language: str
    wish: Wish
    other_videos: bool
    def __init__(self, scene_id: _Optional[str] = ..., limit: _Optional[int] = ..., video_ids: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., wish: _Optional[_Union[Wish, _Mapping]] = ..., other_videos: _Optional[bool] = ...) -> None: ...
