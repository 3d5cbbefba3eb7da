"""What is kept of credit cover: each guarantee, collateral, insurance or letter of credit as it was last described."""

from __future__ import annotations

from msgspec import Struct, field

from projections.version_rows import Versions

FOREVER = "9999-12-31"


class Cover(Struct, array_like=True, gc=False):
    """A cover as its provider and the desk describe it; ISO dates, "" for none. `stood` counts how often it changed."""

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    kind: str
    value: int
    currency: str
    share_bp: int = 10_000
    split_bp: int = 10_000
    first_loss: int = 0
    max_net_days: int | None = None
    valid_from: str = ""
    valid_until: str = FOREVER
    order_key: str = ""
    provider: str = ""
    withdrawn_on: str = ""
    released_on: str = ""
    stood: int = 0
    twins: list[str] = field(default_factory=list)


class Covering(Struct, array_like=True, gc=False):
    """A cover on an account's summary, as far as its exposure is measured against it.

    `value` is the account's part. `sums` has, by currency, of an order's cover what is open of that order on terms
    that it covers, of any other what is open on longer terms than it covers. Documents remember under `mark` what they
    add to that. `before` is None until the cover is withdrawn, then by currency what is still open of what was shipped
    by then; `shipped` is all that was shipped and open when that was last looked at.
    """

    key: str
    mark: str
    kind: str
    value: int
    currency: str
    share_bp: int
    first_loss: int
    max_net_days: int | None
    valid_from: str
    valid_until: str
    order_key: str
    withdrawn_on: str = ""
    in_force: bool = False
    sums: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] | None = None
    shipped: dict[str, int] = field(default_factory=dict)
