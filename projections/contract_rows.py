"""What is kept of contracts with an account: each as it was last described, and all of them on one row to be read."""

from __future__ import annotations

from msgspec import Struct, field

from projections.version_rows import Versions


class Contract(Struct, array_like=True, gc=False):
    """A contract as it was last described; ISO dates, both included."""

    key: str
    ce_source: str
    seller_id: str | None
    versions: Versions
    signed_on: str
    valid_from: str
    valid_until: str
    net_days: int | None
    twins: list[str] = field(default_factory=list)


class Agreed(Struct, array_like=True, gc=False):
    """What of a contract says whether it holds; `seller_id` None is every seller."""

    contract: str
    seller_id: str | None
    signed_on: str
    valid_from: str
    valid_until: str
    net_days: int | None


class ContractFile(Struct, array_like=True, gc=False):
    """All contracts of an account, by the day they were signed."""

    key: str = ""
    agreed: list[Agreed] = field(default_factory=list)
