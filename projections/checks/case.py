"""An order before its judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from projections.dossier import dossier_of
from projections.dossier_rows import Dossier
from projections.recording import Recording
from projections.rows import Account, Order
from projections.rules import Rules
from projections.standing import Limit, value
from schemas.decisions import Checkpoint, Reason
from schemas.policy import Policy
from schemas.policy_orders import Orders


@dataclass(slots=True)
class Case:
    """An order with everything that its checks compare. Amounts leave the order itself out.

    `account` is the one that orders, `numbers` are those that hold for it.

    `need_minor` is what its release would add, None where a rate is missing; it, exposure, limit, headroom and cover
    are in the account's currency, `unpaid`, which is what no deposit covers, in the order's. `cover_minor` is borne by
    others without the order, `cover_adds_minor` of the order; `headroom_minor` is by what is left of the exposure.
    `reserved_for` is an older order that was passed over so often that it has the next headroom to itself.
    `own_minor` is what the order adds already. `oldest_overdue_days` is filled by the first check that asks.
    """

    recording: Recording
    account: Account
    order: Order
    rules: Rules
    numbers: Orders
    checkpoint: Checkpoint
    need_minor: int | None
    unpaid: int
    exposure_minor: int
    limit: Limit
    headroom_minor: int | None
    unvalued: tuple[str, ...]
    reserved_for: Order | None
    cover_minor: int = 0
    cover_adds_minor: int = 0
    own_minor: int = 0
    oldest_overdue_days: int | None = None
    _dossier: Dossier | None = None

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.recording.context.policy

    def net_need_minor(self) -> int:
        """Return what of the order's need nobody else would bear; 0 where a rate is missing."""
        return (self.need_minor or 0) - self.cover_adds_minor

    @property
    def on_date(self) -> str:
        """The day that limits and validity count by, an ISO date."""
        return self.recording.today()

    @property
    def dossier(self) -> Dossier | None:
        """What is known of the account, None if nothing was ever said of it."""
        if self._dossier is None:
            self._dossier = dossier_of(self.recording.book, self.recording.account.account_id)
        return self._dossier

    def valued(self, amount_minor: int, currency: str) -> int:
        """Return an amount in the account's currency; at face value where a rate is missing."""
        valued = value(amount_minor, currency, self.recording.account, self.recording.context)
        return amount_minor if valued is None else valued

    def of_policy(self, amount_minor: int) -> int:
        """Return an amount that the policy states in the account's currency."""
        return self.valued(amount_minor, self.policy.currency)


Check = Callable[[Case], Reason | None]
