"""Passwords in URIs are shown nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rushes_ingest.settings import SourceSettings
from rushes_ingest.sources.uri_policy import UriPolicy
from rushes_runtime.bus.progress import stumbled
from rushes_runtime.errors import InvalidError
from rushes_runtime.record_context import Subject
from rushes_runtime.settings import BlobSettings
from rushes_schemas.events import VideoUploaded
from rushes_schemas.uris import redacted

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://a.example/b.mp4?take=2", "https://a.example/b.mp4?take=2"),
        ("https://anna:s3cret@a.example/b.mp4", "https://***@a.example/b.mp4"),
        ("https://s3cret@a.example/b@c.mp4", "https://***@a.example/b@c.mp4"),
        ("https://anna:x@s3cret@a.example/b.mp4", "https://***@a.example/b.mp4"),
        ("https://anna:s3/cret@a.example/b.mp4", "https:***"),
        ("https://anna:p@ss:s3/cret@a.example/b.mp4", "https:***"),
        ("https:anna:s3cret@a.example", "https:***@a.example"),
        ("ftp://anna:s3cret@a.example/b", "ftp://***@a.example/b"),
        ("https://a.example:8443/@anna/b.mp4", "https://a.example:8443/@anna/b.mp4"),
        ("https://b/c?X-Amz-Signature=s3cret&part=1", "https://b/c?X-Amz-Signature=***&part=1"),
        ("https://b/c?X-Goog-Credential=s3cret", "https://b/c?X-Goog-Credential=***"),
        ("https://b/c?sv=2024&sig=s3cret&se=1", "https://b/c?sv=2024&sig=***&se=1"),
        ("https://b/c?access_token=s3cret#token=s3cret", "https://b/c?access_token=***#token=***"),
        ("file:///a@b.mp4?key=value", "file:///a@b.mp4?key=value"),
        ("file:/a@b.mp4", "file:/a@b.mp4"),
        ("file://localhost/a@b.mp4", "file://localhost/a@b.mp4"),
        ("file://anna:s3cret@localhost/b.mp4", "file://***@localhost/b.mp4"),
        ("file://anna:s3/cret@localhost/b.mp4", "file:***"),
        ("gopher://anna:s3cret@b/c", "gopher://***@b/c"),
        ("blob:videos/1/source", "blob:videos/1/source"),
        ("s3://bucket/key.mp4", "s3://bucket/key.mp4"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_what_is_shown_of_a_uri(uri: str, shown: str) -> None:
    assert redacted(uri) == shown
    assert redacted(shown) == shown


@given(st.text())
def test_any_text_can_be_shown(text: str) -> None:
    redacted(f"https://{text}")
    assert redacted(redacted(text)) == redacted(text)


def test_the_log_and_the_ledger_are_told_of_no_password() -> None:
    event = VideoUploaded(uri="https://anna:s3cret@a.example/b.mp4?sig=s3cret")
    told = stumbled("ingest", "failed", event, Subject("2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e"), "why")
    assert told is not None and told.source is not None
    assert SECRET not in told.model_dump_json() + str(event.subject())


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "ftp://anna:s3cret@a.example/b",
            "https://anna:s3cret@[::1",
            "https://anna:s3cret@127.0.0.1/b",
            "gopher:s3cret@x",
        ),
        *("https://anna:s3cret@a.example:99/b", "https://anna:s3cret@a.example:s3cret/b", "s3://anna:s3cret@b/c"),
        *("http://anna:s3cret@a.example/b", "https://anna:s3cret@0x7f.1/", "https://a.example:1/?password=s3cret"),
        "https://anna:s3/cret@a.example/b",
        *("file://anna:s3cret@localhost/b", "file://anna:s3cret@[::1/b"),
    ],
)
async def test_no_refusal_tells_a_password(uri: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        await UriPolicy(SourceSettings(), BlobSettings(), is_private=True).check(uri)
    assert SECRET not in str(refusal.value) + refusal.value.reason and "s3/cret" not in str(refusal.value)
