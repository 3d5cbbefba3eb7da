"""The table of permissions against the routes: nothing is reachable that asks for no permission."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from fastapi import HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount

from api.access.caller import LOCAL, Caller
from api.access.gate import Permission, check_command
from api.access.permissions import ANYONE, COMMANDS, PERMISSIONS, ROLES
from api.app import create_app
from api.live import Live
from api.reader import Topics
from schemas.facts import FACTS_BY_TOPIC

OPEN_TO_ALL = {
    "/v1/health/live",
    "/v1/health/ready",
    "/v1/feed",
    "/docs",
    "/openapi.json",
    "/",
    *(f"/v1/login{way}" for way in ("", "/methods", "/oidc", "/callback")),
}
"""What may be asked before logging in; the feed asks who listens after it has accepted."""


def _tags(topic: str) -> set[str]:
    union: Any = FACTS_BY_TOPIC[topic]
    return {str(kind.__struct_config__.tag) for kind in get_args(union)}


def _routes() -> list[RouteContext]:
    return list(iter_route_contexts(create_app(Live(Topics({}, "credit")), "127.0.0.1").routes))


def _permissions(dependant: Dependant) -> set[str]:
    own = {dependant.call.name} if isinstance(dependant.call, Permission) else set()
    return own.union(*(_permissions(inner) for inner in dependant.dependencies))


@pytest.mark.parametrize("route", _routes(), ids=lambda route: f"{route.methods} {route.path}")
def test_every_route_asks_for_a_permission(route: RouteContext) -> None:
    if isinstance(route.original_route, Mount):
        assert route.path == "/static"
        return
    asked = _permissions(route.dependant)
    assert asked
    is_login = route.path == "/v1/session" and route.methods != {"GET"}
    assert (asked == {ANYONE}) == (route.path in OPEN_TO_ALL or is_login)


def test_every_role_may_do_something_and_every_permission_is_had_by_a_role() -> None:
    assert set(ROLES) == {role for roles in PERMISSIONS.values() for role in roles}
    assert all(PERMISSIONS.values())
    assert all(LOCAL.may(permission) for permission in PERMISSIONS)


def test_every_desk_fact_needs_a_permission_and_what_machines_tell_is_no_command() -> None:
    desk = _tags("desk")
    assert desk <= set(COMMANDS) <= desk | _tags("control") | _tags("dossiers")
    assert set(COMMANDS.values()) <= set(PERMISSIONS)
    with pytest.raises(HTTPException, match="expected a command"):
        check_command(LOCAL, "day_closed")


@pytest.mark.parametrize("role", ["auditor", "admin", "viewer", "machine"])
def test_who_only_looks_or_operates_decides_nothing(role: str) -> None:
    caller = Caller("somebody", frozenset({role}))
    may = {name for name, permission in COMMANDS.items() if caller.may(permission)}
    assert may == ({"dead_letter_dismissed"} if role == "admin" else set())
    with pytest.raises(HTTPException) as refused:
        check_command(caller, "order_release")
    assert refused.value.status_code == 403


def test_a_key_has_no_more_than_it_was_narrowed_to() -> None:
    caller = Caller(
        "shop", frozenset({"machine"}), permissions=frozenset({"read_feed"}), topics=frozenset({"decisions"})
    )
    assert [name for name in PERMISSIONS if caller.may(name)] == ["have_session", "read_feed"]
    assert caller.may_use("decisions") and not caller.may_use("alerts")


def test_a_permission_that_the_table_does_not_have_opens_nothing() -> None:
    with pytest.raises(KeyError):
        LOCAL.may("read_acounts")
