"""`obligor simulate --report`: a policy tried on the simulated market, and what it caught, missed and cost."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from schemas.money import display
from schemas.policy import read_policy
from streams.market.merits import (
    AIMED_SPREAD_BP,
    CAUGHT_AT_LEAST_BP,
    LEAD_AT_LEAST_DAYS,
    PROMPT_BLOCKED_AT_MOST_BP,
    Merits,
    Outcome,
    merits_of,
    plain_static_limit,
)
from streams.market.trial import run_trial


def report_on(
    accounts: int,
    days: int,
    seed: int,
    *,
    start: date,
    policy: Path | None,
    on_day: Callable[[date], None],
) -> Merits:
    """Return what a policy makes of a market, beside the same market under a plain static limit.

    Raises:
        PolicyInvalid: the file holds no policy.
        OSError: the file cannot be read.
        tomllib.TOMLDecodeError: the file is not TOML.
    """
    document = None if policy is None else _read(policy)
    trial = run_trial(accounts, days, seed, policy=document, start=start, on_day=on_day)
    static = run_trial(accounts, days, seed, policy=plain_static_limit(), start=start, on_day=on_day)
    return merits_of(trial, static)


def _read(path: Path) -> dict[str, Any]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    read_policy(document)
    return document


def print_report(merits: Merits, console: Console, *, as_json: bool) -> None:
    """Print the numbers as a table for people, or as JSON for programs."""
    if as_json:
        console.file.write(msgspec.json.format(msgspec.json.encode(merits)).decode() + "\n")
        return
    facts = f"{merits.accounts:,} accounts, {merits.days} days, seed {merits.seed}, {merits.facts:,} facts"
    console.print(f"[bold]Policy {merits.policy_id}[/] on a simulated market: {facts}\n")
    console.print(_against_aims(merits))
    console.print(_against_static_limit(merits))
    console.print(_by_kind(merits))
    console.print(
        "[dim]A default is a claim 90 days past due. An account is caught when an order is blocked, the account is put "
        "on prepayment or suspended, or a critical alert comes, after it turned bad and before it defaulted.[/]"
    )


def _against_aims(merits: Merits) -> Table:
    table = _table("warnings and blocks", "", "measured", "aim")
    for level in ("critical", "warning", "notice"):
        share = f"{_percent(merits.spread_bp[level])} ({merits.alerts[level]:,})"
        table.add_row(f"alerts that came to {level}", share, f"near {_percent(AIMED_SPREAD_BP[level])}")
    table.add_row("alerts per 100 accounts a week", f"{merits.alerts_per_100_accounts_week:,.2f}", "")
    caught = f"{_percent(merits.caught_bp)} ({merits.caught} of {merits.defaulted})"
    table.add_row("accounts caught before their default", caught, f"at least {_percent(CAUGHT_AT_LEAST_BP)}")
    lead = "-" if merits.lead_days is None else f"{merits.lead_days} days"
    table.add_row("median lead before default", lead, f"at least {LEAD_AT_LEAST_DAYS} days")
    prompt = f"{_percent(merits.prompt_blocked_bp)} ({merits.prompt_blocked} of {merits.prompt})"
    table.add_row("prompt payers that ever saw a block", prompt, f"at most {_percent(PROMPT_BLOCKED_AT_MOST_BP)}")
    followed = f"{_percent(merits.criticals_followed_bp)} ({merits.criticals_followed} of {merits.criticals})"
    table.add_row("critical alerts followed by payment over 30 days late", followed, "")
    return table


def _against_static_limit(merits: Merits) -> Table:
    table = _table("money", "", "this policy", "plain static limit")
    ours, other = merits.policy, merits.static_limit
    rows: list[tuple[str, Callable[[Outcome], str]]] = [
        ("accounts in default", lambda one: f"{one.defaults:,}"),
        ("net exposure at default", lambda one: display(one.at_default_minor, "EUR")),
        ("orders released at once", lambda one: f"{one.released_orders:,}"),
        ("value released at once", lambda one: display(one.released_minor, "EUR")),
    ]
    for name, told in rows:
        table.add_row(name, told(ours), "-" if other is None else told(other))
    return table


def _by_kind(merits: Merits) -> Table:
    table = _table("by kind", "payers", "accounts", "ever blocked", "defaulted", "caught before")
    for one in merits.kinds:
        table.add_row(one.kind, f"{one.accounts:,}", f"{one.blocked:,}", f"{one.defaulted:,}", f"{one.caught:,}")
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _percent(share_bp: int | None) -> str:
    return "-" if share_bp is None else f"{share_bp / 100:.1f} %"
