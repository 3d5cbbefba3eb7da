"""Logging in through a provider of identities that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from joserfc.jwk import RSAKey

from api.access.gate import COOKIE, Access
from api.access.oidc import Provider
from api.access.people import PersonInvalid
from api.app import create_app
from api.live import Live
from api.reader import Topics
from streams.settings import Settings
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider

HERE = "http://127.0.0.1"
ROLES = {"credit-desk": ("analyst", "approver"), "audit": ("auditor",)}


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    with IdentityProvider() as provider:
        yield provider


@pytest.fixture
def provider(running: IdentityProvider) -> IdentityProvider:
    running.claims = {"preferred_username": "kim", "groups": ["credit-desk", "lunch"], "accounts_of": ["kim"]}
    running.signing_key = running.key
    return running


def known_by(provider: IdentityProvider, **more: Any) -> Access:
    return Access(
        provider=Provider(
            issuer=provider.issuer,
            client_id=CLIENT_ID,
            client_secret=more.pop("client_secret", CLIENT_SECRET),
            redirect_url=f"{HERE}/v1/login/callback",
            roles=ROLES,
            **more,
        )
    )


def browser(access: Access) -> TestClient:
    return TestClient(
        create_app(Live(Topics({}, "credit")), "127.0.0.1", access=access), base_url=HERE, follow_redirects=False
    )


def come_back(client: TestClient) -> Response:
    """Go to the provider and return where it sends the browser to."""
    sent = client.get("/v1/login/oidc")
    assert sent.status_code == 303, sent.text
    back = urlsplit(httpx.get(sent.headers["location"]).headers["location"])
    return client.get(f"{back.path}?{back.query}")


def test_who_the_provider_vouches_for_gets_the_roles_of_their_groups(provider: IdentityProvider) -> None:
    client = browser(known_by(provider))
    assert client.get("/v1/login/methods").json() == {"password": False, "oidc": True, "link": False}
    answer = come_back(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "SameSite=strict" in answer.headers["set-cookie"] and client.cookies[COOKIE]
    session = client.get("/v1/session").json()
    assert (session["actor"], session["roles"], session["scope"]) == ("kim", ["analyst", "approver"], None)


def test_a_claim_may_narrow_whose_accounts_they_see(provider: IdentityProvider) -> None:
    client = browser(known_by(provider, managers_claim="accounts_of"))
    come_back(client)
    assert client.get("/v1/session").json()["scope"] == {"managers": ["kim"]}


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"groups": ["lunch"]}, "role"),
        ({"groups": None}, "role"),
        ({"preferred_username": None}, "name"),
        ({"preferred_username": "local"}, "name"),
        ({"preferred_username": "shop"}, "name"),
        ({"iss": "https://elsewhere.example"}, "identity"),
        ({"aud": "another"}, "identity"),
        ({"nonce": "another"}, "identity"),
        ({"exp": 1}, "identity"),
        ({"exp": None}, "identity"),
    ],
    ids=str,
)
def test_whoever_it_does_not_vouch_for_does_not_get_in(
    provider: IdentityProvider, claims: dict[str, Any], why: str
) -> None:
    access = known_by(provider)
    access.keys.add("shop")
    provider.claims |= claims
    client = browser(access)
    answer = come_back(client)
    assert answer.status_code == 403 and why in answer.json()["detail"]
    assert client.get("/v1/session").status_code == 401


def test_an_identity_that_somebody_else_signed_is_none(provider: IdentityProvider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, parameters={"kid": "k1"})
    assert come_back(browser(known_by(provider))).status_code == 403


def test_a_wrong_secret_gets_no_identity(provider: IdentityProvider) -> None:
    assert come_back(browser(known_by(provider, client_secret="another"))).status_code == 403


def test_a_login_ends_once_and_in_the_browser_that_it_began_in(provider: IdentityProvider) -> None:
    access = known_by(provider)
    client, other = browser(access), browser(access)
    sent = client.get("/v1/login/oidc").headers["location"]
    back = urlsplit(httpx.get(sent).headers["location"])
    assert other.get(f"{back.path}?{back.query}").status_code == 403
    state = client.cookies["obligor_login"]
    assert client.get(f"{back.path}?{back.query}").status_code == 303
    client.cookies.set("obligor_login", state, path="/v1/login")
    assert client.get(f"{back.path}?{back.query}").status_code == 403


def test_a_provider_that_does_not_answer_or_is_not_secure_is_refused(provider: IdentityProvider) -> None:
    client = browser(
        Access(provider=Provider(issuer="http://127.0.0.1:1", client_id="x", client_secret="", redirect_url=""))
    )
    assert client.get("/v1/login/oidc").status_code == 403
    with pytest.raises(PersonInvalid, match="https"):
        Access(provider=Provider(issuer="http://idp.example", client_id="x", client_secret="", redirect_url=""))
    assert browser(Access()).get("/v1/login/oidc").status_code == 404
    with pytest.raises(ValueError, match="oidc_client_id"):
        Settings(oidc_issuer="https://idp.example")
