"""Reading a multipart/form-data body as a stream: the bytes of each part are yielded once, as they arrive.

python-multipart parses, and limits the sizes of the boundary and of each part's headers. Its own FormParser, and
Starlette's, write a file to a temporary place first, which would cost a second copy of each video.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from rushes_ingest.upload_metadata import field_text
from rushes_runtime.errors import InvalidError

MAX_PARTS = 100
"""Limit on the parts of a form. An upload has at most six."""


@dataclass
class FormPart:
    """The start of a part: the field's name, and the file's name if it is a file."""

    name: str
    filename: str | None


class FormPartEnd:
    """The end of a part."""


FormPiece = FormPart | bytes | FormPartEnd
"""A body is, for each part: a FormPart, any number of bytes objects, a FormPartEnd."""


@dataclass
class _Collector:
    """Implements the callbacks of python-multipart, and collects what one chunk of the body contains."""

    pieces: list[FormPiece] = field(default_factory=list)
    parts: int = 0
    _header: tuple[bytes, bytes] = (b"", b"")
    _headers: dict[bytes, bytes] = field(default_factory=dict)

    def on_part_begin(self) -> None:
        self._headers = {}
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise InvalidError("bad_request", f"the upload has more than {MAX_PARTS} parts")

    # A header may arrive in several chunks, so its name and value are appended to until its end.
    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        name, value = self._header
        self._header = (name + data[start:end], value)

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        name, value = self._header
        self._header = (name, value + data[start:end])

    def on_header_end(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = (b"", b"")

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        filename = options.get(b"filename")
        name = options.get(b"name", b"").decode(errors="replace")
        self.pieces.append(FormPart(name, None if filename is None else field_text("filename", filename)))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.pieces.append(data[start:end])

    def on_part_end(self) -> None:
        self.pieces.append(FormPartEnd())


async def read_form(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[FormPiece]:
    """Split a body into its parts. Raises InvalidError `bad_request` if it is not a complete, well-formed form."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise InvalidError("bad_request", "the upload must be multipart/form-data with a part named file")
    collector = _Collector()
    try:
        parser = MultipartParser(options[b"boundary"], _callbacks(collector))
        async for chunk in body:
            parser.write(chunk)
            while collector.pieces:
                # Popped, so that no reference keeps the bytes in memory while the next chunk is awaited.
                yield collector.pieces.pop(0)
        parser.finalize()
    except FormParserError as error:
        raise InvalidError("bad_request", f"the upload is no well-formed form: {error}") from error


def _callbacks(collector: _Collector):  # type: ignore[no-untyped-def]
    names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data", "part_end")
    return {f"on_{name}": getattr(collector, f"on_{name}") for name in names}
