"""Every reason why an order does not go through, by precedence, and every refusal of a fact: each can happen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from projections import checking
from projections.checking import CHECKS, active_checks
from schemas.partitioning import partition_of
from schemas.policy import default_policy
from schemas.policy_orders import Checks, Orders
from schemas.reasons import GRAVITY, ORDER_REASONS, REFUSALS, SETTLED_REFUSALS
from schemas.signature import Verifier
from tests import builders as b
from tests.builders import Said
from tests.scenario import Scenario, codes, with_limit
from tests.unit.core.test_core_headroom import policy


@dataclass
class Told:
    """How a refusal comes about: what is said before, and what is refused."""

    said: Said | None = None
    before: list[Said] = field(default_factory=list)
    record: tuple[str, str | bytes | None, bytes | None, dict[str, str]] | None = None
    partition: tuple[int, int] = (0, 1)
    verifier: Verifier | None = None

    def happens(self) -> tuple[Scenario, list[Any]]:
        """Return the scenario and what follows from the refused record."""
        scenario = Scenario(*self.partition)
        if self.partition == (0, 1):
            scenario.say(b.account_opened(), b.limit_set(1_000), *self.before)
        scenario.verifier = self.verifier
        if self.record is not None:
            return scenario, scenario.take(*self.record)
        assert self.said is not None
        return scenario, scenario.say(self.said)


FOREIGN = next(name for name in ("A", "B", "C", "D") if partition_of(name.encode(), 2) == 1)
PARTS = [{"instalment_no": 1, "amount_minor": 50, "due_on": b.DAY}, {"instalment_no": 1, "amount_minor": 50}]
LIMIT = b.limit_set(5).value
ASKED = [
    policy(
        approvals={
            "bands": [
                {"subject": subject, "roles": ["credit_manager", "finance_director"]}
                for subject in ("limit", "order_release")
            ]
        }
    )
]
RAISE = {"limit_minor": 20_000_000, "currency": "EUR"}
RELEASE = b.requested(subject="order_release", order_id="O1")
HOW: dict[str, Told] = {
    "value_missing": Told(record=("orders", "ACME", None, {})),
    "value_too_large": Told(record=("orders", "ACME", b"x" * 1_000_001, {})),
    "value_not_json": Told(record=("orders", "ACME", b"{", {})),
    "type_missing": Told(record=("orders", "ACME", b"{}", {})),
    "type_unknown": Told(record=("orders", "ACME", b'{"type":"x"}', {})),
    "fact_on_wrong_topic": Told(record=("orders", "ACME", b.payment(5).bytes(), {})),
    "field_invalid": Told(b.order(amount=-1)),
    "header_invalid": Told(b.order().with_headers(effect="maybe")),
    "signature_missing": Told(b.released(), verifier=Verifier([])),
    "signature_wrong": Told(b.released().with_headers(obligor_signature="k.s"), verifier=Verifier([])),
    "key_missing": Told(record=("orders", None, b.order().bytes(), {})),
    "key_differs_from_account_id": Told(record=("orders", "OTHER", b.order().bytes(), {})),
    "key_on_wrong_partition": Told(b.order(account_id=FOREIGN), partition=(0, 2)),
    "control_copy_without_number": Told(b.day_closed(b.DAY), partition=(1, 2)),
    "currency_unknown": Told(b.order(currency="XXX")),
    "fact_id_missing": Told(record=("desk", "ACME", Said(LIMIT).bytes(), {})),
    "policy_invalid": Told(b.policy_adopted({})),
    "model_invalid": Told(b.model_adopted({"name": "champion"})),
    "adoption_needs_second_person": Told(b.model_adopted(None, approved_by="kim")),
    "due_date_missing": Told(b.invoice(5, instalments=[])),
    "instalments_differ_from_amount": Told(b.invoice(60, instalments=PARTS[:1])),
    "instalment_numbers_repeat": Told(b.invoice(100, instalments=PARTS, due_on=b.DAY)),
    "allocations_exceed_amount": Told(b.payment(5, pays={"I1": 6})),
    "allocation_source_missing": Told(b.allocated(5, source={})),
    "currency_differs_from_account": Told(b.account_opened(currency="USD", revision=2)),
    "currency_differs_from_document": Told(b.amended(currency="USD"), [b.order(), b.delivery(5)]),
    "exists_with_different_content": Told(b.order(amount=5), [b.order()]),
    "revision_is_superseded": Told(b.order(revision=2), [b.order(revision=3)]),
    "period_ends_before_it_begins": Told(b.limit_set(5, valid_from="2025-03-10", valid_until="2025-03-05")),
    "grade_unknown": Told(b.grade_set("b")),
    "moved_on": Told(b.released(seen_decision_no=1), [b.order(amount=2_000), b.amended(amount_minor=2_100)]),
    "order_is_not_open": Told(b.closed(), [b.order(), b.cancelled()]),
    "order_is_open": Told(b.reopened(), [b.order()]),
    "order_is_not_waiting": Told(b.released(), [b.order()]),
    "delivery_already_reversed": Told(
        b.delivery_reversed().by("shop"), [b.order(), b.delivery(), b.delivery_reversed()]
    ),
    "invoice_already_cancelled": Told(b.invoice_amended(), [b.invoice(), b.invoice_cancelled()]),
    "payment_already_reversed": Told(b.payment_cleared(), [b.payment(5), b.payment_reversed()]),
    "payment_already_cleared": Told(b.payment_cleared(), [b.payment(5)]),
    "allocation_already_reversed": Told(
        b.allocation_reversed().by("crm"), [b.payment(5), b.invoice(), b.allocated(5), b.allocation_reversed()]
    ),
    "dispute_already_resolved": Told(
        b.dispute_resolved().by("crm"), [b.invoice(), b.disputed(5), b.dispute_resolved()]
    ),
    "bill_already_honoured": Told(b.bill_honoured().by("bank"), [b.bill(5), b.bill_honoured()]),
    "bill_already_dishonoured": Told(b.bill_honoured(), [b.bill(5), b.bill_dishonoured()]),
    "cover_already_released": Told(b.cover_released().by("crm"), [b.cover(5), b.cover_released()]),
    "limit_scope_names_several": Told(b.limit_set(5, scope={"seller_id": "DE", "segment": "retail"})),
    "write_off_exceeds_open": Told(b.written_off(101), [b.invoice()]),
    "limit_currency_differs_from_account": Told(b.limit_set(5, currency="USD")),
    "alert_unknown": Told(b.acknowledged("ACME/1")),
    "alert_is_closed": Told(b.acknowledged(), [b.order(amount=950), b.cancelled()]),
    "approval_exists": Told(b.limit_requested(5, approval_id="AP-1"), [b.requested(**RAISE)]),
    "approval_subject_incomplete": Told(b.requested(subject="order_release")),
    "check_unknown": Told(b.requested(subject="exception", checks=["moon_is_full"], valid_until=b.DAY)),
    "too_many_approvals_open": Told(
        b.requested("AP-51", **RAISE), [b.requested(f"AP-{n}", **RAISE) for n in range(50)]
    ),
    "approval_already_asked": Told(b.released(), [*ASKED, b.order(amount=2_000), RELEASE]),
    "approval_is_for_something_else": Told(b.limit_approved("max"), [*ASKED, b.order(amount=2_000), RELEASE]),
    "approval_is_not_granted": Told(b.released(approval_id="AP-1"), [*ASKED, b.order(amount=2_000), RELEASE]),
    "approval_is_closed": Told(b.agreed("max"), [*ASKED, b.requested(**RAISE), b.no_longer_asked()]),
    "withdrawn_by_another": Told(b.no_longer_asked("max"), [*ASKED, b.requested(**RAISE)]),
    "maker_is_checker": Told(b.agreed("ana"), [*ASKED, b.requested(**RAISE)]),
    "approver_already_agreed": Told(b.agreed("max"), [*ASKED, b.requested(**RAISE), b.agreed("max")]),
    "approver_lacks_role": Told(b.agreed("fin", role="treasurer"), [*ASKED, b.requested(**RAISE)]),
    "approver_is_out_of_order": Told(b.agreed("fin", role="finance_director"), [*ASKED, b.requested(**RAISE)]),
}


def test_every_refusal_has_its_case() -> None:
    assert list(HOW) == list(REFUSALS)


@pytest.mark.parametrize("code", REFUSALS)
def test_refusal(code: str) -> None:
    scenario, decisions = HOW[code].happens()
    assert codes(decisions) == [code]
    assert len(decisions[0].digest) == 64
    scenario.prove()


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_parks_the_account_unless_all_was_understood(code: str) -> None:
    scenario, decisions = HOW[code].happens()
    name = scenario.ledger[-1].account_id
    assert decisions[0].parks == (name is not None and code not in SETTLED_REFUSALS)
    if name is not None:
        assert scenario.stands(name).unreadable_count == int(decisions[0].parks)


def unreadable(scenario: Scenario) -> None:
    """Park the account."""
    scenario.take("invoices", "ACME", b"{")


def starved(scenario: Scenario) -> None:
    """Let a large order be passed over until it may be no longer."""
    scenario.say(policy(waiting={"skips_before_reserving": 1}), b.invoice(500), b.order("BIG", 900), b.order("O2", 1))


def owing(scenario: Scenario, **numbers: Any) -> None:
    """Let an item be 40 days overdue under a policy with these numbers; 60 of the 100 open are overdue."""
    scenario.say(policy(orders={"overdue_share_from_minor": 0, "oldest_overdue_days": None, **numbers}))
    scenario.say(b.invoice(60, "OLD", due_on="2025-03-10"), b.invoice(40, "NEW", due_on="2025-06-10"))
    scenario.say(b.day_closed("2025-04-19"))


def excluding(scenario: Scenario) -> None:
    """Spare the account the check of its status."""
    document = msgspec.to_builtins(default_policy())
    dates = {"valid_from": "2025-01-01", "valid_until": "2025-12-31"}
    excluded = {"reason": "agreed", "checks": ["account_suspended"], "accounts": [b.ACCOUNT], **dates}
    scenario.say(b.policy_adopted({**document, "exclusions": [excluded]}), b.suspended())


def sparing(scenario: Scenario) -> None:
    """Let approvers spare the account the check of its status for a while."""
    band = {"subject": "exception", "roles": ["credit_manager"]}
    scenario.say(policy(approvals={"bands": [band], "people": {"credit_manager": ["max"]}}), b.suspended())
    spared = {"checks": ["account_suspended"], "valid_until": "2025-12-31"}
    scenario.say(b.requested(subject="exception", **spared), b.agreed("max"))


QUIET: dict[str, Any] = {"overdue_share_bp": None, "dunning_stage": None}
ON_TERMS = {"kind": "open", "net_days": 60}
CAUSES: dict[str, tuple[Callable[[Scenario], object], Said, str]] = {
    "account_unknown": (lambda _: None, b.order(), "order_referred"),
    "account_suspended": (lambda s: s.say(b.suspended()), b.order(), "order_blocked"),
    "account_in_legal": (lambda s: s.say(b.handed_over()), b.order(), "order_blocked"),
    "account_on_hold": (lambda s: s.say(b.held()), b.order(), "order_referred"),
    "rejected_by_desk": (lambda s: s.say(b.order()), b.rejected(), "order_blocked"),
    "order_not_open": (lambda s: s.say(b.order(), b.cancelled()), b.check(checkpoint="delivery"), "order_blocked"),
    "fact_unreadable": (unreadable, b.order(), "order_referred"),
    "adverse_event": (lambda s: s.say(b.adverse_event("insolvency")), b.order(), "order_blocked"),
    "dossier_incomplete": (lambda s: s.say(policy(checks={"dossier_incomplete": "warn"})), b.order(), "order_released"),
    "grade_missing": (lambda s: s.say(policy(checks={"grade_missing": "refer"})), b.order(), "order_referred"),
    "grade_without_credit": (lambda s: s.say(b.grade_set("E")), b.order(), "order_blocked"),
    "limit_missing": (lambda _: None, b.order(), "order_referred"),
    "limit_expired": (
        lambda s: s.say(policy(limits={"valid_days": 30}), b.day_closed("2025-04-02")),
        b.order(),
        "order_referred",
    ),
    "review_overdue": (
        lambda s: s.say(b.reviewed(next_review_on="2025-04-01"), b.day_closed("2025-04-01")),
        b.order(),
        "order_released",
    ),
    "contract_missing": (lambda s: s.say(policy(checks={"contract_missing": "refer"})), b.order(), "order_referred"),
    "contract_expired": (lambda s: s.say(b.contract(valid_until="2025-03-02")), b.order(), "order_referred"),
    "bureau_missing": (lambda s: s.say(policy(checks={"bureau_missing": "refer"})), b.order(), "order_referred"),
    "bureau_stale": (lambda s: s.say(b.bureau(700, "2024-03-01")), b.order(), "order_released"),
    "currency_without_rate": (lambda _: None, b.order(currency="USD"), "order_referred"),
    "prepayment_required": (lambda s: s.say(b.prepayment_required()), b.order(), "order_blocked"),
    "terms_exceed_granted": (lambda s: s.say(b.terms_set(30)), b.order(terms=ON_TERMS), "order_referred"),
    "terms_backdated": (lambda _: None, b.order(terms=ON_TERMS, placed_on="2025-02-01"), "order_referred"),
    "amount_exceeds_released": (lambda s: s.say(b.order(amount=90)), b.check(amount_minor=200), "order_referred"),
    "order_exceeds_maximum": (lambda s: s.say(policy(orders={"maximum_minor": 99})), b.order(), "order_referred"),
    "orders_split": (
        lambda s: s.say(policy(orders={"maximum_minor": 150}), b.order("O0", 51)),
        b.order(),
        "order_referred",
    ),
    "oldest_overdue_too_old": (lambda s: owing(s, **QUIET, oldest_overdue_days=39), b.order(), "order_referred"),
    "overdue_share_too_high": (
        lambda s: owing(s, dunning_stage=None, overdue_share_bp=5_999),
        b.order(),
        "order_referred",
    ),
    "overdue_amount_too_high": (lambda s: owing(s, **QUIET, overdue_amount_minor=59), b.order(), "order_referred"),
    "dunning_stage_too_high": (lambda s: owing(s, overdue_share_bp=None), b.order(), "order_referred"),
    "limit_is_zero": (lambda s: s.say(b.limit_set(0)), b.order(), "order_blocked"),
    "exposure_exceeds_limit": (lambda _: None, b.order(amount=1_001), "order_referred"),
    "scope_limit_exceeded": (
        lambda s: s.say(b.limit_set(99, scope={"segment": "retail"})),
        b.order(segment="retail"),
        "order_referred",
    ),
    "headroom_reserved_for_earlier_order": (starved, b.order(amount=1), "order_referred"),
    "headroom_fell_below_zero": (lambda s: s.say(b.order(amount=900)), b.limit_set(5), "order_release_withdrawn"),
    "within_tolerance": (lambda s: s.say(b.order(amount=500)), b.amended(amount_minor=505), "order_released"),
    "released_by_desk": (lambda s: s.say(b.order(amount=2_000)), b.released(), "order_released"),
    "released_by_exception": (sparing, b.order(), "order_released"),
    "excluded_by_policy": (excluding, b.order(), "order_released"),
}


def test_every_order_reason_has_its_case() -> None:
    assert list(CAUSES) == list(ORDER_REASONS)


@pytest.mark.parametrize("code", ORDER_REASONS)
def test_order_reason(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cause, said, answer = CAUSES[code]
    scenario = with_limit()
    if code == "account_unknown":
        scenario = Scenario()
        scenario.say(b.limit_set(1_000))
    if code == "limit_missing":
        scenario = Scenario()
        scenario.say(b.account_opened())
    cause(scenario)
    (found,) = [found for found in scenario.say(said) if getattr(found, "order_id", None) == "O1"]
    assert found.__struct_config__.tag == answer
    assert found.reasons[0]["code"] == code
    assert found.reasons[0]["answer"] in GRAVITY
    assert scenario.ledger[-1].policy_id == scenario.partition.context.policy_id
    scenario.prove()
    monkeypatch.setattr(checking, "_signs", lambda _: -1)
    scenario.prove()  # every check runs now, and has no more to say than those that the order needed


def test_reasons_stand_in_order_of_precedence() -> None:
    scenario = Scenario()
    scenario.say(b.limit_set(0), b.suspended(), b.invoice(5, currency="USD"))
    unreadable(scenario)
    (found,) = scenario.say(b.order())
    assert [reason["code"] for reason in found.reasons] == [
        "account_unknown",
        "account_suspended",
        "fact_unreadable",
        "currency_without_rate",
        "limit_is_zero",
        "exposure_exceeds_limit",
    ]
    assert [reason["answer"] for reason in found.reasons] == ["refer", "block", "refer", "refer", "block", "block"]
    assert found.__struct_config__.tag == "order_blocked"


def test_checks_run_in_order_of_precedence_and_each_has_its_answer() -> None:
    names = [run.__name__ for run in CHECKS]
    assert names == sorted(names, key=ORDER_REASONS.index)
    by_policy = set(Checks.__struct_fields__) - {"block_above_utilisation_bp"}
    assert set(names) == by_policy | {"rejected_by_desk", "headroom_reserved_for_earlier_order"}


def test_a_check_that_passes_or_has_no_number_is_never_run() -> None:
    run = {each.__name__ for each, _ in active_checks(Checks(), Orders())}
    assert not run & {"grade_missing", "order_exceeds_maximum", "orders_split", "overdue_amount_too_high"}
    assert "orders_split" in {each.__name__ for each, _ in active_checks(Checks(), Orders(maximum_minor=1))}


@pytest.mark.parametrize(
    ("answer", "expected"), [("pass", "order_released"), ("warn", "order_released"), ("refer", "order_referred")]
)
def test_what_a_check_answers_is_the_policys(answer: str, expected: str) -> None:
    scenario = with_limit()
    scenario.say(policy(checks={"account_suspended": answer}), b.suspended())
    found = scenario.say(b.order())[0]
    assert found.__struct_config__.tag == expected
    assert codes([found]) == ([] if answer == "pass" else ["account_suspended"])
