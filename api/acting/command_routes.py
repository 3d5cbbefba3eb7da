"""HTTP: `POST /v1/commands/{type}`, one route for each fact that people tell, and what became of them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Query, Request, Response

from api.access.caller import Caller
from api.access.gate import CurrentCaller, require
from api.access.permissions import COMMANDS
from api.acting.acting import SOURCE, Acting
from api.acting.catalogue import BodyInvalid, Command, body_schema, read_command
from api.acting.message import Message, envelope
from api.acting.moved_on import VersionInvalid, read_version, what_moved_on
from api.acting.outcomes import Outcome, is_same
from api.acting.sending import NotWritten
from api.answering import current_sight
from api.answers.acting import CommandAnswer
from api.problems import problem
from schemas.codec import FACT_TYPES

WAIT_MS_MAX = 30_000
WaitMs = Annotated[int, Query(ge=0, le=WAIT_MS_MAX, description="how long to wait for the ledger")]
router = APIRouter(prefix="/v1")
KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_ANSWER = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/CommandAnswer"}}}}
PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Accepted or refused, as the ledger says.", **_ANSWER},
    202: {"description": "Written, and not in the ledger yet: ask again by `fact_id`.", **_ANSWER},
}
ACTING_PROBLEMS: dict[int | str, dict[str, Any]] = {
    403: {"description": "The caller may not.", **PROBLEM},
    404: {"description": "There is no such account or command.", **PROBLEM},
    409: {
        "description": "It has moved on since it was seen, or several accounts are named.",
        **PROBLEM,
    },
    422: {
        "description": "It is no such fact, or the key was used for another; `code` and `path` say what and where.",
        **PROBLEM,
    },
    503: {"description": "The brokers do not answer; send the same again with the same key.", **PROBLEM},
}
COMMAND_ANSWERS = _RESPONSES | ACTING_PROBLEMS
_encode = msgspec.json.Encoder().encode


def acting_of(request: Request) -> Acting:
    """Return what the process writes with.

    Raises:
        HTTPException: 503, this process only reads.
    """
    acting: Acting | None = request.app.state.acting
    if acting is None:
        raise HTTPException(503, "expected a process that writes to the topics, this one only reads")
    return acting


def answer(outcome: Outcome) -> Response:
    """Return the answer to a fact that the ledger has: what is refused because it moved on is a conflict."""
    if outcome.refusal == "moved_on":
        detail = outcome.message or "expected what was seen to be the newest, found that it has moved on"
        place = msgspec.to_builtins(outcome.ledger)
        return problem(409, detail, code="moved_on", fact_id=outcome.fact_id, ledger=place)
    known = {name: getattr(outcome, name) for name in outcome.__struct_fields__ if name != "fact"}
    version = None if outcome.account_id is None else f"{outcome.ledger.partition}-{outcome.ledger.seq}"
    return _json(200, CommandAnswer(**known, version=version))


def pending(fact_id: str) -> Response:
    """Return the answer to a fact that is written and that the ledger does not have yet."""
    return _json(202, CommandAnswer(outcome="pending", fact_id=fact_id))


def _json(status: int, content: CommandAnswer) -> Response:
    return Response(_encode(content), status, media_type="application/json")


def source_of(caller: Caller) -> str:
    """Return the `ce_source` of what a caller tells: each has ids of their own."""
    return f"{SOURCE}/{caller.actor}"


async def tell_command(
    acting: Acting, caller: Caller, command: Command, key: str, version: str | None, wait_ms: int
) -> Response:
    """Write a command unless it is known or doubtful; answer what became of it."""
    source = source_of(caller)
    fact_id = f"{source}/{key}"
    known = await acting.known(fact_id)
    if known is not None:
        return answer(known) if is_same(known, command.value) else _key_reused(key)
    moved_on = what_moved_on(acting.tail.outcomes, command, read_version(version))
    if moved_on is not None:
        return problem(409, moved_on, code="moved_on")
    headers = envelope(source, key, command.type)
    account = None if command.account_id is None else command.account_id.encode()
    message = Message(command.topic, account, command.value, headers, acting.now_ms())
    _, outcome = await acting.tell(message, fact_id, wait_ms / 1000)
    if outcome is None:
        return pending(fact_id)
    return answer(outcome) if is_same(outcome, command.value) else _key_reused(key)


def _key_reused(key: str) -> Response:
    detail = f"expected a new Idempotency-Key for another fact, received {key!r} again"
    return problem(422, detail, code="idempotency_key_reused")


def _endpoint(kind: str) -> Callable[..., Awaitable[Response]]:
    async def tell(
        request: Request,
        caller: CurrentCaller,
        wait_ms: WaitMs = 2_000,
        idempotency_key: Annotated[str | None, Header(description="id of the fact; the same again is no other")] = None,
        if_match: Annotated[str | None, Header(description="the version of the account that was seen")] = None,
    ) -> Response:
        key = idempotency_key or uuid.uuid4().hex
        if not KEY.match(key):
            return problem(422, "expected an Idempotency-Key of 1 to 200 printable characters", code="header_invalid")
        try:
            command = read_command(kind, await request.body(), caller.actor)
            refused = refuse_out_of_scope(request, caller, command.account_id)
            return refused or await tell_command(acting_of(request), caller, command, key, if_match, wait_ms)
        except BodyInvalid as invalid:
            return problem(422, str(invalid), code=invalid.code, path=invalid.path)
        except VersionInvalid as invalid:
            return problem(422, str(invalid), code="header_invalid")
        except NotWritten as failed:
            return problem(503, f"{failed}; send the same again with the same Idempotency-Key", code="not_written")

    tell.__doc__ = (FACT_TYPES[kind].__doc__ or kind).partition("\n")[0]
    return tell


def refuse_out_of_scope(request: Request, caller: Caller, account_id: str | None) -> Response | None:
    """Return why a caller may not act on an account, or None; an account that they may not see is not known."""
    if caller.scope is None:
        return None
    if account_id is None:
        return problem(403, f"expected a caller for all accounts, {caller.actor} has some", code="out_of_scope")
    if current_sight(request, caller).account(account_id) is None:
        return problem(
            404, f"expected an account that {caller.actor} sees, received {account_id!r}", code="out_of_scope"
        )
    return None


def _add_commands() -> None:
    for kind, permission in COMMANDS.items():
        content = {"application/json": {"schema": body_schema(kind)}}
        router.add_api_route(
            f"/commands/{kind}",
            _endpoint(kind),
            methods=["POST"],
            name=kind,
            dependencies=[require(permission)],
            responses=COMMAND_ANSWERS,
            openapi_extra={"requestBody": {"required": True, "content": content}},
        )


_add_commands()


@router.get("/commands/{fact_id:path}", dependencies=[require("have_session")], responses=COMMAND_ANSWERS)
async def show_command(request: Request, caller: CurrentCaller, fact_id: str, wait_ms: WaitMs = 0) -> Response:
    """Show what became of a command that this caller told, waiting up to `wait_ms` for the ledger to have it."""
    acting = acting_of(request)
    if not fact_id.startswith(f"{source_of(caller)}/") and not caller.may("read_ledger"):
        return problem(404, f"expected a command of {caller.actor}, received {fact_id[:200]!r}")
    outcome = await acting.later(fact_id, wait_ms / 1000)
    if outcome is not None:
        return refuse_out_of_scope(request, caller, outcome.account_id) or answer(outcome)
    if acting.has_told(fact_id):
        return pending(fact_id)
    if not acting.knows_all:
        return problem(503, "expected the whole ledger to be read by now, it is still being read; ask the same again")
    return problem(404, f"expected the id of a command that was told, received {fact_id[:200]!r}")
