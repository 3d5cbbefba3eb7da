"""HTTP: sending a dead letter in again."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Raw, Struct

from api.access.caller import Caller
from api.access.gate import CurrentCaller, require
from api.acting.acting import Acting
from api.acting.catalogue import BodyInvalid, read_command
from api.acting.command_routes import COMMAND_ANSWERS, WaitMs, acting_of, answer, pending, source_of
from api.acting.mending import DeadLetters, Letter, NoLetter, NotSentAgain
from api.acting.message import Message, envelope
from api.acting.sending import NotWritten
from api.problems import problem
from schemas.ledger import written_at

router = APIRouter(prefix="/v1")


class Mended(Struct, frozen=True, forbid_unknown_fields=True):
    """How a letter is sent in again: as it is, or with the fact or the account that were wrong."""

    value: Raw = Raw()
    account_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


_BODY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "value": {"type": "object", "description": "the mended fact"},
        "account_id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "the right account"},
    },
}


@router.post(
    "/dead-letters/{partition}/{offset}/redrive",
    dependencies=[require("mend_dead_letters")],
    responses=COMMAND_ANSWERS,
    openapi_extra={"requestBody": {"required": False, "content": {"application/json": {"schema": _BODY}}}},
)
async def redrive(
    request: Request,
    caller: CurrentCaller,
    partition: Annotated[int, Path(ge=0, le=65_000)],
    offset: Annotated[int, Path(ge=0, le=2**62)],
    wait_ms: WaitMs = 2_000,
) -> Response:
    """Send a dead letter in again, by its place in the topic of dead letters, at its own time.

    The account is not parked for it any more, nor the one that it was under if another is given. What people decide is
    not sent in again: they tell it anew.
    """
    acting = acting_of(request)
    if acting.dead_letters is None:
        return problem(503, "expected a process that knows dead letters, this one does not")
    try:
        mended = _read_body(await request.body())
        return await _again(acting, acting.dead_letters, caller, (partition, offset), mended, wait_ms / 1000)
    except NoLetter as missing:
        return problem(404, str(missing))
    except NotSentAgain as refused:
        return problem(409, str(refused), code="not_sent_again")
    except BodyInvalid as invalid:
        return problem(422, str(invalid), code=invalid.code, path=invalid.path)
    except (NotWritten, KafkaError, TimeoutError) as failed:
        return problem(503, f"expected the brokers to answer, received {failed!r}", code="not_written")


def _read_body(body: bytes) -> Mended:
    try:
        return msgspec.json.decode(body or b"{}", type=Mended)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `")
        raise BodyInvalid("field_invalid", path.rstrip("`") or "$", message) from error


async def _again(
    acting: Acting,
    dead_letters: DeadLetters,
    caller: Caller,
    place: tuple[int, int],
    mended: Mended,
    wait_seconds: float,
) -> Response:
    letter, at_ms = await dead_letters.read(*place)
    value = bytes(mended.value) or None
    message = dead_letters.again(letter, at_ms, value, mended.account_id)
    written, outcome = await acting.tell(message, "", wait_seconds)
    if mended.account_id not in (None, letter.account_id):
        # Only after the record that replaces it: an account must not be free of it for a moment in between.
        await acting.sending.send(_dismissal(acting, caller, letter))
    name = written_at(written.topic, written.partition, written.offset)
    return pending(name) if outcome is None else answer(outcome)


def _dismissal(acting: Acting, caller: Caller, letter: Letter) -> list[Message]:
    """The account that the letter was under by mistake needs nothing for it; there is none where the key was wrong."""
    if letter.account_id is None:
        return []
    reason = f"sent in again under another account by {caller.actor}"
    body = {"account_id": letter.account_id, "dead_letter": letter.id, "reason": reason}
    command = read_command("dead_letter_dismissed", msgspec.json.encode(body), caller.actor)
    headers = envelope(source_of(caller), f"dead_letter_dismissed-{letter.id}", command.type)
    return [Message(command.topic, letter.account_id.encode(), command.value, headers, acting.now_ms())]
