"""HTTP: logging in and out, people, keys, and the access log."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response
from msgspec import Struct

from api.access.caller import Caller
from api.access.gate import COOKIE, CurrentCaller, access_of, require
from api.access.keys import Key
from api.access.people import Person, PersonInvalid
from api.access.permissions import ANYONE, PERMISSIONS
from api.access.sessions import SESSION_MS
from api.problems import problem

router = APIRouter(prefix="/v1")
Told = TypeVar("Told", bound=Struct)
_encode = msgspec.json.Encoder().encode
_PROBLEM = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
_REFUSED: dict[int | str, dict[str, Any]] = {401: _PROBLEM, 403: _PROBLEM, 422: _PROBLEM}
_WRONG = "expected the name and password of a person, received others"


class Login(Struct, forbid_unknown_fields=True):
    """Who logs in."""

    name: str
    password: str


class NewPerson(Struct, forbid_unknown_fields=True):
    """A person to be added."""

    name: str
    password: str
    roles: list[str]
    managers: list[str] | None = None


class NewPassword(Struct, forbid_unknown_fields=True):
    """Another password."""

    password: str


class NewKey(Struct, forbid_unknown_fields=True):
    """A key to be made; `expires_at_ms` null is never, `sources` null is its name."""

    name: str
    roles: tuple[str, ...] = ("machine",)
    scopes: list[str] | None = None
    managers: list[str] | None = None
    sources: list[str] | None = None
    expires_at_ms: int | None = None


class NewSources(Struct, forbid_unknown_fields=True):
    """The sources that a key may tell facts under from now on."""

    sources: list[str]


def _body(kind: type[Struct]) -> dict[str, Any]:
    schema = msgspec.json.schema(kind)
    content = {"application/json": {"schema": next(iter(schema["$defs"].values()))}}
    return {"requestBody": {"required": True, "content": content}}


@router.get("/session", dependencies=[require("have_session")], responses=_REFUSED)
async def show_session(caller: CurrentCaller) -> Response:
    """Show who is logged in, what they may do and until when."""
    return _json(200, as_session(caller))


@router.post(
    "/session", dependencies=[require(ANYONE)], responses=_REFUSED | {429: _PROBLEM}, openapi_extra=_body(Login)
)
async def log_in(request: Request) -> Response:
    """Log in with a name and a password; the answer sets the session's cookie."""
    access = access_of(request)
    login = await _read(request, Login)
    wait = access.guesses.wait_seconds(login.name[:100], request.client.host if request.client else "")
    if wait:
        refused = problem(429, f"expected fewer attempts, received too many; wait {wait} seconds")
        refused.headers["Retry-After"] = str(wait)
        return refused
    person = await asyncio.to_thread(access.people.verify, login.name, login.password)
    if person is None:
        return problem(401, _WRONG)
    before = request.cookies.get(COOKIE)
    if before:
        access.sessions.close(before)
    token, expires_at_ms = access.sessions.open(person, "password")
    answer = _json(200, as_session(person.as_caller(expires_at_ms)))
    set_cookie(request, answer, token)
    return answer


@router.delete("/session", dependencies=[require(ANYONE)], status_code=204)
async def log_out(request: Request) -> Response:
    """Log out; without a session nothing happens."""
    token = request.cookies.get(COOKIE)
    if token:
        access_of(request).sessions.close(token)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", secure=is_secure(request), httponly=True, samesite="strict")
    return answer


@router.get("/login", dependencies=[require(ANYONE)], responses={303: {}, 403: _PROBLEM})
async def use_link(request: Request, token: Annotated[str, Query(max_length=100)]) -> Response:
    """Open a session by the link that `obligor up` printed: it works once, and goes on to the page."""
    opened = access_of(request).sessions.use_link(token)
    if opened is None:
        return problem(
            403, "expected a link that was not used and is younger than 15 minutes; `obligor open` makes one"
        )
    answer = Response(status_code=303, headers={"Location": "/"})
    set_cookie(request, answer, opened[0])
    return answer


def set_cookie(request: Request, answer: Response, token: str) -> None:
    """Give a browser a session that no script can read and that no other site can use."""
    secure, seconds = is_secure(request), SESSION_MS // 1000
    answer.set_cookie(COOKIE, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict")


def as_session(caller: Caller) -> dict[str, Any]:
    """Return what a page needs to know of its caller."""
    return {
        "name": caller.actor,
        "actor": caller.actor,
        "roles": sorted(caller.roles),
        "permissions": [name for name in PERMISSIONS if caller.may(name)],
        "scope": None if caller.scope is None else {"managers": sorted(caller.scope)},
        "expires_at_ms": caller.expires_at_ms,
    }


@router.get("/people", dependencies=[require("manage_people")], responses=_REFUSED)
async def list_people(request: Request) -> Response:
    """List the people who may log in with a password."""
    return _json(200, {"people": [_person(person) for person in access_of(request).people.all()], "next": None})


@router.post("/people", dependencies=[require("manage_people")], responses=_REFUSED, openapi_extra=_body(NewPerson))
async def add_person(request: Request) -> Response:
    """Add a person; `managers` are the account managers whose accounts they see, null is everybody's."""
    new = await _read(request, NewPerson)
    people = access_of(request).people
    person = await asyncio.to_thread(people.add, new.name, new.password, new.roles, new.managers)
    return _json(201, _person(person))


@router.put(
    "/people/{name}/password",
    dependencies=[require("manage_people")],
    responses=_REFUSED | {404: _PROBLEM},
    openapi_extra=_body(NewPassword),
)
async def set_password(request: Request, name: str) -> Response:
    """Give a person another password; their sessions end."""
    new = await _read(request, NewPassword)
    found = await asyncio.to_thread(access_of(request).people.set_password, name, new.password)
    return Response(status_code=204) if found else _missing("person", name)


@router.delete("/people/{name}", dependencies=[require("manage_people")], responses=_REFUSED | {404: _PROBLEM})
async def remove_person(request: Request, caller: CurrentCaller, name: str) -> Response:
    """Remove a person; their sessions end. Nobody removes themselves."""
    if caller.actor == name:
        raise HTTPException(422, "expected another person than yourself")
    return Response(status_code=204) if access_of(request).people.remove(name) else _missing("person", name)


@router.get("/keys", dependencies=[require("manage_keys")], responses=_REFUSED)
async def list_keys(request: Request) -> Response:
    """List the keys of programs, without their secrets, with when each was used last."""
    return _json(200, {"keys": [_key(key) for key in access_of(request).keys.all()], "next": None})


@router.post(
    "/keys", status_code=201, dependencies=[require("manage_keys")], responses=_REFUSED, openapi_extra=_body(NewKey)
)
async def add_key(request: Request) -> Response:
    """Make a key for a program; its text is in this answer and nowhere else."""
    new = await _read(request, NewKey)
    key, text = access_of(request).keys.add(
        new.name, new.roles, new.scopes, new.managers, new.expires_at_ms, new.sources
    )
    return _json(201, {**_key(key), "key": text})


@router.put(
    "/keys/{name}/sources",
    dependencies=[require("manage_keys")],
    status_code=204,
    responses=_REFUSED | {404: _PROBLEM},
    openapi_extra=_body(NewSources),
)
async def bind_key(request: Request, name: str) -> Response:
    """Let a key, by its name or id, tell facts under these sources only; it stays the same key."""
    new = await _read(request, NewSources)
    return Response(status_code=204) if access_of(request).keys.bind(name, new.sources) else _missing("key", name)


@router.delete("/keys/{name}", dependencies=[require("manage_keys")], responses=_REFUSED | {404: _PROBLEM})
async def remove_key(request: Request, name: str) -> Response:
    """Remove a key by its name or id; it ends at once."""
    return Response(status_code=204) if access_of(request).keys.remove(name) else _missing("key", name)


@router.get("/access-log", dependencies=[require("read_access_log")], responses=_REFUSED)
async def list_access(
    request: Request,
    after: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    actor: str | None = None,
    account: str | None = None,
) -> Response:
    """List who read what, newest first; looking is recorded too."""
    log = access_of(request).log
    found = log.entries(before=after, limit=limit + 1, actor=actor, account_id=account)
    entries = [
        {"number": each.number, "at_ms": each.at_ms, **msgspec.structs.asdict(each.access)} for each in found[:limit]
    ]
    return _json(200, {"entries": entries, "next": found[limit - 1].number if len(found) > limit else None})


async def _read(request: Request, kind: type[Told]) -> Told:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(422, str(error)) from error


def is_secure(request: Request) -> bool:
    """Return whether cookies go over TLS only: everywhere but on this machine."""
    beyond: bool = request.app.state.is_secure
    return beyond or request.url.scheme == "https"


def _missing(kind: str, name: str) -> Response:
    return problem(404, f"expected a {kind}, found none of the name {name[:100]!r}")


def _person(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "roles": sorted(person.roles),
        "managers": None if person.managers is None else sorted(person.managers),
        "created_at_ms": person.created_at_ms,
    }


def _key(key: Key) -> dict[str, Any]:
    names = {name: getattr(key, name) for name in ("roles", "scopes", "managers", "sources")}
    told = {name: None if found is None else sorted(found) for name, found in names.items()}
    times = {name: getattr(key, name) for name in ("created_at_ms", "expires_at_ms", "used_at_ms")}
    return {"key_id": key.key_id, "name": key.name, **told, **times}


def _json(status: int, content: object) -> Response:
    return Response(_encode(content), status, media_type="application/json")


def invalid(_: Request, error: Exception) -> Response:
    """Return the answer to what was said of a person or key and cannot be."""
    assert isinstance(error, PersonInvalid), "registered for this kind of error only"
    return problem(422, str(error))
