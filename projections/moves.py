"""What a fact may have moved of the numbers that warnings watch: bits, so that a plain fact asks for few of them."""

from __future__ import annotations

BALANCES = 1
"""Exposure and limit: any fact."""
OVERDUE = 2
"""What is overdue, where something is or an alert is open."""
JUDGED = 4
"""How the account pays, and what bureaus say of it."""
ORDERED = 8
"""What the account orders in a week."""
PROMISES = 16
"""Promises that were made, kept or broken."""
DAYS = 32
"""The calendar, the policy, the whole book: numbers that are looked at in sweeps only."""
EVERYTHING = 2**16 - 1
"""A sweep asks for all."""
