"""Which URIs ingest may read. Ingest reads them on behalf of everyone who may upload, so it checks before it reads."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import httpx

from rushes_ingest.settings import SourceSettings
from rushes_ingest.sources.addresses import is_refused, parse_address
from rushes_ingest.sources.files import resolve_allowed
from rushes_ingest.sources.pace import in_daemon_thread
from rushes_runtime.errors import InvalidError
from rushes_runtime.settings import BlobSettings, Settings
from rushes_runtime.web.hosts import matches
from rushes_runtime.web.keys import is_loopback
from rushes_schemas.uris import redacted

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
DEFAULT_PORTS = {"http": 80, "https": 443}
ALL_FOLDERS = (Path("/"),)
OWN_FOLDERS = (
    "videos",
    "pending",
    "deleting",
    "deleted",
    "incoming",
    "collections",
    "dead-letters",
    "oversize",
    "unreadable",
)
"""Folders of the blob store. Their contents can only be addressed by `blob:` URIs, never by `s3:` ones."""


@dataclass(frozen=True)
class WebTarget:
    """A web URI that was checked, in parts. The connection is made to these parts, so nothing is parsed twice."""

    scheme: str
    host: str
    port: int
    path: bytes
    """Includes the query."""
    userinfo: bytes
    shown: str
    """The URI without its secrets."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """The scope of a password: it is not sent to another origin."""
        return self.scheme, self.host, self.port

    def headers(self) -> dict[str, str]:
        """Return `Host`, and `Authorization` if the URI has a user."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        named = {"Host": host + port}
        if self.userinfo:
            # Basic authentication sends the characters themselves, not their escapes in the URI.
            user, _, password = self.userinfo.partition(b":")
            plain = unquote(user.decode()) + ":" + unquote(password.decode())
            named["Authorization"] = "Basic " + base64.b64encode(plain.encode()).decode()
        return named


@dataclass(frozen=True)
class UriPolicy:
    """Which URIs this installation may read. Each method raises InvalidError, whose message contains no secret."""

    settings: SourceSettings
    blobs: BlobSettings
    is_private: bool
    """The service only answers this machine, without API keys: its clients can read the files themselves."""

    @classmethod
    def of(cls, settings: SourceSettings, shared: Settings) -> Self:
        """Return the policy of a service with these settings."""
        return cls(settings, shared.blobs, is_loopback(shared.http.host) and not shared.http.keys)

    @property
    def roots(self) -> Sequence[Path]:
        """Folders below which `file:` URIs may read."""
        if self.settings.roots is not None:
            return self.settings.roots
        return ALL_FOLDERS if self.is_private else ()

    async def check(self, uri: str) -> None:
        """Refuse a URI before it is accepted. Host names are only resolved when the URI is fetched."""
        scheme = self.scheme(uri)
        if scheme == "file":
            await in_daemon_thread(lambda: resolve_allowed(self.file(uri), self.roots))
        elif scheme == "s3":
            self.bucket_and_key(uri)
        elif scheme in DEFAULT_PORTS:
            self.web(uri)

    def scheme(self, uri: str) -> str:
        """Return the scheme in lower case, if it is allowed."""
        found = SCHEME.match(uri)
        scheme = found[1].lower() if found else "(none)"
        if scheme not in self.settings.schemes:
            allowed = ", ".join(self.settings.schemes)
            raise InvalidError("scheme_not_allowed", f"{redacted(uri)} has the scheme {scheme}; allowed are {allowed}")
        return scheme

    def file(self, uri: str) -> Path:
        """Return the path of a `file:` URI. Whether it is below a root is checked when it is opened."""
        if not self.roots:
            raise InvalidError(
                "outside_roots",
                f"{redacted(uri)} is not read: send the file itself (rushes add PATH), or name its folder in "
                "RUSHES_SOURCES__ROOTS",
            )
        try:
            parts = urlsplit(uri)
            # File names may be bytes that are not UTF-8. `surrogateescape` is how Python passes them to the system.
            path = Path(unquote(parts.path, errors="surrogateescape"))
        except ValueError as error:
            raise InvalidError("not_an_address", f"{redacted(uri)} is no file URI: {error}") from error
        if parts.netloc not in ("", "localhost") or not path.is_absolute():
            raise InvalidError("not_an_address", f"{redacted(uri)} is no file URI: write file:///folder/file")
        return path

    def bucket_and_key(self, uri: str) -> tuple[str, str]:
        """Return the bucket and the key of an `s3:` URI."""
        bucket, _, key = uri[len("s3:") :].removeprefix("//").partition("/")
        if not BUCKET.fullmatch(bucket) or not key:
            raise InvalidError("not_an_address", f"{redacted(uri)} is no S3 URI: write s3://bucket/key")
        allowed = self.settings.buckets
        if bucket not in allowed if allowed is not None else not self.is_private:
            raise InvalidError(
                "bucket_not_allowed",
                f"{redacted(uri)} is not read: name the bucket {bucket} in RUSHES_SOURCES__BUCKETS",
            )
        # The blob store itself may be a bucket that is allowed, and holds the videos of all users.
        if any(f"s3://{bucket}/{key}".startswith(f"{self.blobs.url.rstrip('/')}/{folder}/") for folder in OWN_FOLDERS):
            raise InvalidError(
                "bucket_not_allowed", f"{redacted(uri)} is not read: it lies in rushes' own part of the bucket"
            )
        return bucket, key

    def web(self, uri: str) -> WebTarget:
        """Return the parts of an `http:` or `https:` URI. The addresses of its host are checked when it is fetched."""
        shown = redacted(uri)
        try:
            url = httpx.URL(uri)
            # A final dot names the same host, and would pass by the settings' lists of hosts.
            host = url.raw_host.decode("ascii").lower().removesuffix(".")
            address = parse_address(host)
        except (httpx.InvalidURL, ValueError) as error:
            raise InvalidError("not_an_address", f"{shown} is no address: {_error_text(error, uri)}") from None
        if not host or (address is None and not HOST_NAME.fullmatch(host)):
            raise InvalidError("not_an_address", f"{shown} is no address: it has no host name")
        scheme = url.scheme.lower()
        if scheme not in DEFAULT_PORTS or scheme not in self.settings.schemes:
            allowed = ", ".join(self.settings.schemes)
            raise InvalidError("scheme_not_allowed", f"{shown} has the scheme {scheme}; allowed are {allowed}")
        port = url.port or DEFAULT_PORTS[scheme]
        if port not in self.settings.ports:
            raise InvalidError("port_not_allowed", f"{shown} is not fetched: name port {port} in RUSHES_SOURCES__PORTS")
        if self.settings.hosts and not matches(host, self.settings.hosts):
            raise InvalidError("host_not_allowed", f"{shown} is not fetched: name {host} in RUSHES_SOURCES__HOSTS")
        # A host that is a name is checked when it is resolved; an address can be refused at once.
        if address is not None and is_refused(address, self.settings.private_addresses):
            raise address_not_allowed(shown, host)
        return WebTarget(scheme, host, port, url.raw_path, url.userinfo, shown)


def address_not_allowed(shown: str, host: str) -> InvalidError:
    """Return the error for an address that is not public. It does not reveal the address."""
    return InvalidError(
        "address_not_allowed",
        f"{shown} is not fetched: {host} has an address that is not public; name its network in "
        "RUSHES_SOURCES__PRIVATE_ADDRESSES to allow it",
    )


def _error_text(error: Exception, uri: str) -> str:
    """Return the message of an error, unless it may quote a password from the URI."""
    return str(error) if "@" not in uri else "it can't be read"
