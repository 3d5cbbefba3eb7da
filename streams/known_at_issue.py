"""A map that a model may learn by: it says of every column it uses that it is known when an invoice is issued."""

from __future__ import annotations

from streams.receivables_map import MapInvalid, ReceivablesMap, alternatives


def require_known_at_issue(rules: ReceivablesMap) -> None:
    """Refuse a map unless it says of all columns but the day of settlement that they are known at issue.

    Raises:
        MapInvalid: it is no history, or names the column and when it becomes known.
    """
    if rules.shape != "history":
        raise MapInvalid(f"expected a map of shape history to learn from, received {rules.shape}")
    known = {header: when for when, headers in rules.known.items() for header in headers}
    for field in sorted(rules.columns.keys() - {"settled_on"}):
        for header in alternatives(rules, field):
            when = known.get(header, "no time at all")
            if when not in ("opening", "issue"):
                raise MapInvalid(f"expected {header!r} ({field}) to be known at issue, found it under {when}")
