"""How a route answers: which types it answers with, pages and files of lists, details that are sent only if changed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends, HTTPException, Query, Request, Response
from msgspec import Struct

from api.access.caller import Caller
from api.access.gate import CurrentCaller, check_permission
from api.answers.acting import ACTING_ANSWERS
from api.answers.lists import Page
from api.examples import example_of
from api.exporting import CONTENT_TYPES, ROWS_MAX, as_table
from api.paging import Found
from api.sight import Sight
from schemas.publication import Exposure

PAGE_MAX = 500
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="rows of a page")]
FileShape = Literal["csv", "xlsx"]
Shape = Literal["json", FileShape]
AsShape = Annotated[Shape, Query(alias="format", description="an answer, or all of it as a file")]
PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_answers: dict[str, type[Struct]] = {kind.__name__: kind for kind in (Exposure, *ACTING_ANSWERS)}


def shows(kind: type[Struct], *statuses: int, is_file: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of its answers: of one type, or a problem with one of these statuses.

    Every list can be had as a file; `is_file` says so of another answer.
    """
    _answers[kind.__name__] = kind
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    meaning = " ".join((kind.__doc__ or kind.__name__).split("\n\n")[0].split())
    content: dict[str, Any] = {"application/json": {"schema": schema, "example": example_of(kind)}}
    if is_file or issubclass(kind, Page):
        content |= {shape.partition(";")[0]: {} for shape in CONTENT_TYPES.values()}
    found: dict[int | str, dict[str, Any]] = {200: {"description": meaning, "content": content}}
    return found | dict.fromkeys((*statuses, 422, 503), PROBLEM)


def answer_schemas() -> dict[str, Any]:
    """Return the JSON Schemas that the routes' answers refer to, by name."""
    kinds = list(_answers.values())
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return dict(components)


def current_sight(request: Request, caller: CurrentCaller) -> Sight:
    """Return what the caller sees; a dependency.

    Raises:
        HTTPException: 503, nothing has been read yet.
    """
    views = request.app.state.views
    if views is None or views.serving is None:
        why = "the ledger is still being read" if views is None else str(views.trouble)
        raise HTTPException(503, why, {"Retry-After": "1"})
    return Sight(views.serving, caller.scope)


See = Annotated[Sight, Depends(current_sight)]


class Listing(Struct, frozen=True):
    """Which part of a list is asked for, as what, and by whom."""

    after: str
    limit: int
    shape: Shape
    caller: Caller


def _listing(
    caller: CurrentCaller,
    after: Annotated[str, Query(description="`next` of the page before")] = "",
    limit: Limit = 100,
    shape: Annotated[Shape, Query(alias="format", description="a page, or all of it as a file")] = "json",
) -> Listing:
    return Listing(after, limit, shape, caller)


Listed = Annotated[Listing, Depends(_listing)]
Fetch = Callable[[str, int], Found[Any]]


async def answer_list(listing: Listing, sight: Sight, kind: type[Page], row: type[Struct], fetch: Fetch) -> Response:
    """Return a page of rows, or all of them as a file.

    Args:
        listing: what is asked for.
        sight: what the caller sees.
        kind: the type of the page; its own field holds the rows.
        row: the type of a row.
        fetch: returns rows from a cursor on, at most so many.
    """
    if listing.shape != "json":
        return await _file(listing, kind, row, fetch)
    found = fetch(listing.after, listing.limit)
    name = kind.__struct_fields__[-1]
    return as_json(kind(**{name: found.rows}, next=found.next, total=found.total, as_of=sight.view.as_of()))


async def _file(listing: Listing, kind: type[Page], row: type[Struct], fetch: Fetch) -> Response:
    assert listing.shape != "json", "a page is no file"
    check_permission(listing.caller, "export")
    rows: list[Any] = []
    after: str | None = listing.after
    while after is not None and len(rows) < ROWS_MAX:
        found = fetch(after, min(ROWS_MAX - len(rows), 5_000))
        rows += found.rows
        after = found.next
        await asyncio.sleep(0)
    answer = await as_file(listing.caller, listing.shape, kind.__struct_fields__[-1], rows, row)
    if after is not None:
        answer.headers["Obligor-Truncated"] = "true"
    return answer


async def as_file(caller: Caller, shape: FileShape, name: str, rows: list[Any], kind: type[Struct]) -> Response:
    """Return rows of a type as a file of a name.

    Raises:
        HTTPException: 403, the caller may not take files.
    """
    check_permission(caller, "export")
    content = await asyncio.to_thread(as_table, rows, kind, shape)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{shape}"'}
    return Response(content, media_type=CONTENT_TYPES[shape], headers=headers)


def as_json(content: Struct) -> Response:
    """Return an answer as JSON."""
    return Response(msgspec.json.encode(content), media_type="application/json")


def as_detail(request: Request, content: Struct) -> Response:
    """Return a detail with its `ETag`, or 304 where the client has it already.

    How fresh the answer is does not make it another one.
    """
    as_of = getattr(content, "as_of", None)
    compared = content if as_of is None else msgspec.structs.replace(content, as_of=None)
    tag = f'"{hashlib.sha256(msgspec.json.encode(compared)).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    wanted = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in wanted or "*" in wanted:
        return Response(status_code=304, headers=headers)
    return Response(msgspec.json.encode(content), media_type="application/json", headers=headers)


def account_unknown(account_id: str) -> HTTPException:
    """Return the error for an account that is not known, or that the caller may not see: they look the same."""
    return HTTPException(404, f"expected an account that is known, received {account_id!r}")
