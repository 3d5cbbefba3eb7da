"""Whatever grade and size, an offer stays within its bounds, and adopting it leaves nothing to adopt."""

from hypothesis import given
from hypothesis import strategies as st

from projections.limits import Present, Size, is_adopted, offer
from schemas.policy_credit import LimitRow, Limits

AMOUNTS = st.integers(0, 10**13)
SHARES = st.integers(0, 100_000)
ROWS = st.builds(
    LimitRow,
    grade=st.just("B"),
    cap_minor=AMOUNTS,
    revenue_share_bp=SHARES,
    sales_months_bp=SHARES,
    base_minor=AMOUNTS,
)
SIZES = st.builds(Size, st.none() | AMOUNTS, AMOUNTS, st.integers(1, 12))
ROUNDING = st.integers(1, 10**6)
LIMITS = st.builds(
    Limits,
    automatic=st.sampled_from(["none", "lower", "raise_and_lower"]),
    over_desk=st.sampled_from(["none", "lower", "raise_and_lower"]),
    change_at_least_bp=SHARES,
    raise_after_days=st.integers(0, 400),
)
PRESENT = st.builds(Present, st.none() | AMOUNTS, st.just(False), st.booleans(), st.just("2025-01-01"), st.booleans())
TODAY = "2025-12-31"


@given(ROWS, SIZES, ROUNDING)
def test_an_offer_is_within_all_its_bounds_and_rounded_down(row: LimitRow, size: Size, round_to: int) -> None:
    offered = offer(row, size, round_to).limit_minor
    assert 0 <= offered <= row.cap_minor
    assert offered % round_to == 0
    if size.revenue_minor is not None:
        assert offered * 10_000 <= size.revenue_minor * row.revenue_share_bp
    most = max(row.base_minor * size.sales_months * 10_000, size.sales_minor * row.sales_months_bp)
    assert offered * size.sales_months * 10_000 <= most


@given(ROWS, SIZES, AMOUNTS)
def test_more_sales_never_lower_an_offer(row: LimitRow, size: Size, more: int) -> None:
    larger = size._replace(sales_minor=size.sales_minor + more)
    assert offer(row, larger, 1).limit_minor >= offer(row, size, 1).limit_minor


@given(ROWS, SIZES)
def test_the_first_reason_is_what_bounded_it(row: LimitRow, size: Size) -> None:
    offered = offer(row, size, 1)
    assert offered.because[0]["limit_minor"] == offered.limit_minor


@given(LIMITS, AMOUNTS, PRESENT)
def test_what_was_adopted_is_not_adopted_again(limits: Limits, offered: int, present: Present) -> None:
    if is_adopted(limits, offered, present, TODAY):
        after = present._replace(limit_minor=offered, by_a_person=False, set_on=TODAY)
        assert not is_adopted(limits, offered, after, TODAY)


@given(LIMITS, AMOUNTS, PRESENT)
def test_a_limit_moves_by_itself_only_as_far_as_the_policy_says(limits: Limits, offered: int, present: Present) -> None:
    if not is_adopted(limits, offered, present, TODAY):
        return
    assert limits.automatic != "none"
    if present.by_a_person and present.limit_minor is not None:
        assert limits.over_desk != "none"
    if present.limit_minor is None or offered > present.limit_minor:
        assert present.may_rise
        assert limits.automatic == "raise_and_lower"
