"""The published schemas are current, and say of a message what the codec says of it."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE, Unreadable, decode_fact
from schemas.policy import default_policy
from schemas.publishing import DECISION_TYPES, DIRECTORY, documents, examples
from streams.settings import Settings
from streams.simulator import Market
from streams.topics import NAMES, desired_topics, topic_config
from tests.driving import Drive

ROOT = Path(__file__).parents[2]
_FILES = documents()

_ASYNCAPI_SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {"additionalProperties": {"type": "object", "required": ["host", "protocol"]}},
        "channels": {"minProperties": 1, "additionalProperties": {"$ref": "#/$defs/channel"}},
        "operations": {"additionalProperties": {"$ref": "#/$defs/operation"}},
        "components": {"properties": {"messages": {"additionalProperties": {"$ref": "#/$defs/message"}}}},
    },
    "propertyNames": {
        "enum": ["asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"],
    },
    "$defs": {
        "reference": {
            "type": "object",
            "required": ["$ref"],
            "additionalProperties": False,
            "properties": {"$ref": {}},
        },
        "channel": {
            "type": "object",
            "required": ["address", "messages", "bindings"],
            "additionalProperties": False,
            "properties": {
                "address": {"type": "string"},
                "description": {"type": "string"},
                "parameters": {"type": "object"},
                "messages": {"additionalProperties": {"$ref": "#/$defs/reference"}},
                "bindings": {"required": ["kafka"], "properties": {"kafka": {"required": ["bindingVersion"]}}},
            },
        },
        "operation": {
            "type": "object",
            "required": ["action", "channel"],
            "additionalProperties": False,
            "properties": {
                "action": {"enum": ["send", "receive"]},
                "channel": {"$ref": "#/$defs/reference"},
                "summary": {"type": "string"},
            },
        },
        "message": {
            "type": "object",
            "required": ["name", "summary", "bindings"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "summary": {"type": "string", "minLength": 5},
                "contentType": {"type": "string"},
                "headers": {"$ref": "#/$defs/reference"},
                "payload": {"required": ["schemaFormat", "schema"]},
                "bindings": {"required": ["kafka"], "properties": {"kafka": {"required": ["key", "bindingVersion"]}}},
            },
        },
    },
}

# Every field that the contract names, by topic.
_CONTRACT_EXAMPLES = [
    json.loads(line) for line in (Path(__file__).parent / "contract_examples.jsonl").read_text("utf-8").splitlines()
]


def _validator(path: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(_FILES[path]), format_checker=Draft202012Validator.FORMAT_CHECKER)


_OF_FACT = {tag: _validator(f"facts/{tag}.json") for tag in FACT_TYPES}


def _is_readable(fact: Any) -> bool:
    return not isinstance(decode_fact(TOPIC_OF_TYPE[fact["type"]], json.dumps(fact).encode()), Unreadable)


def test_what_is_published_is_current() -> None:
    on_disk = {path.relative_to(DIRECTORY).as_posix(): path.read_bytes() for path in DIRECTORY.rglob("*.json")}
    assert on_disk == _FILES, "run python -m schemas.publishing"


def test_generating_again_gives_the_same_bytes() -> None:
    assert documents() == _FILES


def test_published_files_are_package_data() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["schemas"]
    packed = {path for pattern in patterns for path in (ROOT / "schemas").glob(pattern)}
    assert {DIRECTORY / name for name in _FILES} | {ROOT / "schemas/examples.json"} <= packed


@pytest.mark.parametrize("path", [path for path in _FILES if path != "asyncapi.json"])
def test_each_schema_is_a_schema_with_valid_examples(path: str) -> None:
    schema = json.loads(_FILES[path])
    Draft202012Validator.check_schema(schema)
    assert schema["description"], "what it means is said"
    for example in schema.get("examples", []):
        _validator(path).validate(example)


@pytest.mark.parametrize("tag", FACT_TYPES)
def test_the_example_of_each_fact_is_a_fact(tag: str) -> None:
    assert _is_readable(examples()["facts"][tag])


@pytest.mark.parametrize("example", _CONTRACT_EXAMPLES, ids=lambda example: str(example["fact"]["type"]))
def test_the_examples_of_the_contract_are_facts(example: dict[str, Any]) -> None:
    fact = example["fact"]
    decoded = decode_fact(example["topic"], json.dumps(fact).encode())
    assert not isinstance(decoded, Unreadable), decoded
    _OF_FACT[fact["type"]].validate(fact)


@pytest.mark.parametrize("tag", FACT_TYPES)
def test_each_required_field_is_required_by_schema_and_codec(tag: str) -> None:
    for name in json.loads(_FILES[f"facts/{tag}.json"])["required"]:
        without = {key: value for key, value in examples()["facts"][tag].items() if key != name}
        assert not _OF_FACT[tag].is_valid(without), name
        assert isinstance(decode_fact(TOPIC_OF_TYPE[tag], json.dumps(without).encode()), Unreadable), name


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([at] if at else []), *(place for key, child in children for place in _places(child, (*at, key)))]


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**15 + 1),
    st.text(max_size=6),
    st.sampled_from(["EUR", "XXX", "eur", "2026-02-29", "2028-02-29", "x" * 201, "A\u0001", "1.5", "0", "", [], {}]),
)


@settings(max_examples=400)
@given(st.data())
def test_schema_and_codec_agree_on_a_changed_fact(data: st.DataObject) -> None:
    tag = data.draw(st.sampled_from(sorted(FACT_TYPES)))
    fact = copy.deepcopy(examples()["facts"][tag])
    # Within a policy and a model another reader than the codec decides.
    place = data.draw(
        st.sampled_from([place for place in _places(fact) if place[0] not in ("type", "policy", "model")])
    )
    target = fact
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = data.draw(_VALUES)
    if isinstance(target[place[-1]], str) and target[place[-1]].endswith("\n"):
        return  # Python's `$` also matches before a last newline; that of JSON Schema does not
    assert _OF_FACT[tag].is_valid(fact) == _is_readable(fact), list(_OF_FACT[tag].iter_errors(fact))


def test_what_the_core_publishes_is_as_the_schemas_say() -> None:
    drive = Drive(2)
    for messages in Market(5, 12).days(40):
        drive.say(messages)
    seen = set()
    for name, path in (("decisions", None), ("alerts", None), ("exposures", "exposure"), ("ledger", "ledger_record")):
        for records in drive.log[name].values():
            for record in records[:400]:
                message = json.loads(record.value or b"")
                found = path or f"decisions/{message['type']}"
                seen.add(found)
                _PUBLISHED[found].validate(message)
    assert {"exposure", "ledger_record", "decisions/order_released", "decisions/alert_raised"} <= seen


_PUBLISHED = {
    name: _validator(f"{name}.json")
    for name in ("exposure", "ledger_record", *(f"decisions/{tag}" for tag in DECISION_TYPES))
}


def test_the_default_policy_is_as_its_schema_says() -> None:
    _validator("policy.json").validate(examples()["facts"]["policy_adopted"]["policy"])
    changed = examples()["facts"]["policy_adopted"]["policy"] | {"colour": "red"}
    assert not _validator("policy.json").is_valid(changed)
    assert default_policy().name == examples()["facts"]["policy_adopted"]["policy"]["name"]


_ASYNCAPI = json.loads(_FILES["asyncapi.json"])


def test_asyncapi_has_its_shape() -> None:
    Draft202012Validator(_ASYNCAPI_SHAPE).validate(_ASYNCAPI)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for child in value.values() for found in _references(child)]
    return [found for child in value for found in _references(child)] if isinstance(value, list) else []


def test_every_reference_of_asyncapi_resolves() -> None:
    for reference in _references(_ASYNCAPI):
        if reference.startswith("./"):
            assert reference[2:] in _FILES, reference
            continue
        found = _ASYNCAPI
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_asyncapi_has_every_topic_as_it_is_created() -> None:
    desired = dict(zip(NAMES, desired_topics(Settings()), strict=True))
    assert set(_ASYNCAPI["channels"]) == set(NAMES)
    for name, channel in _ASYNCAPI["channels"].items():
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == desired[name].partitions, name
        assert kafka["topic"] == desired[name].name == channel["address"].replace("{prefix}", "credit")
        config = topic_config(name, 1)
        said = kafka["topicConfiguration"]
        assert said["cleanup.policy"] == [config["cleanup.policy"]], name
        assert {key: str(said[key]) for key in ("retention.ms", "max.message.bytes")}.items() <= config.items(), name


def test_asyncapi_has_every_message_where_it_travels() -> None:
    carried = {name: set(channel["messages"]) for name, channel in _ASYNCAPI["channels"].items()}
    for tag, topic in TOPIC_OF_TYPE.items():
        assert tag in carried[topic]
    assert len(set().union(*carried.values())) == sum(len(found) for found in carried.values())
    assert {
        tag for tag in DECISION_TYPES if tag in carried["decisions"] | carried["alerts"] | carried["labels"]
    } == set(examples()["published"]) - {"exposure"}
