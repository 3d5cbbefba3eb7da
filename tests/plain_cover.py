"""What insurance bears of an exposure, the plain way: for covers of a whole account in its own currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class PlainCovers:
    """An account's covers by id, each as it was last pledged."""

    pledged: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, fact: dict[str, Any]) -> None:
        """Take in a fact, if it is about a cover: the simulated market only pledges, and ends none early."""
        if fact["type"] == "cover_pledged":
            assert fact["kind"] == "insurance" and not {"order_id", "split_bp", "first_loss_minor"} & fact.keys(), fact
            self.pledged[fact["cover_id"]] = fact
        assert fact["type"] not in ("cover_released", "cover_withdrawn"), fact

    def borne(self, exposure_minor: int, today: str) -> int:
        """Return what covers bear of an exposure on a day."""
        borne = 0
        for cover in self.pledged.values():
            if cover["valid_from"] <= today <= cover["valid_until"]:
                left = max(0, exposure_minor - borne)
                borne += min(cover["value_minor"], left * cover["share_bp"] // 10_000)
        return borne
