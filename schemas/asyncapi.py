"""The AsyncAPI 3.0 document: every topic, what it carries, its key, headers and Kafka settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE
from schemas.envelope import EFFECTS, HEADER_MAX
from schemas.facts import FACTS_BY_TOPIC
from schemas.publication import PLACE_HEADER

Part = dict[str, Any]

PARTITIONS = 12
"""How many partitions the topics have if a deployment does not choose otherwise."""
_MESSAGE_BYTES = 4 * 1024 * 1024
_LARGE_MESSAGE_BYTES = 8 * 1024 * 1024
_BINDING_VERSION = "0.5.0"
_MEANINGS = {
    "dossiers": "Facts about who an account is.",
    "orders": "Facts about orders and deliveries.",
    "invoices": "Facts about invoices, credit notes and disputes.",
    "payments": "Facts about money that came or went.",
    "bureau": "Facts from credit bureaus.",
    "desk": "What people decided.",
    "control": "Facts for all accounts: written to partition 0, copied to the others by Obligor.",
    "ledger": "Every fact in its accepted order with what followed from it: a chain of hashes in each partition.",
    "decisions": "What order systems act on.",
    "alerts": "What the desk watches.",
    "exposures": "The latest exposure of each account; compacted.",
    "deadletters": "Records that were refused: bytes and key as they were received, the reason in the headers.",
    "labels": "What was known of paying when an invoice was issued, and whether it was late: for the learner.",
    "lessons": "What the learner has learned, in order: a chain of hashes from which every model follows.",
    "models": "Snapshots of the models with their figures, none deleted; compacted by their id.",
    "checkpoints": "Kept for announcing checkpoints; nothing is written yet.",
    "webhooks": "Webhooks with their secrets, and what they did not take: for api processes alone. Compacted.",
}
_SINGLE = ("lessons", "models", "checkpoints", "webhooks")
_COMPACTED = ("exposures", "models", "webhooks")
_LARGE = ("ledger", "deadletters")


def asyncapi_document(published_decisions: Mapping[str, tuple[str, str]]) -> Part:
    """Return the document.

    Args:
        published_decisions: the output topic and the meaning of each type of decision that is published.
    """
    messages = _messages(published_decisions)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Obligor",
            "version": "1.0.0",
            "description": "Facts in, decisions and alerts out. Every topic of a deployment is `<prefix>.<name>.v1`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "embedded": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "The broker that `obligor up` starts; a deployment names its own.",
            }
        },
        "channels": {name: _channel(name, messages[name]) for name in _MEANINGS},
        "operations": {_operation_id(name): _operation(name) for name in _MEANINGS if messages[name]},
        "components": {
            "messages": {message["name"]: message for found in messages.values() for message in found},
            "schemas": {"fact_headers": _FACT_HEADERS, "output_headers": _OUTPUT_HEADERS, "dead_letter": _DEAD_LETTER},
        },
    }


def _messages(published_decisions: Mapping[str, tuple[str, str]]) -> dict[str, list[Part]]:
    messages: dict[str, list[Part]] = {name: [] for name in _MEANINGS}
    for tag, kind in FACT_TYPES.items():
        name = TOPIC_OF_TYPE[tag]
        key = "none: what it says is for all accounts" if name == "control" else "account_id"
        messages[name].append(_message(tag, kind.__doc__ or tag, f"facts/{tag}.json", "fact_headers", key))
    for tag, (topic, meaning) in published_decisions.items():
        messages[topic].append(_message(tag, meaning, f"decisions/{tag}.json", "output_headers"))
    exposure = _message("exposure_changed", "An account's exposure is now this.", "exposure.json", "output_headers")
    messages["exposures"].append(exposure)
    record = _message("ledger_record", "A fact and what followed from it.", "ledger_record.json", None)
    messages["ledger"].append(record)
    messages["deadletters"].append(_message("dead_letter", "A record that was refused.", None, "dead_letter"))
    return messages


def _message(name: str, summary: str, schema: str | None, headers: str | None, key: str = "account_id") -> Part:
    message: Part = {"name": name, "summary": summary.strip().splitlines()[0]}
    if headers is not None:
        message["headers"] = {"$ref": f"#/components/schemas/{headers}"}
    if schema is None:
        message["contentType"] = "application/octet-stream"
    else:
        message["payload"] = {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema}"},
        }
    message["bindings"] = {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": _BINDING_VERSION}}
    return message


def _channel(name: str, messages: list[Part]) -> Part:
    return {
        "address": f"{{prefix}}.{name}.v1",
        "description": _MEANINGS[name],
        "parameters": {"prefix": {"default": "credit", "description": "setting OBLIGOR_TOPIC_PREFIX"}},
        "messages": {found["name"]: {"$ref": f"#/components/messages/{found['name']}"} for found in messages},
        "bindings": {
            "kafka": {
                "topic": f"credit.{name}.v1",
                "partitions": 1 if name in _SINGLE else PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if name in _COMPACTED else "delete"],
                    "retention.ms": -1,
                    "max.message.bytes": _LARGE_MESSAGE_BYTES if name in _LARGE else _MESSAGE_BYTES,
                },
                "bindingVersion": _BINDING_VERSION,
            }
        },
    }


def _operation_id(name: str) -> str:
    return f"take_{name}" if name in FACTS_BY_TOPIC else f"publish_{name}"


def _operation(name: str) -> Part:
    return {
        "action": "receive" if name in FACTS_BY_TOPIC else "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": f"Obligor {'takes' if name in FACTS_BY_TOPIC else 'publishes'} {name}.",
    }


def _text(description: str, **more: Any) -> Part:
    return {"type": "string", "description": description, **more}


_FACT_HEADERS: Part = {
    "type": "object",
    "description": "UTF-8 text without control characters; headers other than these are ignored.",
    "properties": {
        "ce_specversion": _text("CloudEvents version", const="1.0"),
        "ce_source": _text("the system that says it; documents are told apart by it", maxLength=HEADER_MAX),
        "ce_id": _text("unique within ce_source; needed where a fact has no natural key", maxLength=HEADER_MAX),
        "ce_type": _text("the fact's type, for other readers; Obligor reads the value's `type`"),
        "ce_time": _text("for other readers; Obligor's time is the record timestamp"),
        "ce_correlationid": _text("what this belongs to", maxLength=HEADER_MAX),
        "ce_causationid": _text("what caused this", maxLength=HEADER_MAX),
        "effect": _text("how it is meant", enum=list(EFFECTS), default="binding"),
        "redrives": _text("the id topic/partition/offset of the dead letter that this record mends"),
        "control_no": _text("set by Obligor on copies of broadcasts", pattern="^[0-9]+$"),
        "obligor_signature": _text("on `desk` and `control`: the key's name and what it signed", maxLength=HEADER_MAX),
    },
}
_OUTPUT_HEADERS: Part = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", PLACE_HEADER],
    "properties": {
        "ce_specversion": _text("CloudEvents version", const="1.0"),
        "ce_id": _text("the same in every repetition: drop what you have seen"),
        "ce_type": _text("the message's type"),
        "ce_source": _text("who says it", const="obligor"),
        PLACE_HEADER: _text(
            "epoch/partition/seq/n: in an output partition (epoch, seq, n) only rises; ignore what is not above",
            pattern="^[0-9]+/[0-9]+/[0-9]+/[0-9]+$",
        ),
    },
}
_DEAD_LETTER: Part = {
    "type": "object",
    "description": "The headers of the refused record, and these.",
    "required": ["obligor_dead_letter", "obligor_code", "obligor_path", "obligor_message", "obligor_at_ms"],
    "properties": {
        "obligor_dead_letter": _text("its id: topic/partition/offset of the refused record"),
        "obligor_code": _text("why it was refused"),
        "obligor_path": _text("where in the value, key or headers"),
        "obligor_message": _text("what was expected and what was received"),
        "obligor_at_ms": _text("the refused record's timestamp", pattern="^-?[0-9]+$"),
        "obligor_core": _text("version of the rules that refused it"),
        PLACE_HEADER: _OUTPUT_HEADERS["properties"][PLACE_HEADER],
    },
}
