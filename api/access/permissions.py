"""What each role may do: the one table that every route, the feed and every command is held against.

Nobody gets a permission in any other way. A test walks all routes and fails for one that asks for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["viewer", "analyst", "collector", "approver", "manager", "auditor", "admin", "machine"]
ROLES: tuple[str, ...] = get_args(Role)

_READS = ("viewer", "analyst", "collector", "approver", "manager", "auditor", "machine")
_DECIDES = ("analyst", "manager")
_COLLECTS = ("analyst", "collector", "manager")
_RUNS = ("manager", "auditor", "admin", "machine")

ANYONE = "anyone"
"""No permission at all: for what may be asked before logging in."""

PERMISSIONS: Mapping[str, frozenset[str]] = {
    name: frozenset(roles)
    for name, roles in {
        # Whoever is known, whatever they may do else.
        "have_session": ROLES,
        # Reading
        "read_accounts": _READS,
        "read_dossier": _READS,
        "read_orders": _READS,
        "read_alerts": _READS,
        "read_approvals": _READS,
        "read_portfolio": _READS,
        "read_feed": _READS,
        "read_policy": (*_READS, "admin"),
        "read_ledger": ("analyst", "manager", "auditor", "machine"),
        "read_status": ROLES,
        "read_metrics": ROLES,
        "read_dead_letters": _RUNS,
        "read_access_log": ("auditor", "admin"),
        "export": ("analyst", "collector", "approver", "manager", "auditor", "machine"),
        # Acting on accounts; who must agree to what amount is the policy's matter, not this table's.
        "release_orders": _DECIDES,
        "request_approvals": _DECIDES,
        "approve": ("approver", "manager"),
        "set_limits": ("manager",),
        "set_standing": ("manager",),
        "hold_accounts": _DECIDES,
        "handle_alerts": _COLLECTS,
        "collect": _COLLECTS,
        "give_up_claims": ("manager",),
        "hand_over": ("collector", "manager"),
        "review_accounts": _DECIDES,
        "write_notes": (*_COLLECTS, "approver"),
        "assign_managers": ("manager",),
        "adopt_policy": ("manager",),
        "adopt_models": ("manager",),
        # Programs and operation
        "send_facts": ("machine",),
        "check_orders": ("analyst", "manager", "machine"),
        "manage_webhooks": ("admin", "machine"),
        "mend_dead_letters": ("manager", "admin"),
        "manage_people": ("admin",),
        "manage_keys": ("admin",),
    }.items()
}

COMMANDS: Mapping[str, str] = {
    "order_release": "release_orders",
    "order_reject": "release_orders",
    "prepayment_required": "release_orders",
    "limit_requested": "request_approvals",
    "approval_requested": "request_approvals",
    "approval_withdrawn": "request_approvals",
    "approval_given": "approve",
    "approval_refused": "approve",
    "limit_approved": "approve",
    "limit_denied": "approve",
    "limit_set": "set_limits",
    "account_suspended": "set_standing",
    "account_reinstated": "set_standing",
    "grade_set": "set_standing",
    "terms_set": "set_standing",
    "account_held": "hold_accounts",
    "hold_lifted": "hold_accounts",
    "alert_acknowledged": "handle_alerts",
    "alert_assigned": "handle_alerts",
    "alert_snoozed": "handle_alerts",
    "alert_closed": "handle_alerts",
    "promise_made": "collect",
    "contact_recorded": "collect",
    "repayment_plan_agreed": "collect",
    "charge_waived": "give_up_claims",
    "written_off": "give_up_claims",
    "handed_over": "hand_over",
    "account_reviewed": "review_accounts",
    "note_added": "write_notes",
    "dead_letter_dismissed": "mend_dead_letters",
    "manager_assigned": "assign_managers",
    "delegation_set": "adopt_policy",
    "policy_adopted": "adopt_policy",
    "model_adopted": "adopt_models",
    "model_alert_acknowledged": "handle_alerts",
    "model_alert_assigned": "handle_alerts",
    "model_alert_closed": "handle_alerts",
}
"""The permission that each fact needs which a person tells through the api, by the fact's type."""


def roles_with(permission: str) -> frozenset[str]:
    """Return the roles that have a permission.

    Raises:
        KeyError: the table does not have it, so that a slip of the pen opens nothing.
    """
    return PERMISSIONS[permission]
