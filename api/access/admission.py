"""How an application is put where others reach it: who is asked, which names it answers to, what browsers may do."""

from __future__ import annotations

import ipaddress

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.access import oidc_routes
from api.access.browsers import BrowserRules
from api.access.gate import Access
from api.access.limiting import RateLimits
from api.access.people import PersonInvalid
from api.access.routes import invalid, router

BODY_MAX_BYTES = 4 * 1024 * 1024
_LOOPBACK_NAMES = ["127.0.0.1", "localhost"]


class CredentialsMissing(Exception):
    """An address beyond this machine was asked for while nobody could say who they are."""


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("api.example")
    (True, False, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_reachable(host: str, access: Access) -> None:
    """Let an address pass that others cannot reach, or where they are asked who they are.

    Raises:
        CredentialsMissing: others could reach it, and nobody could log in, or nobody is asked.
    """
    if is_loopback(host) or (access.asks_people() and not access.trusts_machine):
        return
    raise CredentialsMissing(
        f"expected people who can log in before others reach {host}, found none; "
        "add one with `obligor people add NAME --role ROLE`, or set OBLIGOR_OIDC_ISSUER"
    )


def admit(app: FastAPI, host: str, access: Access) -> None:
    """Put an application behind the gate, for those who reach an address.

    Raises:
        CredentialsMissing: see `check_reachable`.
    """
    check_reachable(host, access)
    app.state.access = access
    app.state.is_secure = not is_loopback(host)
    app.add_exception_handler(PersonInvalid, invalid)
    app.include_router(router)
    app.include_router(oidc_routes.router)
    app.add_middleware(RateLimits)
    if is_loopback(host) or access.names:
        # A page elsewhere may point a name of its own at this machine; its requests carry that name.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK_NAMES, host, *access.names])
    app.add_middleware(BrowserRules, is_secure=not is_loopback(host))
