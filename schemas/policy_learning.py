"""The part of a policy that says what late means to the model, and when another model is worth a look."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

LateDays = Annotated[int, Meta(ge=0, le=365)]
Lessons = Annotated[int, Meta(ge=1, le=10_000_000)]
TenThousandths = Annotated[int, Meta(ge=0, le=10_000)]


class Learning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What late means, and by how much a challenger must be better before the model's owner is told.

    `late_after_days`: late is more than so many days past due. With `disputed_counts` an invoice open because of a
    dispute is late like any other; else the end of the dispute is waited for. A challenger is better over at least
    `challenger_labels` labels when its AUC is higher by `challenger_auc_bp` and its log-loss lower by
    `challenger_log_loss_bp`, both in ten thousandths, and when on orders that were released against a block or to try
    a customer out, once there are `probing_labels` of them, it is not worse in either.
    """

    late_after_days: LateDays = 0
    disputed_counts: bool = True
    challenger_labels: Lessons = 500
    challenger_auc_bp: TenThousandths = 50
    challenger_log_loss_bp: TenThousandths = 0
    probing_labels: Lessons = 50
