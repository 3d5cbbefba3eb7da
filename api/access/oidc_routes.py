"""HTTP: to the provider of identities and back, and which ways of logging in there are."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api.access.gate import COOKIE, access_of, require
from api.access.oidc import LOGIN_MS, LoginRefused, Oidc
from api.access.permissions import ANYONE
from api.access.routes import is_secure, set_cookie
from api.problems import problem

router = APIRouter(prefix="/v1/login")
_STATE = "obligor_login"
_PATH = "/v1/login"
_PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {303: {}, 403: _PROBLEM, 404: _PROBLEM}


@router.get("/methods", dependencies=[require(ANYONE)])
async def show_methods(request: Request) -> Response:
    """Show how people log in here: with a password, through a provider, with the link of this machine."""
    access = access_of(request)
    has_people = not access.people.is_empty()
    methods = {"password": has_people, "oidc": access.oidc is not None, "link": not access.asks_people()}
    return Response(msgspec.json.encode(methods), media_type="application/json")


@router.get("/oidc", dependencies=[require(ANYONE)], responses=_RESPONSES)
async def go_to_provider(request: Request) -> Response:
    """Go to the provider of identities to log in."""
    oidc = access_of(request).oidc
    if oidc is None:
        return problem(404, "expected a provider of identities, none is set up")
    try:
        url, state = await asyncio.to_thread(oidc.begin)
    except LoginRefused as refused:
        return problem(403, str(refused))
    answer = Response(status_code=303, headers={"Location": url})
    # Lax, for the browser comes back from elsewhere; it is worth nothing without the code.
    answer.set_cookie(
        _STATE, state, max_age=LOGIN_MS // 1000, path=_PATH, secure=is_secure(request), httponly=True, samesite="lax"
    )
    return answer


@router.get("/callback", dependencies=[require(ANYONE)], responses=_RESPONSES)
async def come_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
) -> Response:
    """Come back from the provider; opens a session and goes on to the page."""
    access = access_of(request)
    if access.oidc is None:
        return problem(404, "expected a provider of identities, none is set up")
    if not secrets.compare_digest(request.cookies.get(_STATE, "").encode(), state.encode()) or not state:
        return problem(403, "expected the browser that the login began in")
    return await _open(request, access.oidc, state, code)


async def _open(request: Request, oidc: Oidc, state: str, code: str) -> Response:
    access = access_of(request)
    try:
        person = await asyncio.to_thread(oidc.finish, state, code)
    except LoginRefused as refused:
        return problem(403, str(refused))
    before = request.cookies.get(COOKIE)
    if before:
        access.sessions.close(before)
    token, _ = access.sessions.open(person, "oidc")
    answer = Response(status_code=303, headers={"Location": "/"})
    set_cookie(request, answer, token)
    answer.delete_cookie(_STATE, path=_PATH)
    return answer
