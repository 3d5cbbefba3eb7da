"""The whole book, and the policy that it is judged by."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Path, Request, Response

from api.access.gate import CurrentCaller, require
from api.answering import AsShape, Listed, See, answer_list, as_detail, as_file, as_json, shows
from api.answers.desk import PolicyAnswer, PolicyChange, PolicyDiff, PolicyPage, PolicyRow
from api.answers.portfolio import GroupPage, GroupRow, PortfolioAnswer, RiskMatrixAnswer
from api.paging import page_of
from api.showing.book import group_rows, order_of, portfolio, risk_matrix
from api.showing.policy_changes import ChangeRow, change_row
from api.sight import Sight
from projections.views.lines import PolicyLine
from schemas.policy import Policy, default_policy, recorded_policy
from schemas.policy import policy_id as id_of
from schemas.policy_diff import ABSENT, differences
from schemas.policy_text import as_document

router = APIRouter()
_NEVER = -1
"""In place of the ledger seq of a policy that was never adopted."""
Respect = Literal["grade", "industry", "country", "manager", "currency"]
PolicyId = Annotated[str, Path(max_length=100)]


@router.get("/portfolio", dependencies=[require("read_portfolio")], responses=shows(PortfolioAnswer))
async def show_portfolio(sight: See) -> Response:
    """Show the totals of the book, how it is made up, how late and how concentrated it is."""
    return as_json(await portfolio(sight))


@router.get("/portfolio/groups", dependencies=[require("read_portfolio")], responses=shows(GroupPage))
async def list_portfolio_groups(sight: See, listing: Listed, by: Respect = "grade") -> Response:
    """List what the book is made up of in one respect: grades and currencies by name, others the largest first."""
    group = f"by_{by}"
    rows = group_rows(await portfolio(sight), group)
    return await answer_list(
        listing, sight, GroupPage, GroupRow, lambda after, limit: page_of(rows, order_of(group), after, limit)
    )


@router.get("/portfolio/risk-matrix", dependencies=[require("read_portfolio")], responses=shows(RiskMatrixAnswer))
async def show_risk_matrix(sight: See) -> Response:
    """Count accounts and their net exposure, by currency, in each cell of the risk matrix."""
    return as_json(risk_matrix(sight))


def _adopted(sight: Sight) -> list[PolicyLine]:
    """Return the policies that were adopted, newest first; every partition has all of them."""
    return [line for _, line in sight.view.parts[0].shelf.scan("policy")]


def _find(sight: Sight, wanted: str) -> tuple[PolicyRow, Policy]:
    in_force = sight.view.parts[0].partition.context.policy_id
    for line in _adopted(sight):
        if line.policy_id == wanted:
            return _row(line, in_force), recorded_policy(msgspec.json.decode(line.policy))
    built_in = default_policy()
    if id_of(built_in) == wanted:
        return _built_in_row(in_force), built_in
    raise HTTPException(404, f"expected the id of a policy that was adopted, received {wanted!r}")


def _built_in_row(in_force: str) -> PolicyRow:
    return _row(PolicyLine(id_of(default_policy()), 0, _NEVER, None, None, b""), in_force)


def _row(line: PolicyLine, in_force: str) -> PolicyRow:
    return PolicyRow(
        policy_id=line.policy_id,
        adopted_at_ms=None if line.seq == _NEVER else line.adopted_ms,
        actor=line.actor,
        approved_by=line.approved_by,
        reason=line.reason,
        in_force=line.policy_id == in_force,
    )


def _answer(row: PolicyRow, policy: Policy) -> PolicyAnswer:
    return PolicyAnswer(**msgspec.structs.asdict(row), policy=as_document(policy))


@router.get("/policy", dependencies=[require("read_policy")], responses=shows(PolicyAnswer, 304))
async def show_policy_in_force(request: Request, sight: See) -> Response:
    """Show the policy in force."""
    return as_detail(request, _answer(*_find(sight, sight.view.parts[0].partition.context.policy_id)))


@router.get("/policies", dependencies=[require("read_policy")], responses=shows(PolicyPage))
async def list_policies(sight: See) -> Response:
    """List all policies that were adopted, newest first, and at the end the built-in one."""
    in_force = sight.view.parts[0].partition.context.policy_id
    rows = [_row(line, in_force) for line in _adopted(sight)]
    rows.append(_built_in_row(in_force))
    return as_json(PolicyPage(policies=rows, total=len(rows), as_of=sight.view.as_of()))


@router.get("/policies/{policy_id}", dependencies=[require("read_policy")], responses=shows(PolicyAnswer, 304, 404))
async def show_policy(request: Request, sight: See, policy_id: PolicyId) -> Response:
    """Show a policy by its id: one that was adopted, or the built-in one."""
    return as_detail(request, _answer(*_find(sight, policy_id)))


@router.get(
    "/policies/{policy_id}/diff/{other}",
    dependencies=[require("read_policy")],
    responses=shows(PolicyDiff, 404, is_file=True),
)
async def compare_policies(
    sight: See, caller: CurrentCaller, policy_id: PolicyId, other: PolicyId, shape: AsShape = "json"
) -> Response:
    """Show what is different in the second policy, field by field in the order of the policy."""
    before, after = _find(sight, policy_id)[1], _find(sight, other)[1]
    found = differences(before, after)
    if shape != "json":
        rows = [change_row(change, before.currency, after.currency) for change in found]
        return await as_file(caller, shape, "policy-changes", rows, ChangeRow)
    changes = [PolicyChange(path=change.path, old=_text(change.before), new=_text(change.after)) for change in found]
    return as_json(PolicyDiff(from_id=policy_id, to_id=other, changes=changes))


def _text(value: Any) -> str | None:
    """Return a value as JSON, None for what is not there."""
    return None if value is ABSENT else msgspec.json.encode(value).decode()
