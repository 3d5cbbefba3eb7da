"""The same fact twice, an altered one, a correction, and two documents that share an id."""

import pytest

from tests import builders as b
from tests.scenario import Scenario, alerts, codes, kinds
from tests.unit.core.test_core_exposure import stages


def test_a_repeat_leaves_no_trace(acme: Scenario) -> None:
    facts = [b.order(amount=100), b.delivery(60), b.invoice(60, orders={"O1": 60}), b.payment(30), b.allocated(30)]
    acme.say(*facts)
    ledger, stands = len(acme.ledger), stages(acme)
    assert acme.say(*facts) == []
    assert (len(acme.ledger), stages(acme)) == (ledger, stands)


def test_a_fact_without_a_document_is_known_by_its_id(acme: Scenario) -> None:
    cut = b.limit_set(500)
    acme.say(cut, b.limit_set(800))
    assert acme.say(cut) == []
    assert acme.stands().limit_minor == 800


def test_ids_are_kept_as_long_as_the_policy_says(acme: Scenario) -> None:
    early = b.manager_assigned("ana")
    acme.say(early, b.manager_assigned("bo"), b.day_closed("2025-03-03"))
    assert not _is_taken(acme, early), "known although a day was closed for the first time"
    cut = b.manager_assigned("cai")
    acme.say(cut, b.manager_assigned("bo"), b.day_closed("2025-04-02"))
    assert not _is_taken(acme, cut), "30 days later"
    acme.say(b.day_closed("2025-05-30"), b.day_closed("2025-07-30"))
    assert _is_taken(acme, cut), "months later"


def test_what_people_decided_is_known_again_for_ever(acme: Scenario) -> None:
    """Whoever recorded a signed fact and writes it once more a year later must not bring an old limit back."""
    high, policy = b.limit_set(90_000), b.delegation_set("ana", "bo", "2025-03-01", "2025-03-09").by("desk", "d1")
    acme.say(high, b.limit_set(800), policy, b.day_closed("2025-05-30"), b.day_closed("2025-07-30"))
    acme.say(b.day_closed("2026-05-30"))
    assert not _is_taken(acme, high) and not _is_taken(acme, policy)
    assert acme.stands().limit_minor == 800


def _is_taken(acme: Scenario, fact: b.Said) -> bool:
    before = len(acme.ledger)
    acme.say(fact)
    return len(acme.ledger) > before


def test_an_id_belongs_to_its_source(acme: Scenario) -> None:
    acme.say(b.limit_set(500).by("desk", "1"))
    assert "limit_changed" in kinds(acme.say(b.limit_set(600).by("crm", "1")))


def test_an_altered_fact_is_refused_and_alerted_once(acme: Scenario) -> None:
    acme.say(b.order(amount=100))
    decisions = acme.say(b.order(amount=90))
    assert codes(decisions) == ["exists_with_different_content"]
    assert alerts(decisions) == ["raised fact_contradicts warning"]
    assert alerts(acme.say(b.order(amount=80))) == []
    assert stages(acme) == {"orders": 100}


def test_a_correction_ends_the_contradiction(acme: Scenario) -> None:
    acme.say(b.order(amount=100), b.order(amount=90))
    assert "cleared fact_contradicts warning" in alerts(acme.say(b.order(amount=90, revision=2)))
    assert stages(acme) == {"orders": 90}


def test_a_superseded_revision_is_refused(acme: Scenario) -> None:
    acme.say(b.invoice(100, revision=3))
    assert codes(acme.say(b.invoice(90, revision=2))) == ["revision_is_superseded"]
    assert stages(acme) == {"invoiced": 100}


def test_the_same_revision_twice_is_a_repeat_even_after_a_later_one(acme: Scenario) -> None:
    acme.say(b.invoice(100), b.invoice(90, revision=2))
    assert acme.say(b.invoice(100)) == []


@pytest.mark.parametrize(
    "text",
    [
        b'{"type":"payment_received","account_id":"ACME","payment_id":"P1","amount_minor":5,"currency":"EUR",'
        b'"received_on":"2025-03-03"}',
        b'\n{ "received_on" : "2025-03-03", "currency":"EUR","payment_id":"P1","amount_minor":5 ,'
        b'"type":"payment_received","account_id":"ACME" }\n ',
        b'{"type":"payment_received","account_id":"\\u0041CME","payment_id":"P1","amount_minor":5,"currency":"EUR",'
        b'"received_on":"2025-03-03","status":"cleared","not_read":{"a":[1,2]}}',
    ],
)
def test_form_is_no_content(acme: Scenario, text: bytes) -> None:
    acme.take("payments", "ACME", text)
    assert acme.say(b.payment(5)) == []


def test_twins_of_two_sources_are_two_documents(acme: Scenario) -> None:
    acme.say(b.order(amount=100).by("erp"), b.order(amount=70).by("shop"))
    assert stages(acme) == {"orders": 170}
    acme.say(b.delivery(50).by("shop"), b.cancelled().by("erp"))
    assert stages(acme) == {"orders": 20, "delivered": 50}


def test_twins_of_two_sellers_are_two_documents(acme: Scenario) -> None:
    acme.say(b.invoice(100, seller_id="DE"), b.invoice(70, seller_id="FR"))
    assert stages(acme) == {"invoiced": 170}
    acme.say(b.payment(70, pays={"I1": 70}, seller_id="FR"))
    assert stages(acme) == {"invoiced": 100}
    assert acme.say(b.invoice(100, seller_id="DE"), b.invoice(70, seller_id="FR")) == []


def test_decisions_name_the_right_twin(acme: Scenario) -> None:
    acme.say(b.order(amount=800).by("erp"), b.order(amount=700).by("shop"))
    freed = acme.say(b.cancelled().by("erp"))
    assert [(found.order_id, found.ce_source) for found in freed if hasattr(found, "order_id")] == [("O1", "shop")]


@pytest.mark.parametrize("revision", [None, 1, 2])
def test_a_check_is_known_by_its_own_id(acme: Scenario, revision: int | None) -> None:
    acme.say(b.order(amount=100))
    named = {} if revision is None else {"revision": revision}
    assert kinds(acme.say(b.check(**named))) == ["order_released O1"]
    assert acme.say(b.check(**named)) == []
    assert codes(acme.say(b.check(revision=7))) == ["exists_with_different_content"]
    assert kinds(acme.say(b.check(check_id="K2"))) == ["order_released O1"]


def test_a_replaced_account_dossier(nobody: Scenario) -> None:
    nobody.say(b.account_opened(), b.account_opened(name="Acme Ltd", revision=2))
    assert nobody.stands().name == "Acme Ltd"
    assert codes(nobody.say(b.account_opened(name="Acne", revision=2))) == ["exists_with_different_content"]
