"""HTTP: webhooks, what they did not take, and sending it again."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Any

import msgspec
from aiokafka.errors import KafkaError
from fastapi import APIRouter, HTTPException, Query, Request, Response
from msgspec import Meta, Struct

from api.access.caller import Caller
from api.access.gate import CurrentCaller, require
from api.acting.command_routes import PROBLEM, acting_of
from api.acting.sending import NotWritten
from api.answers.acting import DeadDeliveryPage, DeadDeliveryRow, ResentAnswer, WebhookAnswer, WebhookPage, WebhookRow
from api.problems import problem
from api.webhooks.addresses import AddressRefused
from api.webhooks.hook import DeadDelivery, Hook, Sent, dead_key, hook_key, hook_row
from api.webhooks.notifier import Notifier
from api.webhooks.signature import new_secret
from schemas.publishing import DECISION_TYPES, topic_of_decision

HOOKS_MAX = 100
_RESENT_MAX = 100
router = APIRouter(prefix="/v1/webhooks", dependencies=[require("manage_webhooks")])
_encode = msgspec.json.Encoder().encode
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    403: {"description": "The caller may not."} | PROBLEM,
    404: {"description": "There is no such webhook, or nothing such was given up."} | PROBLEM,
    409: {"description": f"There are {HOOKS_MAX} webhooks already."} | PROBLEM,
    422: {"description": "It is no webhook; `path` says where. Nothing is sent to such an address."} | PROBLEM,
    503: {"description": "The brokers do not answer."} | PROBLEM,
}


def _published_types() -> dict[str, str]:
    found = {tag: topic_of_decision(kind) for tag, kind in DECISION_TYPES.items()}
    return {tag: topic for tag, topic in found.items() if topic is not None}


_TYPES = _published_types()


class WebhookBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook to be made: where to, of which topics, and of which types of events; none is all."""

    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    topics: Annotated[tuple[Sent, ...], Meta(min_length=1, max_length=2)] = ("decisions",)
    types: Annotated[tuple[str, ...], Meta(max_length=50)] = ()


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.schema_components([WebhookBody], ref_template="#/{name}")[1]["WebhookBody"]
    schema["properties"]["types"]["items"] = {"enum": sorted(_TYPES)}
    return schema | {"example": {"url": "https://erp.example.com/obligor", "topics": ["decisions"]}}


def _answer(name: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _notifier(request: Request) -> Notifier:
    notifier = acting_of(request).notifier
    if not notifier.log.is_read:
        raise HTTPException(503, "expected the topic of webhooks to be read by now, it is not")
    return notifier


def _json(content: Struct, status: int = 200) -> Response:
    return Response(_encode(content), status, media_type="application/json")


@router.get("", responses={200: _answer("WebhookPage", "All of them."), 503: _PROBLEMS[503]})
async def list_webhooks(request: Request) -> Response:
    """List webhooks in the order in which they were made."""
    notifier = _notifier(request)
    hooks = sorted(notifier.log.known.hooks.values(), key=lambda hook: (hook.created_at_ms, hook.id))
    return _json(WebhookPage(webhooks=[_row(notifier, hook) for hook in hooks]))


def _row(notifier: Notifier, hook: Hook) -> WebhookRow:
    persistence = notifier.persistence.get(hook.id)
    return WebhookRow(
        id=hook.id,
        url=hook.url,
        topics=list(hook.topics),
        types=list(hook.types),
        created_by=hook.created_by,
        created_at_ms=hook.created_at_ms,
        given_up=len(notifier.log.known.dead.get(hook.id, ())),
        is_failing=persistence is not None and persistence.is_failing,
        last_error=None if persistence is None else persistence.last_error,
    )


@router.post(
    "",
    status_code=201,
    responses=_PROBLEMS | {201: _answer("WebhookAnswer", "It was made; its secret is told this once.")},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}},
)
async def make_webhook(request: Request, caller: CurrentCaller) -> Response:
    """Make a webhook: from now on its address is told of what is published, signed with its secret."""
    notifier = _notifier(request)
    try:
        body = msgspec.json.decode(await request.body(), type=WebhookBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message, _, path = str(error).partition(" - at `")
        return problem(422, message, code="field_invalid", path=path.rstrip("`") or "$")
    refused = _refused(caller, notifier, body)
    if refused is not None:
        return refused
    try:
        await notifier.addresses.check(body.url)
        hook = await _new_hook(notifier, body, caller.actor, acting_of(request).now_ms())
        await notifier.log.write([hook_row(hook)])
    except AddressRefused as error:
        return problem(422, str(error), code="address_refused", path="$.url")
    except (NotWritten, KafkaError) as failed:
        return problem(503, f"expected the brokers to answer, received {failed!r}", code="not_written")
    return _json(WebhookAnswer(webhook=_row(notifier, hook), secret=hook.secret), 201)


def _refused(caller: Caller, notifier: Notifier, body: WebhookBody) -> Response | None:
    if caller.scope is not None:
        detail = f"expected a caller for all accounts, {caller.actor} has some"
        return problem(403, detail, code="out_of_scope")
    for topic in body.topics:
        if not caller.may_use(topic):
            return problem(403, f"expected a key that may read {topic}, {caller.actor} may not")
    for index, kind in enumerate(body.types):
        if _TYPES.get(kind) not in body.topics:
            detail = f"expected a type of event of {', '.join(body.topics)}, received {kind[:100]!r}"
            return problem(422, detail, code="field_invalid", path=f"$.types[{index}]")
    if len(notifier.log.known.hooks) >= HOOKS_MAX:
        return problem(409, f"expected at most {HOOKS_MAX} webhooks, there are as many")
    return None


async def _new_hook(notifier: Notifier, body: WebhookBody, actor: str, now_ms: int) -> Hook:
    topics = tuple(dict.fromkeys(body.topics))
    return Hook(
        id=uuid.uuid4().hex,
        url=body.url,
        topics=topics,
        types=tuple(dict.fromkeys(body.types)),
        secret=new_secret(),
        created_by=actor,
        created_at_ms=now_ms,
        starts=await notifier.starts(topics),
    )


def _hook(notifier: Notifier, webhook_id: str) -> Hook:
    hook = notifier.log.known.hooks.get(webhook_id)
    if hook is None:
        raise HTTPException(404, f"expected the id of a webhook, received {webhook_id[:200]!r}")
    return hook


@router.delete(
    "/{webhook_id}",
    status_code=204,
    responses={name: _PROBLEMS[name] for name in (404, 503)},
    response_class=Response,
)
async def delete_webhook(request: Request, webhook_id: str) -> Response:
    """Delete a webhook with all that it did not take."""
    notifier = _notifier(request)
    hook = _hook(notifier, webhook_id)
    dead = notifier.log.known.dead.get(hook.id, {})
    try:
        await notifier.log.write([*((dead_key(hook.id, name), None) for name in dead), (hook_key(hook.id), None)])
    except NotWritten as failed:
        return problem(503, str(failed), code="not_written")
    return Response(status_code=204)


@router.get(
    "/{webhook_id}/dead-letters",
    responses={200: _answer("DeadDeliveryPage", "The oldest first."), 404: _PROBLEMS[404], 503: _PROBLEMS[503]},
)
async def list_given_up(
    request: Request, webhook_id: str, after: str = "", limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Response:
    """List what a webhook did not take, each with the last error and the event as published."""
    notifier = _notifier(request)
    found = [dead for dead in _given_up(notifier, _hook(notifier, webhook_id)) if _cursor(dead) > after]
    rows = [_dead_row(dead) for dead in found[:limit]]
    following = _cursor(found[limit - 1]) if len(found) > limit else None
    return _json(DeadDeliveryPage(dead_letters=rows, next=following, total=len(found)))


def _given_up(notifier: Notifier, hook: Hook) -> list[DeadDelivery]:
    return sorted(notifier.log.known.dead.get(hook.id, {}).values(), key=_cursor)


def _cursor(dead: DeadDelivery) -> str:
    return f"{dead.topic}-{dead.place[0]:05d}-{dead.place[1]:015d}"


def _dead_row(dead: DeadDelivery) -> DeadDeliveryRow:
    return DeadDeliveryRow(
        event_id=dead.event_id,
        topic=dead.topic,
        attempts=dead.attempts,
        error=dead.error,
        given_up_at_ms=dead.given_up_at_ms,
        event=dead.event,
    )


@router.post(
    "/{webhook_id}/resend",
    responses=_PROBLEMS | {200: _answer("ResentAnswer", "How many were taken, and what is left.")},
)
async def resend(request: Request, webhook_id: str, event_id: str | None = None) -> Response:
    """Send what a webhook did not take once more, the oldest first, up to 100 or the first that it does not take.

    With `event_id` only that one.
    """
    notifier = _notifier(request)
    hook = _hook(notifier, webhook_id)
    found = [dead for dead in _given_up(notifier, hook) if event_id in (None, dead.event_id)]
    if event_id is not None and not found:
        return problem(404, f"expected an event that was given up, received {event_id[:200]!r}")
    taken, error = 0, None
    try:
        for dead in found[:_RESENT_MAX]:
            error = await notifier.resend(hook, dead)
            if error is not None:
                break
            taken += 1
            await asyncio.sleep(0)
    except NotWritten as failed:
        return problem(503, str(failed), code="not_written")
    return _json(ResentAnswer(taken=taken, left=len(_given_up(notifier, hook)), error=error))
