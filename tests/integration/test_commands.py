"""Acting over HTTP against a real broker and worker: released, refused, doubtful, repeated, pending."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from streams.broker import Broker
from streams.settings import Settings
from streams.topics import create_and_check
from tests import builders as b
from tests.api_process import ApiProcess
from tests.builders import Said
from tests.faults.progress import wait_until
from tests.order_system import OrderSystem
from tests.readme import readme_example
from tests.receiver import Delivery, Receiver
from tests.worker_process import ObservedWorker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

ANSWERS = ("order_released", "order_referred", "order_blocked")
WHY = {"reason": "paid by phone"}


@pytest.fixture(scope="module")
def settings(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Topics of this module's own."""
    data = tmp_path_factory.mktemp("commands")
    found = Settings(brokers=broker.bootstrap, topic_prefix="commands", group_id="commands", partitions=3, data=data)
    create_and_check(found)
    return found


@pytest.fixture(scope="module")
def worker(settings: Settings) -> Iterator[ObservedWorker]:
    """A worker over them."""
    with ObservedWorker(settings, settings.data / "worker.log").start_ready() as process:
        yield process


@pytest.fixture(scope="module")
def http(settings: Settings, worker: ObservedWorker) -> Iterator[httpx.Client]:
    """A client of an api over them."""
    allowed = {"OBLIGOR_WEBHOOK_NETWORKS": "127.0.0.0/8", "OBLIGOR_WEBHOOK_ATTEMPTS": "3"}
    with ApiProcess(settings, settings.data / "api.log", **allowed) as api, api.client() as client:
        yield client


@pytest.fixture(scope="module")
def shop(settings: Settings, worker: ObservedWorker) -> Iterator[OrderSystem]:
    """An order system over them."""
    with OrderSystem(settings) as system:
        yield system


def test_a_blocked_order_released_over_http_reaches_the_order_system(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"C-1": 1_000})
    shop.say(b.order("O-1", 2_000, account_id="C-1"))
    shop.wait_for_answers({"O-1": "order_blocked"})
    body = {"account_id": "C-1", "order_id": "O-1", "seen_decision_no": 1, **WHY}
    told = http.post("/v1/commands/order_release", json=body)
    assert told.status_code == 200, told.text
    answer = told.json()
    assert (answer["outcome"], answer["decisions"][0]["type"]) == ("accepted", "order_released")
    shop.wait_for_answers({"O-1": "order_released"})
    released = next(told for told in shop.decisions() if told["type"] == "order_released")
    assert {name: released["ledger"][name] for name in ("partition", "seq")} == answer["ledger"]
    assert released["answers"] == answer["fact_id"] and answer["fact_id"].startswith("obligor/api/local/")
    assert http.get(f"/v1/commands/{answer['fact_id']}").json() == answer


def test_the_same_key_is_the_same_command_however_often_it_is_sent(
    http: httpx.Client, shop: OrderSystem, settings: Settings
) -> None:
    shop.open({"C-2": 1_000})
    shop.say(b.order("O-2", 2_000, account_id="C-2"))
    shop.wait_for_answers({"O-2": "order_blocked"})
    body = {"account_id": "C-2", "order_id": "O-2", **WHY}
    key = {"Idempotency-Key": "release-2"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.post("/v1/commands/order_release", json=body, headers=key), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert sum(told["type"] == "order_released" and told["order_id"] == "O-2" for told in shop.decisions()) == 1
    other = http.post("/v1/commands/order_reject", json=body, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    with ApiProcess(settings, settings.data / "second-api.log") as second, second.client() as client:
        again = client.post("/v1/commands/order_release", json=body, headers=key)
    assert again.json() == answers[0].json()


def test_what_the_person_saw_is_held_against_what_there_is(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"C-3": 1_000})
    shop.say(b.order("O-3", 1_200, account_id="C-3"))
    shop.wait_for_answers({"O-3": "order_referred"})
    seen = next(told for told in shop.decisions() if told.get("order_id") == "O-3")
    version = f'"{seen["ledger"]["partition"]}-{seen["ledger"]["seq"]}"'
    shop.say(b.amended("O-3", revision=2, amount_minor=5_000, account_id="C-3"))
    shop.wait_for_answers({"O-3": "order_blocked"})
    body = {"account_id": "C-3", "order_id": "O-3", **WHY}
    by_answer = http.post("/v1/commands/order_release", json={**body, "seen_decision_no": seen["decision_no"]})
    assert (by_answer.status_code, by_answer.json()["code"]) == (409, "moved_on")
    assert by_answer.headers["content-type"] == "application/problem+json"
    by_version = http.post("/v1/commands/order_release", json=body, headers={"If-Match": version})
    assert (by_version.status_code, by_version.json()["code"]) == (409, "moved_on")
    assert "order_blocked of O-3" in by_version.json()["detail"]
    # Nothing has changed that a limit depends on, so whoever saw the account before may still set one.
    limit = {"account_id": "C-3", "limit_minor": 9_000, "currency": "EUR", **WHY}
    raised = http.post("/v1/commands/limit_set", json=limit, headers={"If-Match": version})
    assert raised.status_code == 200 and raised.json()["outcome"] == "accepted"
    assert http.post("/v1/commands/limit_set", json=limit, headers={"If-Match": version}).status_code == 409
    shop.wait_for_answers({"O-3": "order_released"})


def test_a_refusal_carries_its_reason_and_an_order_nobody_knows_is_waited_for(
    http: httpx.Client, shop: OrderSystem
) -> None:
    shop.open({"C-4": 1_000})
    refused = http.post("/v1/commands/alert_closed", json={"account_id": "C-4", "alert_id": "C-4/9", **WHY})
    assert refused.status_code == 200
    assert (refused.json()["outcome"], refused.json()["refusal"]) == ("refused", "alert_unknown")
    waits = http.post("/v1/commands/order_release", json={"account_id": "C-4", "order_id": "O-404", **WHY}).json()
    assert (waits["outcome"], waits["waits_for"]) == ("accepted", {"kind": "order", "id": "O-404"})


def test_an_order_is_placed_checked_and_answered_over_http_alone(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"C-6": 1_000})
    placed = {**b.order("O-6", 700, account_id="C-6").value}
    asked = http.post("/v1/checks", json=placed, params={"source": "shop"})
    assert asked.status_code == 200, asked.text
    answer = asked.json()
    assert (answer["outcome"], answer["released"]) == ("answered", True)
    published = next(told for told in shop.decisions() if told.get("order_id") == "O-6")
    assert answer["decision"] == published
    assert http.post("/v1/checks", json=placed, params={"source": "shop"}).json() == answer
    other = http.post("/v1/checks", json={**placed, "amount_minor": 5}, params={"source": "shop"})
    assert (other.status_code, other.json()["refusal"]) == (202, "exists_with_different_content")
    assert http.post("/v1/checks", json=placed, params={"source": "shop"}).json() == answer
    check = {"type": "check_requested", "account_id": "C-6", "check_id": "K-6", "checkpoint": "delivery"}
    more = http.post("/v1/checks", json={**check, "order_id": "O-6", "amount_minor": 900}, params={"source": "shop"})
    assert (more.status_code, more.json()["released"]) == (200, False)
    early = {**check, "check_id": "K-7", "order_id": "O-later", "amount_minor": 1}
    assert http.post("/v1/checks", json=early).json()["outcome"] == "waits"


def test_facts_over_http_are_facts(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"C-7": 1_000})
    facts = [b.order("O-7", 100, account_id="C-7").value, b.order("O-8", 5_000, account_id="C-7").value]
    told = http.post("/v1/facts", json=facts, params={"source": "shop"})
    assert told.status_code == 200 and len(told.json()["facts"]) == 2
    shop.wait_for_answers({"O-7": "order_released", "O-8": "order_blocked"})
    cancelled = {"type": "order_cancelled", "account_id": "C-7", "order_id": "O-7"}
    written = http.post("/v1/facts", json=cancelled, params={"source": "shop"}, headers={"Idempotency-Key": "c-7"})
    assert written.json()["facts"][0]["fact_id"] == "shop/c-7"
    place = written.json()["facts"][0]
    record = shop.records("orders", place["partition"])[place["offset"]]
    assert json.loads(record.value) == cancelled and dict(record.headers)["ce_id"] == b"c-7"


def test_a_webhook_is_told_in_order_again_after_failures_and_of_what_it_refused_on_demand(
    http: httpx.Client, shop: OrderSystem
) -> None:
    shop.open({"C-8": 1_000})
    with Receiver() as receiver:
        made = http.post("/v1/webhooks", json={"url": receiver.url, "types": list(ANSWERS)})
        assert made.status_code == 201, made.text
        hook, secret = made.json()["webhook"]["id"], made.json()["secret"]
        receiver.answers = [503, 200]
        orders = [f"W-{number}" for number in range(5)]
        shop.say(*[b.order(name, 300, account_id="C-8") for name in orders])
        shop.wait_for_answers({"W-0": "order_released", "W-4": "order_referred"})
        wait_until("five to be taken", lambda: len(told_of(receiver)) == 5, 30)
        assert told_of(receiver) == orders
        assert [each.headers["webhook-id"] for each in receiver.taken[:2]] == [
            receiver.taken[0].headers["webhook-id"]
        ] * 2
        published = [told for told in shop.decisions() if told.get("account_id") == "C-8" and "order_id" in told]
        assert [json.loads(each.body) for each in receiver.taken[1:]] == published
        assert all(is_signed(each, secret) for each in receiver.taken)
        receiver.answers = [410, 410, 410, 410]
        shop.say(b.order("W-5", 1, account_id="C-8"), b.order("W-6", 1, account_id="C-8"))
        listed = f"/v1/webhooks/{hook}/dead-letters"
        wait_until("two to be given up", lambda: http.get(listed).json()["total"] == 2, 30)
        dead = http.get(listed).json()["dead_letters"]
        assert [(each["event"]["order_id"], each["attempts"]) for each in dead] == [("W-5", 3), ("W-6", 1)]
        assert http.post(f"/v1/webhooks/{hook}/resend").json() == {"taken": 2, "left": 0, "error": None}
        assert told_of(receiver)[-2:] == ["W-5", "W-6"]
        assert http.delete(f"/v1/webhooks/{hook}").status_code == 204
        assert http.get("/v1/webhooks").json() == {"webhooks": []}


def test_a_dead_letter_is_mended_and_sent_in_again_over_http(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"C-9": 1_000})
    shop.put("orders", b'{"type": "order_placed", ', b"C-9", [("ce_source", b"shop")])
    partition = shop.partition("C-9")
    shop.say(b.order("O-9", 100, account_id="C-9"))
    shop.wait_for_answers({"O-9": "order_referred"})
    letter = newest_letter(shop, partition)
    path = f"/v1/dead-letters/{partition}/{letter.offset}/redrive"
    again = http.post(path)
    assert (again.status_code, again.json()["refusal"]) == (200, "value_not_json")
    invalid = http.post(path, json={"value": {**b.order("O-10", -1, account_id="C-9").value}})
    assert (invalid.status_code, invalid.json()["path"]) == (422, "$.amount_minor")
    wait_until("it to fail again", lambda: newest_letter(shop, partition).offset > letter.offset, 30)
    letter = newest_letter(shop, partition)
    path = f"/v1/dead-letters/{partition}/{letter.offset}/redrive"
    mended = http.post(path, json={"value": b.order("O-10", 50, account_id="C-9").value})
    assert (mended.status_code, mended.json()["outcome"]) == (200, "accepted"), mended.text
    shop.wait_for_answers({"O-9": "order_released", "O-10": "order_released"})
    assert http.post(f"/v1/dead-letters/{partition}/999999/redrive").status_code == 404


def test_whose_account_a_fact_is_follows_from_customer_and_party(http: httpx.Client, shop: OrderSystem) -> None:
    party = {"party_id": "P-1", "identifiers": [{"scheme": "uscc", "value": "91310000MA1K"}]}
    shop.say(b.account_opened(account_id="G-1", parties=[party]))
    shop.say(Said({"type": "member_joined", "account_id": "G-1", "customer_id": "D-77"}, {"ce_id": "m"}, "G-1"))
    order = {name: found for name, found in b.order("O-11", 100).value.items() if name != "account_id"}

    def placed() -> bool:
        told = http.post("/v1/facts", json={**order, "customer_id": "D-77"}, params={"source": "shop"})
        return told.status_code == 200 and told.json()["facts"][0]["account_id"] == "G-1"

    wait_until("the member to be known", placed, 30)
    shop.wait_for_answers({"O-11": "order_referred"})
    party_of = {"fact": {**order, "order_id": "O-12"}, "party": {"scheme": "uscc", "value": "91310000MA1K"}}
    assert http.post("/v1/facts", json=party_of).json()["facts"][0]["account_id"] == "G-1"
    unknown = http.post("/v1/facts", json={**order, "customer_id": "nobody"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "account_not_found")


def test_the_example_of_the_readme_places_an_order_and_releases_it(http: httpx.Client, shop: OrderSystem) -> None:
    shop.open({"A-1001": 500_000})
    program = readme_example("over http").replace("http://127.0.0.1:8400", str(http.base_url).rstrip("/"))
    key = http.post("/v1/keys", json={"name": "shop", "roles": ["machine", "analyst"]}).json()["key"]
    environment = {**os.environ, "OBLIGOR_KEY": key}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["order_blocked", "accepted"], done.stderr
    shop.wait_for_answers({"O-5002": "order_released"})


def newest_letter(shop: OrderSystem, partition: int) -> Any:
    """Return the last record that could not be read."""
    return [found for found in shop.records("deadletters", partition) if found.value == b'{"type": "order_placed", '][
        -1
    ]


def told_of(receiver: Receiver) -> list[str]:
    """Return the orders that a receiver was told of, each once."""
    return list(dict.fromkeys(json.loads(each.body)["order_id"] for each in receiver.taken))


def is_signed(told: Delivery, secret: str) -> bool:
    """Check a delivery as a receiver does."""
    signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(told.headers["webhook-signature"], f"v1,{expected}")


def test_without_a_worker_a_command_is_pending_and_its_outcome_comes_later(
    http: httpx.Client, shop: OrderSystem, worker: ObservedWorker
) -> None:
    shop.open({"C-5": 1_000})
    worker.kill()
    body = {"account_id": "C-5", **WHY}
    key = {"Idempotency-Key": "hold-5"}
    told = http.post("/v1/commands/account_held", json=body, headers=key, params={"wait_ms": 200})
    assert (told.status_code, told.json()["outcome"]) == (202, "pending")
    fact_id = told.json()["fact_id"]
    assert http.get(f"/v1/commands/{fact_id}").status_code == 202
    worker.start_ready()
    done = http.get(f"/v1/commands/{fact_id}", params={"wait_ms": 20_000}).json()
    assert (done["outcome"], done["decisions"][0]["type"], done["decisions"][0]["held"]) == (
        "accepted",
        "status_changed",
        True,
    )
    assert http.post("/v1/commands/account_held", json=body, headers=key).json() == done
