"""The OpenAPI document as it is served: every error that a route may answer, by its status, and the keys."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from rushes_runtime.web.admission import KEYED, scope_needed
from rushes_runtime.web.hosts import PROBES
from rushes_runtime.web.problems import MEDIA_TYPE, Problem, described

KEY = "key"
TEMPLATE = "#/components/schemas/{model}"

SENTENCES: dict[int, str] = {
    400: "The request's body can't be read.",
    401: "The API key is not one of this installation's.",
    403: "The API key 'desk' lacks the scope 'write', which this needs.",
    404: "There is no video '2c5ea4c0-4067-51ce-8d2b-7f1b6d5b2a5e'.",
    408: "The request's body comes too slowly: send at least 1000 bytes a second.",
    413: "The request's body has more than 22,020,096 bytes.",
    421: "This server is not 'example.org': name it in RUSHES_HTTP__ALLOWED_HOSTS if it is.",
    422: "limit: Input should be less than or equal to 100",
    429: "desk has asked 3000 times within a minute; go on in 12 s.",
    500: "The server made a mistake; its log says more.",
    503: "the index does not answer",
    504: "There is no answer within 30 s; ask for less, or try again in a while.",
}
"""An example of each error that any route may have; routes document those of their own."""


def document(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What takes the place of `app.openapi`: made once, when it is first asked for."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(plain())
        return app.openapi_schema

    return openapi


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its errors and its keys."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= models_json_schema([(Problem, "serialization")], ref_template=TEMPLATE)[1]["$defs"]
    components["securitySchemes"] = {
        KEY: {"type": "http", "scheme": "bearer", "description": "Needed where the installation has API keys."}
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method.upper(), path)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    responses = operation["responses"]
    scope = scope_needed(method, path)
    if scope is not None:
        operation["security"] = [{}, {KEY: []}]
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".strip()
    for status in _errors(operation, path, scope is not None):
        known = responses.get(str(status), {})
        if status == 422 and "HTTPValidationError" in str(known):
            known = {}  # FastAPI's own, which this app does not answer with
        responses[str(status)] = _error(status, known)
    for status, response in responses.items():
        response.setdefault("headers", {})["X-Request-ID"] = {
            "description": "The request's id, as the log has it",
            "schema": {"type": "string"},
        }
        if status in ("429", "503"):
            response["headers"]["Retry-After"] = {"description": "Seconds", "schema": {"type": "integer"}}


def _errors(operation: dict[str, Any], path: str, scoped: bool) -> Iterator[int]:
    """Which errors a route may answer; those that it documents itself are among them."""
    yield from (int(status) for status in operation["responses"] if status.isdigit() and int(status) >= 400)
    parameters = operation.get("parameters", [])
    if path not in PROBES:
        yield from (403, 421)
    if path in KEYED and path not in PROBES:
        yield from (401, 429)
    if scoped:
        yield from (401, 403, 429, 500, 503, 504)
    if parameters or "requestBody" in operation:
        yield 422
    if any(parameter["in"] == "path" for parameter in parameters):
        yield 404
    if "requestBody" in operation:
        yield from (400, 408, 413)


def _error(status: int, known: dict[str, Any]) -> dict[str, Any]:
    sentence = known.pop("x-sentence", None) or SENTENCES.get(status) or known.get("description", "")
    content = {"schema": {"$ref": TEMPLATE.format(model="Problem")}, "example": described(status, sentence)}
    phrase = HTTPStatus(status).phrase if status in {each.value for each in HTTPStatus} else ""
    return {"description": known.get("description") or phrase, "content": {MEDIA_TYPE: content}} | (
        {"headers": known["headers"]} if "headers" in known else {}
    )
