"""Errors over HTTP as problem details. Source: RFC 9457."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

_RECEIVED_MAX = 100


def problem(status: int, detail: str, **members: Any) -> Response:
    """Return an `application/problem+json` answer; `detail` says what was expected and what was received.

    `members` say the same to a program: a reason `code`, the `path` to a field, `errors` with the path of each
    parameter or field that was wrong, such as `query.limit`, and a `message`.
    """
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    content |= members
    return Response(msgspec.json.encode(content), status, media_type="application/problem+json")


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of an application a problem detail."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for this kind of error only"
        answer = problem(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError), "registered for this kind of error only"
        errors = [_error(found) for found in error.errors()]
        return problem(422, "; ".join(f"{found['path']}: {found['message']}" for found in errors), errors=errors)

    async def failed(_: Request, error: Exception) -> Response:
        return problem(500, f"unexpected {type(error).__name__}; the log has more")

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, failed)


def _error(found: dict[str, Any]) -> dict[str, str]:
    location = found.get("loc", ())
    path = ".".join(str(part) for part in location) if isinstance(location, tuple) else str(location)
    return {"path": path, "message": f"{found.get('msg')}, received {str(found.get('input'))[:_RECEIVED_MAX]!r}"}
