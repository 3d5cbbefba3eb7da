"""Logging in through a provider of identities: OpenID Connect, authorization code with PKCE.

Source: OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from api.access.people import Person, PersonInvalid, check_roles
from api.access.sessions import now_ms
from api.access.store import Store, digest

LOGIN_MS = 10 * 60_000
_ANSWER_SECONDS = 10
_KNOWN_SECONDS = 300.0
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""None that a client's secret would do for: a public key is never taken for one."""


class LoginRefused(Exception):
    """The provider did not say who it is, or said it of somebody who may do nothing here."""


class Provider(Struct, frozen=True, kw_only=True):
    """A provider and what its claims mean here.

    `roles` are this system's roles by value of the claim `roles_claim`; a person without any does not get in.
    `managers_claim`, where one is named, lists the account managers whose accounts a person sees.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str
    name_claim: str = "preferred_username"
    roles_claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = {}
    managers_claim: str = ""


class Oidc:
    """Sends people to a provider and takes them back."""

    def __init__(self, provider: Provider, store: Store) -> None:
        issuer = urlsplit(provider.issuer)
        if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
            raise PersonInvalid(f"expected an issuer with https, received {provider.issuer!r}")
        for roles in provider.roles.values():
            check_roles(roles)
        self._provider = provider
        self._store = store
        self._documents: dict[str, tuple[float, Any]] = {}

    def begin(self) -> tuple[str, str]:
        """Return where a person logs in, and the state that their browser has to bring back; blocking.

        Raises:
            LoginRefused: the provider does not answer.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        now = now_ms()
        self._store.change("delete from logins where expires_at_ms <= ?", now)
        self._store.change("insert into logins values (?, ?, ?, ?)", digest(state), verifier, nonce, now + LOGIN_MS)
        endpoint = self._metadata()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return str(url), state

    def finish(self, state: str, code: str) -> Person:
        """Return who came back with a code; blocking.

        Raises:
            LoginRefused: nobody was sent with that state, the provider does not vouch for them, or they have no role.
        """
        with self._store.transaction():
            row = self._store.row(
                "select verifier, nonce from logins where digest = ? and expires_at_ms > ?", digest(state), now_ms()
            )
            self._store.change("delete from logins where digest = ?", digest(state))
        if row is None:
            raise LoginRefused("expected the end of a login that began here within 10 minutes")
        verifier, nonce = row
        try:
            with self._session() as session:
                token = session.fetch_token(self._metadata()["token_endpoint"], code=code, code_verifier=verifier)
            return self._person(self._claims(token.get("id_token", ""), nonce))
        except (OAuthError, requests.RequestException, JoseError, ValueError) as error:
            raise LoginRefused(f"expected an identity of {self._provider.issuer}, received {error}") from error

    def _claims(self, id_token: str, nonce: str) -> Mapping[str, Any]:
        keys = KeySet.import_key_set(self._document(self._metadata()["jwks_uri"]))
        token = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        wanted = {"iss": self._provider.issuer, "aud": self._provider.client_id, "nonce": nonce}
        essential: dict[str, Any] = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        jwt.JWTClaimsRegistry(**essential, exp={"essential": True}, sub={"essential": True}).validate(token.claims)
        return token.claims

    def _person(self, claims: Mapping[str, Any]) -> Person:
        provider = self._provider
        name = str(claims.get(provider.name_claim) or "")
        local = "select 1 from people where name = ?1 union select 1 from keys where name = ?1"
        if not name or len(name) > 100 or not name.isprintable() or name == "local" or self._store.row(local, name):
            raise LoginRefused(f"expected a name of their own in {provider.name_claim}, received {name[:100]!r}")
        groups = _texts(claims.get(provider.roles_claim))
        roles = {role for group in groups for role in provider.roles.get(group, ())}
        if not roles:
            raise LoginRefused(f"expected {name} to have a role here, {provider.roles_claim} gives none")
        managers = frozenset(_texts(claims.get(provider.managers_claim))) if provider.managers_claim else None
        return Person(name=name, roles=frozenset(roles), managers=managers)

    def _session(self) -> OAuth2Session:
        provider = self._provider
        return OAuth2Session(
            provider.client_id,
            provider.client_secret or None,
            scope="openid profile email",
            redirect_uri=provider.redirect_url,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if provider.client_secret else "none",
            default_timeout=_ANSWER_SECONDS,
        )

    def _metadata(self) -> Mapping[str, Any]:
        issuer = self._provider.issuer
        found: Mapping[str, Any] = self._document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise LoginRefused(f"expected the provider {issuer}, received {found.get('issuer')!r}")
        return found

    def _document(self, url: str) -> Any:
        known = self._documents.get(url)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        try:
            answer = requests.get(url, timeout=_ANSWER_SECONDS)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise LoginRefused(f"expected the provider to answer, received {error}") from error
        self._documents[url] = (time.monotonic() + _KNOWN_SECONDS, found)
        return found


def _texts(claim: object) -> list[str]:
    """A claim of several values is a list, or one text with spaces."""
    if isinstance(claim, str):
        return claim.split()
    return [str(one) for one in claim] if isinstance(claim, list | tuple) else []
