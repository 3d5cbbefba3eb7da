"""Who gets in and who does not: passwords, sessions, links, keys, other sites, and what is written down of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from httpx import Response
from starlette.routing import Mount, WebSocketRoute
from typer.testing import CliRunner

from api.access.caller import Caller
from api.access.gate import COOKIE, Access
from api.access.limiting import GUESSES_PER_NAME
from api.access.people import People, PersonInvalid
from api.access.permissions import PERMISSIONS, ROLES
from api.access.store import Store, digest
from api.acting.acting import Acting
from api.app import create_app
from api.commands.credentials import find_key, leave_key, open_access
from api.commands.people import keys as keys_command
from api.live import Live
from api.reader import Topics
from schemas.policy import default_policy
from schemas.policy import policy_id as id_of
from tests.scenario import with_limit
from tests.served import Served
from tests.unit.test_access_table import _permissions

PASSWORD = "correct horse battery"
HERE = "http://127.0.0.1"


@pytest.fixture
def access() -> Access:
    """Passwords cost little here."""
    store = Store()
    return Access(store, people=People(store, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


@pytest.fixture
def client(access: Access) -> TestClient:
    app = Served(with_limit(), access).app
    return TestClient(app, base_url=HERE, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def writing(access: Access) -> TestClient:
    """A client of an api that writes facts; there are no brokers behind it."""
    app = Served(with_limit(), access, Acting({}, "credit")).app
    return TestClient(app, base_url=HERE, raise_server_exceptions=False)


@pytest.fixture
def add(access: Access) -> Callable[..., Any]:
    return lambda name, *roles, **more: access.people.add(name, PASSWORD, roles, **more)


def log_in(client: TestClient, name: str, password: str = PASSWORD) -> Response:
    return client.post("/v1/session", json={"name": name, "password": password})


def with_key(client: TestClient, access: Access, name: str = "shop", **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.keys.add(name, **more)[1]}"}


def test_whoever_is_not_known_gets_nothing(client: TestClient, add: Any) -> None:
    assert client.get("/v1/accounts").status_code == 401
    assert client.get("/v1/session").headers["www-authenticate"] == "Bearer"
    assert client.get("/v1/accounts", headers={"Authorization": "Bearer obligor_a_b"}).status_code == 401
    assert client.get("/v1/health/live").status_code == 200


def test_a_person_logs_in_reads_and_logs_out(client: TestClient, add: Any) -> None:
    add("kim", "viewer", managers=["kim"])
    answer = log_in(client, "kim").json()
    assert (answer["actor"], answer["roles"], answer["scope"]) == ("kim", ["viewer"], {"managers": ["kim"]})
    assert "read_accounts" in answer["permissions"] and "set_limits" not in answer["permissions"]
    assert client.get("/v1/accounts").status_code == 200
    assert client.get("/v1/people").status_code == 403
    token = client.cookies[COOKIE]
    assert client.delete("/v1/session").status_code == 204
    assert client.get("/v1/accounts", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


def test_the_cookie_is_for_no_script_and_no_other_site_and_only_over_tls_beyond_this_machine(add: Any) -> None:
    beyond = Access(names=["credit.example"])
    beyond.people.add("kim", PASSWORD, ["viewer"])
    app = create_app(Live(Topics({}, "credit")), "0.0.0.0", access=beyond)
    far = TestClient(app, base_url="https://credit.example")
    cookie = log_in(far, "kim").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure", "Path=/"} <= set(cookie.split("; "))
    assert "max-age" in far.get("/v1/session").headers["strict-transport-security"]
    assert TestClient(app, base_url="https://evil.example").get("/v1/session").status_code == 400


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(client: TestClient, add: Any) -> None:
    add("kim", "viewer")
    wrong, unknown = log_in(client, "kim", "wrong password!"), log_in(client, "nobody", "wrong password!")
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content) == (401, wrong.content)


def test_guessing_is_slowed_down_for_that_name(client: TestClient, add: Any) -> None:
    add("kim", "viewer"), add("lee", "viewer")
    answers = [log_in(client, "kim", "a guess of many").status_code for _ in range(GUESSES_PER_NAME.amount + 1)]
    assert answers == [401] * GUESSES_PER_NAME.amount + [429]
    refused = log_in(client, "kim")
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 301
    assert log_in(client, "lee").status_code == 200


def test_logging_in_again_ends_the_session_before(client: TestClient, add: Any) -> None:
    add("kim", "viewer")
    log_in(client, "kim")
    before = client.cookies[COOKIE]
    log_in(client, "kim")
    assert client.cookies[COOKIE] != before
    client.cookies.clear()
    assert client.get("/v1/session", headers={"Cookie": f"{COOKIE}={before}"}).status_code == 401


def test_a_session_ends_with_its_time_its_password_and_its_person(client: TestClient, access: Access, add: Any) -> None:
    add("kim", "viewer"), add("lee", "viewer"), add("bo", "viewer")
    sessions = {}
    for name in ("kim", "lee", "bo"):
        log_in(client, name)
        sessions[name] = client.cookies[COOKIE]
        client.cookies.clear()

    def answer(name: str) -> int:
        return client.get("/v1/session", headers={"Cookie": f"{COOKIE}={sessions[name]}"}).status_code

    assert [answer(name) for name in sessions] == [200, 200, 200]
    access.people.set_password("kim", "another password")
    access.people.remove("lee")
    access.store.change("update sessions set expires_at_ms = 1 where name = 'bo'")
    assert [answer(name) for name in sessions] == [401, 401, 401]


def test_what_is_kept_lets_nobody_in(access: Access, add: Any, client: TestClient) -> None:
    add("kim", "viewer")
    log_in(client, "kim")
    _, key = access.keys.add("shop")
    link = access.sessions.make_link_token()
    kept = str([access.store.rows(f"select * from {name}") for name in ("people", "keys", "sessions", "links")])
    for secret in (PASSWORD, client.cookies[COOKIE], key, key.rpartition("_")[2], link):
        assert secret not in kept
    assert "$argon2id$" in kept


@pytest.mark.parametrize(
    ("name", "password", "roles", "why"),
    [
        ("kim", "short", ["viewer"], "12 to"),
        ("kim", PASSWORD, ["god"], "god"),
        ("kim", PASSWORD, [], "none"),
        ("kim", PASSWORD, ["machine"], "machine"),
        ("local", PASSWORD, ["viewer"], "name"),
        ("a b", PASSWORD, ["viewer"], "name"),
        ("lee", PASSWORD, ["viewer"], "there already"),
        ("shop", PASSWORD, ["viewer"], "new name"),
    ],
)
def test_a_person_that_cannot_be_is_refused(
    access: Access, add: Any, name: str, password: str, roles: list[str], why: str
) -> None:
    add("lee", "viewer")
    access.keys.add("shop")
    with pytest.raises(PersonInvalid, match=why):
        access.people.add(name, password, roles)


def test_a_link_opens_one_session_of_whoever_runs_the_machine(client: TestClient, access: Access) -> None:
    token = access.sessions.make_link_token()
    answer = client.get("/v1/login", params={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/v1/session").json()["roles"] == sorted(ROLES)
    assert client.get("/v1/login", params={"token": token}).status_code == 403
    late = access.sessions.make_link_token()
    access.store.change("update links set expires_at_ms = 1")
    assert client.get("/v1/login", params={"token": late}).status_code == 403


def test_once_somebody_is_set_up_links_and_their_sessions_are_over(
    client: TestClient, access: Access, add: Any
) -> None:
    client.get("/v1/login", params={"token": access.sessions.make_link_token()})
    unused = access.sessions.make_link_token()
    add("kim", "admin")
    assert client.get("/v1/session").status_code == 401
    assert client.get("/v1/login", params={"token": unused}).status_code == 403


def test_people_and_keys_are_managed_over_http(client: TestClient, add: Any) -> None:
    add("root", "admin")
    log_in(client, "root")
    new = {"name": "kim", "password": PASSWORD, "roles": ["analyst"]}
    assert client.post("/v1/people", json=new).status_code == 201
    assert client.post("/v1/people", json=new).status_code == 422
    assert [person["name"] for person in client.get("/v1/people").json()["people"]] == ["kim", "root"]
    assert client.put("/v1/people/kim/password", json={"password": "another password"}).status_code == 204
    assert client.delete("/v1/people/root").status_code == 422, "nobody locks themselves out"
    assert [client.delete("/v1/people/kim").status_code for _ in range(2)] == [204, 404]
    made = client.post("/v1/keys", json={"name": "shop", "scopes": ["feed:decisions"]}).json()
    assert made["key"].startswith("obligor_") and made["scopes"] == ["feed:decisions"]
    assert "key" not in client.get("/v1/keys").json()["keys"][0]
    assert [client.delete("/v1/keys/shop").status_code for _ in range(2)] == [204, 404]
    assert client.post("/v1/keys", json={"name": "shop", "scopes": ["feed:everything"]}).status_code == 422


def test_a_key_limited_to_decisions_can_read_nothing_else(client: TestClient, access: Access) -> None:
    headers = with_key(client, access, scopes=["feed:decisions"])
    answers = {}
    for route in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        if isinstance(route.original_route, Mount | WebSocketRoute) or "anyone" in _permissions(route.dependant):
            continue
        path = (route.path or "").replace("{account_id:path}", "ACME")
        for method in route.methods or ():
            answers[method, path] = client.request(method, path, headers=headers).status_code
    assert {place for place, status in answers.items() if status != 403} == {("GET", "/v1/session")} | {
        place for place in answers if place[1].startswith("/v1/commands/{")
    }
    caller = access.keys.caller(headers["Authorization"].removeprefix("Bearer "))
    assert caller is not None and caller.may("read_feed") and caller.topics == {"decisions"}


def facts_under(client: TestClient, headers: dict[str, str], source: str | None) -> Response:
    """Ask both routes that take facts; what is let through meets a process that only reads."""
    params = {} if source is None else {"source": source}
    asked = [client.post(path, json={}, params=params, headers=headers) for path in ("/v1/facts", "/v1/checks")]
    assert {answer.status_code for answer in asked} == {asked[0].status_code}
    return asked[0]


@pytest.mark.parametrize(
    ("sources", "source", "allowed"),
    [
        (None, None, True),
        (None, "shop", True),
        (None, "erp", False),
        (["erp"], None, True),
        (["erp"], "erp", True),
        (["erp"], "erp/de", False),
        (["erp"], "shop", False),
        (["erp", "shop"], None, True),
        (["erp-de", "erp-cn"], "erp-cn", True),
        (["erp-de", "erp-cn"], None, False),
    ],
)
def test_a_key_speaks_under_its_sources_and_no_others(
    writing: TestClient, access: Access, sources: list[str] | None, source: str | None, allowed: bool
) -> None:
    headers = with_key(writing, access, sources=sources)
    answer = facts_under(writing, headers, source)
    if allowed:
        assert (answer.status_code, answer.json()["path"]) == (422, "$.type"), "past the gate, and an empty fact"
        return
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert (told["code"], told["path"]) == ("source_not_allowed", "query.source")
    assert all(bound in told["detail"] for bound in sources or ["shop"])


def test_a_key_without_sources_is_of_an_earlier_version_and_is_bound_without_being_made_anew(
    writing: TestClient, access: Access, add: Any
) -> None:
    headers = with_key(writing, access)
    access.store.change("update keys set sources = null")
    assert facts_under(writing, headers, "anything").status_code == 422
    add("root", "admin")
    log_in(writing, "root")
    assert writing.get("/v1/keys").json()["keys"][0]["sources"] is None
    bind = "/v1/keys/shop/sources"
    assert [writing.put(bind, json={"sources": told}).status_code for told in ([], ["obligor/api"], ["erp"])] == [
        422,
        422,
        204,
    ]
    assert writing.put("/v1/keys/nobody/sources", json={"sources": ["erp"]}).status_code == 404
    assert writing.get("/v1/keys").json()["keys"][0]["sources"] == ["erp"]
    writing.cookies.clear()
    assert facts_under(writing, headers, "anything").status_code == 403
    assert facts_under(writing, headers, None).status_code == 422


def test_a_file_of_an_earlier_version_is_opened_and_its_keys_go_on(tmp_path: Path) -> None:
    path = tmp_path / "access.db"
    Store(path).close()
    with sqlite3.connect(path) as before:
        before.execute("alter table keys drop column sources")
        before.execute(
            "insert into keys values ('k1', ?, 'erp', 'machine', null, null, 5, null, null)", (digest("obligor_k1_s"),)
        )
    for _ in range(2):
        keys = Access(Store(path)).keys
        caller = keys.caller("obligor_k1_s")
        assert caller is not None and caller.actor == "erp" and caller.sources is None
    assert keys.add("shop", sources=["shop-de"])[0].sources == {"shop-de"}
    assert [(key.name, key.sources) for key in keys.all()] == [("erp", None), ("shop", {"shop-de"})]


@pytest.mark.parametrize("sources", [[], [""], ["obligor/api/kim"], ["a\nb"], ["x" * 201], ["erp", "obligor/"]])
def test_no_key_is_made_for_a_source_that_cannot_be(access: Access, sources: list[str]) -> None:
    with pytest.raises(PersonInvalid, match="sources of 1 to 200"):
        access.keys.add("shop", sources=sources)
    assert access.keys.all() == []


def test_the_command_makes_binds_and_lists_keys(tmp_path: Path) -> None:
    def run(*said: str) -> Any:
        return CliRunner().invoke(keys_command, [*said, "--data", str(tmp_path)], env={"COLUMNS": "200"})

    assert run("add", "--name", "erp").stdout.startswith("obligor_")
    run("add", "--name", "shop", "--source", "shop-de", "--source", "shop-cn")
    listed = run("list").stdout
    assert "shop-cn, shop-de" in listed and listed.count(" erp ") == 2
    bound = run("bind", "erp", "--source", "erp-de")
    assert (bound.exit_code, bound.stdout) == (0, "erp speaks as erp-de\n")
    assert run("bind", "nobody", "--source", "x").exit_code == 1
    assert run("bind", "erp", "--source", "obligor/api").exit_code == 2
    assert "erp-de" in run("list").stdout


def test_a_key_ends_when_it_is_removed_or_expires_and_is_nobody_elses_session(
    client: TestClient, access: Access, add: Any
) -> None:
    add("kim", "viewer")
    removed, expired = with_key(client, access, "a"), with_key(client, access, "b", expires_at_ms=1)
    assert client.get("/v1/accounts", headers=removed).status_code == 200
    assert access.keys.all()[0].used_at_ms
    access.keys.remove("a")
    log_in(client, "kim")
    for headers in (removed, expired, {"Authorization": "Basic eDp5"}):
        assert client.get("/v1/accounts", headers=headers).status_code == 401, "although a session's cookie is there"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_the_routes_of_its_permissions_and_no_others(
    client: TestClient, access: Access, role: str
) -> None:
    headers = with_key(client, access, role, roles=[role])
    for route in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        if isinstance(route.original_route, Mount | WebSocketRoute) or "anyone" in _permissions(route.dependant):
            continue
        allowed = all(role in PERMISSIONS[name] for name in _permissions(route.dependant))
        path = (route.path or "").replace("{account_id:path}", "ACME")
        for method in route.methods or ():
            status = client.request(method, path, headers=headers).status_code
            assert (status == 403) == (not allowed), f"{role} {method} {path} was answered {status}"


@pytest.mark.parametrize("role", ["viewer", "admin", "analyst"])
@pytest.mark.parametrize("shape", ["csv", "xlsx"])
@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/portfolio/groups?by=manager", "/v1/policies/{id}/diff/{id}"])
def test_a_file_is_an_export_whatever_it_is_of(
    client: TestClient, access: Access, role: str, shape: str, path: str
) -> None:
    headers = with_key(client, access, role, roles=[role])
    address = path.format(id=id_of(default_policy()))
    status = client.get(f"{address}{'&' if '?' in address else '?'}format={shape}", headers=headers).status_code
    assert status == (200 if role == "analyst" else 403)
    exports = [(entry.access.did, entry.access.path) for entry in access.log.entries()]
    assert exports == ([("export", address.partition("?")[0])] if role == "analyst" else [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": HERE}, 200),
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_no_other_site_acts_in_a_persons_name(
    client: TestClient, add: Any, headers: dict[str, str], status: int
) -> None:
    add("kim", "viewer")
    answer = client.post("/v1/session", json={"name": "kim", "password": PASSWORD}, headers=headers)
    assert answer.status_code == status


def test_every_answer_tells_browsers_what_they_may_do_with_it(client: TestClient) -> None:
    for path in ("/docs", "/v1/accounts", "/v1/nothing", "/"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "<script" not in client.get("/docs").text and "<style" not in client.get("/docs").text


def test_a_body_has_a_largest_size(client: TestClient) -> None:
    assert client.post("/v1/session", content=b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    assert client.post("/v1/session", content=b"x" * 100).status_code == 422


def test_reading_a_dossier_is_recorded_before_it_is_given(client: TestClient, access: Access, add: Any) -> None:
    add("kim", "viewer"), add("eve", "auditor")
    log_in(client, "kim")
    client.get("/v1/accounts/ACME?x=1"), client.get("/v1/accounts")
    assert client.get("/v1/access-log").status_code == 403
    log_in(client, "eve")
    (entry, own) = (client.get("/v1/access-log").json()["entries"][at] for at in (-1, 0))
    assert (entry["actor"], entry["did"], entry["account_id"]) == ("kim", "read_dossier", "ACME")
    assert (entry["path"], entry["query"]) == ("/v1/accounts/ACME", "x=1")
    assert (own["actor"], own["did"]) == ("eve", "read_access_log"), "looking at the log is recorded too"
    assert client.get("/v1/access-log?account=B").json()["entries"] == []


def test_the_access_log_is_only_appended_to_and_shows_what_was_altered(tmp_path: Path) -> None:
    access = Access(Store(tmp_path / "access.db"))
    for number in range(3):
        access.keys.add(f"k{number}")
    client = TestClient(create_app(Live(Topics({}, "credit")), "127.0.0.1", access=access), base_url=HERE)
    headers = with_key(client, access, "eve", roles=["auditor"])
    for _ in range(3):
        client.get("/v1/access-log", headers=headers)
    for statement in ("update access_log set at_ms = 0", "delete from access_log"):
        with pytest.raises(sqlite3.IntegrityError, match="only appended"):
            access.store.change(statement)
    assert access.log.broken_at() is None
    access.store.change("drop trigger access_log_is_not_altered")
    access.store.change("update access_log set entry = replace(entry, 'eve', 'kim') where number = 1")
    assert access.log.broken_at() == 1


def test_the_file_and_the_key_left_for_commands_are_their_owners_only(tmp_path: Path) -> None:
    access = open_access(tmp_path)
    leave_key(access, tmp_path)
    for name in ("access.db", "this-machine.key"):
        assert (tmp_path / "access" / name).stat().st_mode & 0o777 == 0o600
    key = find_key(tmp_path, HERE)
    assert key is not None and find_key(tmp_path, "https://elsewhere.example") is None
    caller = access.keys.caller(key)
    assert caller is not None and caller.roles == {"auditor"}
    leave_key(access, tmp_path)
    assert find_key(tmp_path, HERE) == key


def test_a_caller_sees_the_accounts_of_their_managers_only() -> None:
    some = Caller("kim", frozenset({"viewer"}), scope=frozenset({"kim"}))
    assert [some.sees(manager) for manager in ("kim", "lee", None)] == [True, False, False]
    assert Caller("kim", frozenset({"viewer"})).sees(None)
