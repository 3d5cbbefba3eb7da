"""The OpenAPI document: what any route may answer, beside what each says of itself."""

from __future__ import annotations

from typing import Any

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ANY_ROUTE = {
    "401": "Nobody is logged in and no key was given, or neither holds any more.",
    "403": "The caller may not, or the request comes from a page of another host.",
    "413": "The body is too large.",
    "422": "The request is not as described; `errors`, or `code` and `path`, say where.",
    "429": "Too many requests; `Retry-After` says when to try again.",
    "503": "This process cannot answer yet, or the brokers do not answer.",
}


def with_common_answers(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which every operation says what any may answer; its own words come first."""
    for operations in document["paths"].values():
        for operation in operations.values():
            answers = operation.setdefault("responses", {})
            for status, meaning in _ANY_ROUTE.items():
                own = answers.get(status, {})
                answers[status] = {"description": _words(own) or meaning, "content": _PROBLEM}
    return document


def _words(answer: dict[str, Any]) -> str:
    """A framework's own words say nothing."""
    words: str = answer.get("description", "")
    return "" if words in ("Validation Error", "Successful Response") else words
