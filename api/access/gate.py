"""The gate that every request passes: `current_caller` says who asks, `require` what they must be allowed to do.

    @router.get("/alerts", dependencies=[require("read_alerts")])
    async def list_alerts(request: Request, caller: CurrentCaller) -> Response: ...

A route that asks for no permission fails a test; one that anybody may use says so with `require(ANYONE)`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from api.access.caller import LOCAL, Caller
from api.access.permissions import ANYONE, COMMANDS, roles_with


class Access:
    """Knows who makes a request."""

    async def caller(self, connection: HTTPConnection) -> Caller | None:
        """Return who asks, None if they are not known."""
        return LOCAL


async def current_caller(connection: HTTPConnection) -> Caller:
    """Return who makes a request; a dependency.

    Raises:
        HTTPException: 401, nobody is logged in and no key was given, or neither holds any more.
    """
    access: Access = connection.app.state.access
    caller = await access.caller(connection)
    if caller is None:
        raise HTTPException(401, "expected a session or a key, received neither that holds")
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
        return caller


def require(permission: str) -> Any:
    """Return the dependency that asks for a permission of the table, for `dependencies=[...]` of a route or router."""
    return Depends(Permission(permission))


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
