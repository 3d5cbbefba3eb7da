"""The gate that every request passes: `current_caller` says who asks, `require` what they must be allowed to do.

    @router.get("/alerts", dependencies=[require("read_alerts")])
    async def list_alerts(request: Request, caller: CurrentCaller) -> Response: ...

A route that asks for no permission fails a test; one that anybody may use says so with `require(ANYONE)`. What
`api.access.log` lists is recorded when its permission is asked for, and so is every answer as a file (`format=csv`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from api.access.caller import LOCAL, Caller
from api.access.keys import MARK, Keys
from api.access.limiting import Guesses
from api.access.log import RECORDED, AccessLog, Recorded
from api.access.oidc import Oidc, Provider
from api.access.people import People
from api.access.permissions import ANYONE, COMMANDS, roles_with
from api.access.sessions import Sessions
from api.access.store import Store

COOKIE = "obligor_session"
FILES = frozenset({"csv", "xlsx"})
"""Formats of an answer that leave the page: exports."""
_QUERY_MAX = 500


class Access:
    """Knows who makes a request.

    Args:
        store: people, keys, sessions and the access log.
        trusts_machine: whoever reaches this process without credentials may do everything: for tests, and for
            addresses that nobody else can reach.
        names: what the server is called by those who reach it; none given, an address beyond this machine has any.
        provider: of identities, if people log in through one.
        people: those of the store, unless given.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        trusts_machine: bool = False,
        names: Iterable[str] = (),
        provider: Provider | None = None,
        people: People | None = None,
    ) -> None:
        self.store = store or Store()
        self.people = people or People(self.store)
        self.sessions = Sessions(self.store, self.people)
        self.keys = Keys(self.store)
        self.log = AccessLog(self.store)
        self.guesses = Guesses()
        self.trusts_machine = trusts_machine
        self.names = tuple(names)
        self.oidc = None if provider is None else Oidc(provider, self.store)

    def asks_people(self) -> bool:
        """Return whether anybody could log in from elsewhere."""
        return self.oidc is not None or not self.people.is_empty()

    async def caller(self, connection: HTTPConnection) -> Caller | None:
        """Return who asks, None if they are not known. A key that does not hold is never somebody else."""
        authorization = connection.headers.get("authorization", "")
        if authorization:
            scheme, _, text = authorization.partition(" ")
            return self.keys.caller(text) if scheme.lower() == "bearer" and text.startswith(MARK) else None
        token = connection.cookies.get(COOKIE)
        found = self.sessions.caller(token) if token else None
        return LOCAL if found is None and self.trusts_machine else found


def access_of(connection: HTTPConnection) -> Access:
    """Return what knows the callers of an application."""
    access: Access = connection.app.state.access
    return access


async def current_caller(connection: HTTPConnection) -> Caller:
    """Return who makes a request; a dependency.

    Raises:
        HTTPException: 401, nobody is logged in and no key was given, or neither holds any more.
    """
    known = getattr(connection.state, "caller", None)
    if isinstance(known, Caller):
        return known
    caller = await access_of(connection).caller(connection)
    if caller is None:
        headers = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(401, "expected a session or a key, received neither that holds", headers)
    connection.state.caller = caller
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


class Permission:
    """A dependency that lets a request pass only if its caller has a permission; gives the caller."""

    def __init__(self, name: str) -> None:
        assert name == ANYONE or roles_with(name), f"no role has {name}"
        self.name = name

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        """Return the caller, None where anybody may pass."""
        if self.name == ANYONE:
            return None
        caller = await current_caller(connection)
        check_permission(caller, self.name)
        is_export = connection.query_params.get("format") in FILES
        if is_export:
            check_permission(caller, "export")
        if is_export or self.name in RECORDED:
            record_access(connection, caller, "export" if is_export else self.name)
        return caller


def require(permission: str) -> Any:
    """Return the dependency that asks for a permission of the table, for `dependencies=[...]` of a route or router."""
    return Depends(Permission(permission))


def record_access(connection: HTTPConnection, caller: Caller, did: str, account_id: str | None = None) -> None:
    """Write down what a caller is about to be given, for what no permission of `RECORDED` stands for."""
    recorded = Recorded(
        actor=caller.actor,
        did=did,
        path=connection.url.path,
        query=connection.url.query[:_QUERY_MAX],
        account_id=account_id or connection.path_params.get("account_id"),
        address=connection.client.host if connection.client else None,
    )
    access_of(connection).log.append(recorded)


def check_permission(caller: Caller, permission: str) -> None:
    """Let a caller pass who has a permission.

    Raises:
        HTTPException: 403, with what was expected.
    """
    if not caller.may(permission):
        roles = ", ".join(sorted(roles_with(permission)))
        raise HTTPException(403, f"expected the permission {permission} ({roles}), {caller.actor} does not have it")


def check_command(caller: Caller, fact_type: str) -> None:
    """Let a caller pass who may tell a fact of a type.

    Raises:
        HTTPException: 404, no person tells such facts through the api; 403, others do.
    """
    permission = COMMANDS.get(fact_type)
    if permission is None:
        raise HTTPException(404, f"expected a command, received {fact_type!r}")
    check_permission(caller, permission)
