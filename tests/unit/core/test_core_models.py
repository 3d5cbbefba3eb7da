"""A model of late payment in force: adopted by two people, named by every record, felt by grade and cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import json, to_builtins

from projections.lateness_features import Invoice
from projections.lateness_model import LatenessModel, Scorer, model_id
from projections.lateness_rating import TOLD_FROM_BP
from projections.partition import Partition
from projections.store import MemoryRows
from schemas.decisions import AlertRaised, NotYetActedOn
from schemas.decisions_lateness import LatenessAsked, LatenessRated
from schemas.ledger import decode_entry, encode_decisions, encode_entry
from schemas.policy import default_policy
from streams.message import Message
from tests import builders as b
from tests.builders import Said
from tests.driving import Drive
from tests.late_model import small_model
from tests.scenario import Scenario, alerts, codes, kinds, with_limit


@pytest.fixture
def acme() -> Iterator[Scenario]:
    scenario = with_limit(1_000_000)
    yield scenario
    scenario.prove()


def adopted(found: LatenessModel, **fields: Any) -> Said:
    return b.model_adopted(to_builtins(found), **fields)


def asked(scenario: Scenario) -> list[LatenessAsked]:
    return [each for each in scenario.labels if isinstance(each, LatenessAsked)]


def rated(decisions: list[Any]) -> list[int | None]:
    return [each.lateness_bp for each in decisions if isinstance(each, LatenessRated)]


class TestAdoption:
    def test_it_is_in_force_from_its_place_on_and_every_record_names_it(self, acme: Scenario) -> None:
        before = decode_entry(acme.ledger[-1].value)
        acme.say(adopted(small_model()), b.order())
        assert before.model_id is None
        assert acme.partition.context.model == small_model()
        assert (
            decode_entry(acme.ledger[-1].value).model_id == acme.partition.context.model_id == model_id(small_model())
        )

    @pytest.mark.parametrize(
        "people",
        [{"approved_by": None}, {"actor": None}, {"approved_by": "Kim "}, {"actor": None, "approved_by": None}],
    )
    @pytest.mark.parametrize("made", [b.policy_adopted(to_builtins(default_policy())), adopted(small_model())])
    def test_nobody_adopts_alone(self, people: dict[str, Any], made: Said, acme: Scenario) -> None:
        now = (acme.partition.context.policy_id, acme.partition.context.model_id)
        assert codes(acme.say(made.but(**people))) == ["adoption_needs_second_person"]
        assert (acme.partition.context.policy_id, acme.partition.context.model_id) == now

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"weights": [1.5]}, "model_lengths_differ"),
            ({"weights": [1.5, 1e9]}, "model_number_absurd"),
            ({"version": 99}, "model_version_unknown"),
            ({"features": ["late_rate", "shoe_size"]}, "model_features_unknown"),
            ({"population": {"judged": 1, "late": 2}}, "model_counts_differ"),
            ({"grace_days": 10}, "model_grace_days_differ"),
            ({"intercept": "high"}, "model_unreadable"),
        ],
    )
    def test_an_absurd_one_is_refused_and_the_last_good_one_stays(
        self, changes: dict[str, Any], code: str, acme: Scenario
    ) -> None:
        acme.say(adopted(small_model()))
        refused, alert = acme.say(b.model_adopted({**to_builtins(small_model()), **changes}))
        assert refused.code == "model_invalid"
        assert refused.message.startswith(f"{code}: ")
        assert isinstance(alert, AlertRaised)
        assert (alert.cause, alert.level, alert.owner_role, alert.subject) == (
            "model_refused",
            "critical",
            "model_owner",
            code,
        )
        assert acme.partition.context.model == small_model()
        assert alerts(acme.say(adopted(small_model(0.1)))) == ["cleared model_refused critical"]

    def test_one_partition_speaks_for_all(self) -> None:
        other = Scenario(1, 2)
        refused = b.model_adopted({}).with_headers(obligor_control_no="0")
        assert kinds(other.say(refused)) == ["fact_rejected"]

    def test_none_may_be_in_force_again(self, acme: Scenario) -> None:
        acme.say(b.invoice(), adopted(small_model()))
        assert acme.stands().lateness_bp is not None
        assert rated(acme.say(b.model_adopted(None))) == [None]
        assert (acme.stands().lateness_bp, acme.stands().expected_loss_minor) == (None, None)

    def test_what_an_earlier_version_only_kept_has_no_effect_in_its_replay(self) -> None:
        scenario = with_limit()
        scenario.say(adopted(small_model()))
        partition = Partition(MemoryRows(), 0, 1, "credit")
        for outcome in scenario.ledger[:3]:
            entry = decode_entry(outcome.value)
            if b"model_adopted" in bytes(entry.fact):
                fields = {name: getattr(entry, name) for name in entry.__struct_fields__}
                kept = {**fields, "decisions": encode_decisions([NotYetActedOn()]), "model_id": None}
                entry = type(entry)(**kept)
            partition.replay(entry, encode_entry(entry))
        assert (partition.context.model, partition.context.sweeps, partition.context.control_no) == (None, [], 0)


class TestPrediction:
    def test_it_is_what_the_snapshot_says_of_what_was_known(self, acme: Scenario) -> None:
        acme.say(adopted(small_model()), b.invoice(100, "I1", due_on="2025-04-02"), b.invoice(60, "I2"))
        for found in asked(acme):
            expected = Scorer(small_model()).predict_invoice(found.payments, Invoice.asked(found))
            assert (found.raw, found.probability) == (expected.raw, expected.probability)
            assert found.probability_bp == round(expected.probability * 10_000)
            assert found.reasons == expected.reasons
            assert found.model_id == model_id(small_model())

    def test_reasons_name_what_speaks_for_lateness_the_strongest_first(self, acme: Scenario) -> None:
        acme.say(adopted(small_model()), *(b.invoice(10, f"I{number}", due_on="2025-03-05") for number in range(4)))
        acme.say(b.day_closed("2025-03-06"), *(b.invoice(10, f"J{number}") for number in range(4)))
        last = asked(acme)[-1]
        assert [reason.feature for reason in last.reasons] == ["overdue_items", "late_rate"]
        assert last.reasons[0].log_odds > last.reasons[1].log_odds > 0


class TestRating:
    def test_an_account_is_rated_when_a_model_comes_into_force(self, acme: Scenario) -> None:
        acme.say(b.invoice())
        (found,) = rated(acme.say(adopted(small_model())))
        assert found == acme.stands().lateness_bp
        assert rated(acme.say(adopted(small_model(2.0))))[0] > found  # type: ignore[operator]

    def test_without_an_invoice_there_is_nothing_to_rate(self, acme: Scenario) -> None:
        assert rated(acme.say(adopted(small_model()))) == []
        assert acme.stands().lateness_bp is None

    def test_it_follows_how_the_account_pays(self, acme: Scenario) -> None:
        acme.say(adopted(small_model()), b.invoice(due_on="2025-03-05"))
        before = acme.stands().lateness_bp
        (after,) = rated(acme.say(b.day_closed("2025-03-06")))
        assert before is not None and after is not None and after > before + TOLD_FROM_BP
        settled = rated(acme.say(*(b.invoice(5, f"I{n}") for n in range(2, 9)), b.payment(135)))
        assert settled[-1] is not None and settled[-1] < after

    def test_the_grade_is_no_better_than_the_policy_allows_for_it(self, acme: Scenario) -> None:
        acme.say(b.bureau(900), b.invoice())
        best = acme.stands().grade
        acme.say(adopted(small_model(5.0)))
        assert best in ("A", "B")
        assert acme.stands().grade == "D"

    def test_the_cell_of_the_risk_matrix_is_the_less_safe_one(self, acme: Scenario) -> None:
        acme.say(b.bureau(900), b.invoice())
        safe = acme.stands().risk_cell
        acme.say(b.grade_set("A"), adopted(small_model(5.0)))
        unsafe = acme.stands().risk_cell
        assert safe is not None and unsafe is not None
        assert (safe.probability, unsafe.probability) == (1, 3)

    def test_expected_loss_is_net_exposure_times_probability_times_what_is_lost(self, acme: Scenario) -> None:
        acme.say(b.invoice(100_000), b.cover(40_000), adopted(small_model()))
        now = acme.stands()
        assert now.lateness_bp is not None and now.net_exposure_minor == 60_000
        assert now.expected_loss_minor == -(-60_000 * now.lateness_bp * 4_500 // 10**8)


def test_what_order_systems_act_on_names_the_model_that_was_in_force() -> None:
    drive = Drive(1)
    for said in (b.account_opened(), b.limit_set(1_000), b.order("O1"), adopted(small_model()), b.order("O2")):
        headers = tuple((name, text.encode()) for name, text in said.headers.items())
        drive.say([Message(said.topic, said.key or None, said.bytes(), 0, headers)])
    named = {told["order_id"]: told.get("model_id") for told in _answers(drive)}
    assert named == {"O1": None, "O2": model_id(small_model())}


def _answers(drive: Drive) -> list[dict[str, Any]]:
    told = [json.decode(record.value or b"") for record in drive.log["decisions"][0]]
    return [each for each in told if "order_id" in each]
