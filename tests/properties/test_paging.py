"""Pages of any list in any order: every row once, in the order of the whole list."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.paging import Order, page_of

rows = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 5)), st.text(max_size=3)), unique_by=lambda row: row[1], max_size=60
)


@given(rows, st.integers(1, 12), st.booleans())
def test_pages_together_are_the_whole_list(found: list[tuple[int | None, str]], limit: int, descending: bool) -> None:
    order: Order[Any] = Order(lambda row: row[0], lambda row: row[1], descending)
    whole = sorted(
        found, key=lambda row: (row[0] is None, (-row[0] if descending else row[0]) if row[0] else 0, row[1])
    )
    seen: list[Any] = []
    after: str | None = ""
    while after is not None:
        page = page_of(found, order, after, limit)
        assert len(page.rows) <= limit and page.total == len(found)
        seen += page.rows
        after = page.next
    assert seen == whole
