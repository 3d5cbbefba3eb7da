"""What the desk says of an account's status, and of a hold on it."""

from __future__ import annotations

from projections.limit_files import MEASURES, measure_file_of, override
from projections.recording import Recording
from schemas.decisions import Status
from schemas.facts.desk import (
    AccountHeld,
    AccountReinstated,
    AccountSuspended,
    HandedOver,
    HoldLifted,
    PrepaymentRequired,
)
from schemas.reasons import Refusal

StatusFact = AccountReinstated | PrepaymentRequired | AccountSuspended | HandedOver
_STATUS: dict[type[StatusFact], Status] = {
    AccountReinstated: "active",
    PrepaymentRequired: "prepayment",
    AccountSuspended: "suspended",
    HandedOver: "legal",
}


def record_status(recording: Recording, fact: StatusFact) -> Refusal | None:
    """Give the account the status that a person says, whatever measures made of it before; a hold stays."""
    recording.account.status = _STATUS[type(fact)]
    override(recording, "require_prepayment", "suspend")
    file = measure_file_of(recording.book, recording.account.account_id)
    if file is not None:
        file.status = recording.account.status
        recording.keep(MEASURES, file)
    return None


def record_hold(recording: Recording, fact: AccountHeld | HoldLifted) -> Refusal | None:
    """Let every new order wait for a person, or no longer: nothing else ends a hold."""
    recording.account.held = isinstance(fact, AccountHeld)
    return None
