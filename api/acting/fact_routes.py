"""HTTP: `POST /v1/facts` and `POST /v1/checks`, for programs without a Kafka client."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from msgspec import Raw, Struct

from api.access.caller import SOURCE_MAX, Caller, is_source
from api.access.gate import CurrentCaller, require
from api.acting.acting import Acting
from api.acting.catalogue import BodyInvalid, contract_schema
from api.acting.command_routes import ACTING_PROBLEMS, KEY, WaitMs, acting_of, refuse_out_of_scope
from api.acting.facts import ID_MAX, SENT_BY_PROGRAMS, AccountNotFound, Reading, read_fact, read_facts
from api.acting.finding import Finder, Name
from api.acting.known_accounts import NotReadYet
from api.acting.message import Message
from api.acting.outcomes import Outcome, is_same
from api.acting.sending import NotWritten
from api.answers.acting import CheckAnswer, FactsAnswer, WrittenFact
from api.problems import problem
from schemas.envelope import Effect
from schemas.facts import Broadcast, Fact

router = APIRouter(prefix="/v1")
_encode = msgspec.json.Encoder().encode
_CHECKS = ("check_requested", "order_placed", "order_amended")
_ANSWERS = ("order_released", "order_referred", "order_blocked", "order_release_withdrawn")
Source = Annotated[
    str | None,
    Query(min_length=1, max_length=SOURCE_MAX, description="`ce_source`; by default the caller, or its key's only one"),
]
Key = Annotated[str | None, Header(description="makes ids for facts that need one and have none")]


_NAMES_AN_ACCOUNT = ("account_id", "customer_id", "party_id")


def _one_of(kinds: tuple[str, ...], *, with_party: bool = False) -> dict[str, Any]:
    """The choices of a body; an account that is missing is found by what the fact, or a party around it, names."""
    choices = []
    for kind in kinds:
        schema = contract_schema(kind)
        names = [name for name in _NAMES_AN_ACCOUNT if name in schema["properties"]]
        if with_party or len(names) > 1:
            schema["required"] = [name for name in schema["required"] if name != "account_id"]
        if not with_party and len(names) > 1:
            schema["anyOf"] = [{"required": [name], "properties": {name: {"type": "string"}}} for name in names]
        choices.append(schema)
    return {"oneOf": choices}


_FACT = _one_of(SENT_BY_PROGRAMS)
_SENT = {
    "type": "object",
    "required": ["fact"],
    "additionalProperties": False,
    "properties": {
        "fact": _one_of(SENT_BY_PROGRAMS, with_party=True),
        "id": {"type": "string", "minLength": 1, "maxLength": ID_MAX, "pattern": "^[^\\u0000-\\u001f]+$"},
        "at_ms": {"type": "integer", "minimum": 0},
        "party": {
            "type": "object",
            "required": ["scheme", "value"],
            "additionalProperties": False,
            "properties": {"scheme": {"type": "string"}, "value": {"type": "string"}},
        },
    },
}
_ITEM = {"anyOf": [_FACT, _SENT]}
_FACTS = {"anyOf": [_ITEM, {"type": "array", "minItems": 1, "maxItems": 1_000, "items": _ITEM}]}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _answers(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


class _Invalid(Struct, frozen=True):
    index: int
    code: str
    path: str
    message: str


class _Refused(Exception):
    """The request is answered with a problem."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


@router.post(
    "/facts",
    dependencies=[require("send_facts")],
    responses=ACTING_PROBLEMS
    | {200: {"description": "Where each fact stands, in their order."} | _answers("FactsAnswer")},
    openapi_extra=_body(_FACTS),
)
async def send_facts(
    request: Request,
    caller: CurrentCaller,
    source: Source = None,
    effect: Effect = "binding",
    idempotency_key: Key = None,
) -> Response:
    """Write a fact, or up to 1,000, to their topics: all of them, or none if one is not valid.

    Where `account_id` is missing, the account of the `customer_id`, `party_id` or registration is found.
    """
    acting = acting_of(request)
    try:
        reading = _reading(acting, caller, source, effect, idempotency_key)
        read = _read_all(request, caller, *read_facts(await request.body()), reading)
        written = await acting.sending.send([message for message, _, _ in read])
    except _Refused as refused:
        return refused.answer
    except BodyInvalid as invalid:
        return problem(422, str(invalid), code=invalid.code, path=invalid.path)
    except NotWritten as failed:
        return problem(503, f"{failed}; send the same again", code="not_written")
    facts = [
        WrittenFact(
            topic=where.topic,
            partition=where.partition,
            offset=where.offset,
            account_id=_account(fact),
            fact_id=f"{reading.source}/{ce_id}" if ce_id else None,
        )
        for where, (_, fact, ce_id) in zip(written, read, strict=True)
    ]
    return Response(_encode(FactsAnswer(facts=facts)), media_type="application/json")


def _reading(acting: Acting, caller: Caller, source: str | None, effect: str, key: str | None) -> Reading:
    source = _source(caller, source)
    if key is not None and not KEY.match(key):
        raise _Refused(problem(422, "expected an Idempotency-Key of 1 to 200 printable characters"))
    finder: Finder | None = None

    def find(name: Name) -> list[str]:
        nonlocal finder
        finder = finder or _finder(acting)
        return finder.find(name)

    return Reading(source, effect, key or "", acting.now_ms(), find)


def _source(caller: Caller, asked: str | None) -> str:
    """The `ce_source` of all facts of a request: documents of one system are not another's to change."""
    source = asked or caller.own_source
    bound = ", ".join(sorted(caller.sources or ()))
    where = {"code": "source_not_allowed", "path": "query.source"}
    if source is None:
        raise _Refused(problem(403, f"expected `source` to be one of {bound}, received none", **where))
    if not is_source(source):
        detail = f"expected a source of your own in `source`, received {source!r}"
        raise _Refused(problem(422, detail, code="header_invalid", path="query.source"))
    if not caller.may_speak_as(source):
        detail = f"expected `source` to be one that the key {caller.actor} is bound to ({bound}), received {source!r}"
        raise _Refused(problem(403, detail, **where))
    return source


def _finder(acting: Acting) -> Finder:
    """What finds accounts, brought up to date once for all the facts of a request."""
    try:
        if acting.accounts is not None:
            return acting.accounts.finder()
    except NotReadYet as unready:
        raise _Refused(problem(503, str(unready))) from unready
    raise _Refused(problem(503, "expected a process that has views, this one has none"))


def _read_all(
    request: Request, caller: Caller, items: list[Raw], paths: list[str], reading: Reading
) -> list[tuple[Message, Fact | Broadcast, str]]:
    """Every fact, or all that is wrong with any of them at once."""
    read, invalid = [], []
    for index, (item, at) in enumerate(zip(items, paths, strict=True)):
        try:
            found = read_fact(item, reading, index, len(items))
        except BodyInvalid as error:
            invalid.append(_Invalid(index, error.code, at + error.path[1:], str(error).partition(" - at `")[0]))
            continue
        except AccountNotFound as missing:
            raise _Refused(_not_found(caller, missing, at)) from missing
        _check_topic(request, caller, found[0].topic, found[1])
        read.append(found)
    if invalid:
        first = invalid[0]
        errors = msgspec.to_builtins(invalid[:100])
        detail = f"{first.message} - at `{first.path}`"
        raise _Refused(problem(422, detail, code=first.code, path=first.path, errors=errors))
    return read


def _not_found(caller: Caller, missing: AccountNotFound, at: str) -> Response:
    path = at + missing.path[1:]
    if caller.scope is not None:  # which accounts there are besides theirs is nothing to them
        return problem(404, f"expected what names one account, received what does not - at `{path}`", path=path)
    if missing.candidates:
        candidates = missing.candidates[:10]
        return problem(409, str(missing), code="account_ambiguous", path=path, account_ids=candidates)
    return problem(404, str(missing), code="account_not_found", path=path)


def _check_topic(request: Request, caller: Caller, topic: str, fact: Fact | Broadcast) -> None:
    if not caller.may_use(topic):
        raise _Refused(problem(403, f"expected a key that may send to {topic}, {caller.actor} may not"))
    refused = refuse_out_of_scope(request, caller, _account(fact))
    if refused is not None:
        raise _Refused(refused)


def _account(fact: Fact | Broadcast) -> str | None:
    return fact.account_id if isinstance(fact, Fact) else None


@router.post(
    "/checks",
    dependencies=[require("check_orders")],
    responses=ACTING_PROBLEMS
    | {
        200: {"description": "Answered by the ledger: released, referred or blocked."} | _answers("CheckAnswer"),
        202: {"description": "Not answered yet: nothing may leave."} | _answers("CheckAnswer"),
    },
    openapi_extra=_body(_one_of(_CHECKS)),
)
async def check_order(
    request: Request, caller: CurrentCaller, source: Source = None, effect: Effect = "binding", wait_ms: WaitMs = 2_000
) -> Response:
    """Place or amend an order, or ask about one before goods or an invoice leave, and wait for the answer.

    The same question again, by its own id and revision, is the same question: it gets the same answer.
    """
    acting = acting_of(request)
    try:
        reading = _reading(acting, caller, source, effect, None)
        body = await request.body()
        reading = msgspec.structs.replace(reading, key=_question_id(body))
        ((message, fact, ce_id),) = _read_all(request, caller, [Raw(body)], ["$"], reading)
        return await _ask(acting, message, fact, f"{reading.source}/{ce_id}", wait_ms / 1000)
    except _Refused as refused:
        return refused.answer
    except BodyInvalid as invalid:
        return problem(422, str(invalid), code=invalid.code, path=invalid.path)
    except NotWritten as failed:
        return problem(503, f"{failed}; ask the same again", code="not_written")


class _Question(Struct):
    type: str = ""
    check_id: str | None = None
    order_id: str = ""
    seller_id: str | None = None
    revision: int | None = None


def _question_id(body: bytes) -> str:
    """What is the same whenever the same question is asked."""
    try:
        asked = msgspec.json.decode(body, type=_Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `")
        raise BodyInvalid("field_invalid", path.rstrip("`") or "$", message) from error
    if asked.type not in _CHECKS:
        raise BodyInvalid("type_unknown", "$.type", f"expected one of {', '.join(_CHECKS)}, received {asked.type!r}")
    if asked.type == "check_requested":
        own = asked.check_id or ""
    else:
        own = f"{asked.order_id}/{asked.revision or 1}"
    return f"{asked.type}/{asked.seller_id or ''}/{own}"[:200]


async def _ask(acting: Acting, message: Message, fact: Fact | Broadcast, fact_id: str, wait_seconds: float) -> Response:
    known = await acting.known(fact_id)
    if known is None or not is_same(known, message.value):
        # What is not the same goes to the ledger too: it refuses it, and says why.
        _, known = await acting.tell(message, fact_id, wait_seconds)
    answer = _check_answer(fact_id, fact, known)
    return Response(_encode(answer), 200 if answer.released is not None else 202, media_type="application/json")


class _Told(Struct):
    type: str
    order_id: str = ""


def _check_answer(fact_id: str, fact: Any, outcome: Outcome | None) -> CheckAnswer:
    """The last answer to this order among what followed; without one nothing may leave."""
    if outcome is None:
        return CheckAnswer(outcome="pending", fact_id=fact_id, account_id=fact.account_id, order_id=fact.order_id)
    answers = [
        decision
        for decision in outcome.decisions
        for told in (msgspec.json.decode(decision, type=_Told),)
        if told.type in _ANSWERS and told.order_id == fact.order_id
    ]
    kind = msgspec.json.decode(answers[-1], type=_Told).type if answers else None
    return CheckAnswer(
        outcome="answered" if answers else "refused" if outcome.refusal else "waits" if outcome.waits_for else "silent",
        fact_id=fact_id,
        account_id=fact.account_id,
        order_id=fact.order_id,
        released=None if kind is None else kind == "order_released",
        decision=answers[-1] if answers else None,
        refusal=outcome.refusal,
        message=outcome.message,
        waits_for=outcome.waits_for,
        ledger=outcome.ledger,
    )
