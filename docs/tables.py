"""Writes the tables of the documentation that follow from the code: `python docs/tables.py`.

A table stands between `<!-- table: name -->` and `<!-- end of table -->`; a test checks that all are current.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import fields

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from api.access.permissions import COMMANDS, roles_with  # noqa: E402
from api.acting.catalogue import MATTERS, fields_of  # noqa: E402
from api.app import create_app  # noqa: E402
from api.live import Live  # noqa: E402
from api.reader import Topics  # noqa: E402
from projections.financials import ITEMS, RATIOS  # noqa: E402
from projections.score_factors import unit_of  # noqa: E402
from schemas.asyncapi import asyncapi_document  # noqa: E402
from schemas.codec import FACT_TYPES, TOPIC_OF_TYPE  # noqa: E402
from schemas.facts import FACTS_BY_TOPIC, Broadcast, Fact  # noqa: E402
from schemas.policy import default_policy  # noqa: E402
from schemas.policy_scorecard import ASSESSMENT, RATIO_FACTORS  # noqa: E402
from schemas.publishing import DECISION_TYPES, examples, topic_of_decision  # noqa: E402
from streams.acls import PARTS  # noqa: E402
from streams.settings import Settings  # noqa: E402
from streams.topics import desired_topics, short_name  # noqa: E402

PACKAGES = ("schemas", "projections", "streams", "api")
_COMMON = ("account_id", "actor", "reason")
_OF_EVERY_MONEY_FACT = ("customer_id", "segment", "document_no", "tax_minor", "salesperson_id")


def facts_of(topic: str) -> list[str]:
    """Return the table of the facts that a source topic carries."""
    rows = []
    for tag, kind in FACT_TYPES.items():
        if TOPIC_OF_TYPE[tag] != topic:
            continue
        own = [field for field in fields(kind) if not (field.name in _COMMON and field.required)]
        required = [field.encode_name for field in own if field.required]
        optional = [
            field.encode_name
            for field in own
            if not field.required and (field.name not in _OF_EVERY_MONEY_FACT or topic == "desk")
        ]
        meaning = _one_line(kind.__doc__) + ("" if kind.acted_on else " *Kept, not acted on yet.*")
        rows.append([f"`{tag}`", meaning, _codes(required), _codes(optional), _identity(kind)])
    return _table(("fact", "meaning", "required", "optional", "told apart by"), rows)


def _identity(kind: type[Fact] | type[Broadcast]) -> str:
    if issubclass(kind, Broadcast):
        return "its place"
    if kind.document is not None:
        return f"`{kind.document[1]}`"
    return "`ce_id`, or `order_id` with `revision`" if "revision" in kind.__struct_fields__ else "`ce_id`"


def commands() -> list[str]:
    """Return the table of what people tell over HTTP, who may, and what must not have moved on."""
    rows = []
    for tag, permission in COMMANDS.items():
        named = fields_of(tag)
        own = [field for field in fields(FACT_TYPES[tag]) if field.name in named]
        required = [field.encode_name for field in own if field.required]
        optional = [field.encode_name for field in own if not field.required]
        matters, subject = MATTERS.get(tag, ((), None))
        since = _codes(matters) + (f" of the same `{subject}`" if subject else "")
        roles = ", ".join(sorted(roles_with(permission)))
        rows.append([f"`{tag}`", roles, _codes(required), _codes(optional), since])
    return _table(("command", "roles", "required", "optional", "doubtful after"), rows)


def decisions() -> list[str]:
    """Return the table of decisions."""
    rows = []
    for tag, kind in DECISION_TYPES.items():
        own = [field.encode_name + ("" if field.required else "?") for field in fields(kind)]
        rows.append(
            [f"`{tag}`", topic_of_decision(kind) or "stays in the ledger", _one_line(kind.__doc__), _codes(own)]
        )
    return _table(("decision", "topic", "meaning", "fields (? may be missing)"), rows)


def headers(name: str) -> list[str]:
    """Return the table of the headers of a kind of message."""
    schema = asyncapi_document({})["components"]["schemas"][name]
    rows = [
        [f"`{header}`", "yes" if header in schema.get("required", ()) else "no", found["description"]]
        for header, found in schema["properties"].items()
    ]
    return _table(("header", "required", "meaning"), rows)


def topics() -> list[str]:
    """Return the table of topics."""
    channels = asyncapi_document({})["channels"]
    rows = []
    for one in desired_topics(Settings(topic_prefix="credit", partitions=12)):
        name = short_name(one.name)
        kept = "latest of each key" if one.config["cleanup.policy"] == "compact" else "for ever"
        stamped = "by the producer" if one.config["message.timestamp.type"] == "CreateTime" else "by the broker"
        rows.append([f"`{one.name}`", str(one.partitions), kept, stamped, channels[name]["description"]])
    return _table(("topic", "partitions", "kept", "timestamp", "what it carries"), rows)


def files_of(package: str) -> list[str]:
    """Return the table of a package's files and what each is for."""
    rows = []
    for path in sorted((DOCS.parent / package).rglob("*.py")):
        meaning = _one_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))))
        if meaning and path.name != "__init__.py":
            rows.append([f"`{path.relative_to(DOCS.parent).as_posix()}`", meaning])
    return _table(("file", "what it is for"), rows)


def example(kind: str, name: str) -> list[str]:
    """Return an example of a message, as it is in its published schema."""
    return ["```json", json.dumps(examples()[kind][name], indent=1, ensure_ascii=False), "```"]


def financial_items() -> list[str]:
    """Return the table of the items of financial statements that are read."""
    return _table(("item", "meaning"), [[f"`{name}`", meaning] for name, meaning in ITEMS.items()])


def financial_ratios() -> list[str]:
    """Return the table of the ratios that are made of them."""
    rows = []
    for one in RATIOS:
        quotient = f"{_summed(one.above)} / {_summed(one.below)}" + (" x 365" if one.unit == "days" else "")
        better = "less" if one.lower_is_better else "more"
        rows.append([f"`{one.name}`", quotient, "basis points" if one.unit == "bp" else "days", better])
    return _table(("ratio", "of", "unit", "better"), rows)


_FACTOR_MEANINGS = {
    "payment_index": "as trade bureaus reckon it: each payment by its days beyond terms, the mean by value",
    "days_beyond_terms": "days paid late on average by value: lately or over a year, whichever is worse",
    "payment_drift": "by how many days it pays later lately than over the year",
    "overdue_share": "overdue of open invoices, disputed ones left out",
    "disputed_share": "disputed of open invoices",
    "bureau_score": "all bureaus as one score from 0 to 1000, as `[bureau]` says",
    "references": "mean points of trade and bank references that are valid",
    "reputation": "mean points of what is said of it otherwise",
    "altman_z": "Altman's Z'' of the newest statements, whatever the trade",
    "industry": "its industry, by name",
    "revenue": "revenue of a year in the policy's currency",
    "employees": "how many people it employs",
    "years_of_relationship": "full years since `relationship_since_on`, else since it was opened",
}
_UNIT_WORDS = {
    "bp": "basis points",
    "times_bp": "basis points",
    "thousandths": "thousandths",
    "minor": "minor units",
    "of_100": "0 to 100",
    "of_1000": "0 to 1000",
}


def score_factors() -> list[str]:
    """Return the table of the factors that a scorecard may count; ratios in one row."""
    weights = {factor.factor: factor for factor in default_policy().scorecard.factors}
    rows = []
    for name, meaning in _FACTOR_MEANINGS.items():
        factor = weights[name]
        rows.append([f"`{name}`", meaning, _unit_in_words(name), str(factor.weight), str(factor.valid_days or "")])
    ratios = [factor.weight for name, factor in weights.items() if name in RATIO_FACTORS]
    meaning = (
        "any [ratio](dossier.md#financial-statements) of the newest statements, its change since the period before "
    )
    meaning += "(`equity_ratio_trend`), how far it is above what is usual in the industry (`equity_ratio_to_peers`)"
    rows.append(["`equity_ratio` and the like", meaning, "basis points, days", str(sum(ratios)), "730"])
    assessed = [factor.weight for name, factor in weights.items() if name.startswith(ASSESSMENT)]
    meaning = "the rating that a person gave a subject with `assessment_recorded`"
    rows.append([f"`{ASSESSMENT}site_visit` and the like", meaning, "as rated", str(sum(assessed)), "365 or 730"])
    return _table(("factor", "what it is", "in", "points by default", "valid for days"), rows)


def _unit_in_words(name: str) -> str:
    unit = unit_of(name)
    return _UNIT_WORDS.get(unit, unit)


def _summed(names: Iterable[tuple[int, str]]) -> str:
    words = [("" if sign > 0 else "- ") + name.removesuffix("_minor").replace("_", " ") for sign, name in names]
    return words[0] if len(words) == 1 else f"({' '.join(words)})"


def reads() -> list[str]:
    """Return the table of the routes that are read from views."""
    rows = []
    for path, read in _reads().items():
        listed = _codes(one["name"] for one in read.get("parameters", ()) if one["in"] == "query")
        rows.append([f"`GET {path}`", _one_line(read["description"]), listed])
    return _table(("route", "what it answers", "parameters"), rows)


def examples_of_reads() -> list[str]:
    """Return an example of each answer."""
    lines = []
    for path, read in _reads().items():
        content = read["responses"]["200"]["content"]["application/json"]
        name = content["schema"]["$ref"].rpartition("/")[2]
        lines += [f"### {path}", "", f"{read['responses']['200']['description']}", "", f"Type `{name}`:", ""]
        lines += ["```json", json.dumps(content["example"], indent=1, ensure_ascii=False), "```", ""]
    return lines[:-1]


def _reads() -> dict[str, Any]:
    document = create_app(Live(Topics({}, "credit")), "127.0.0.1").openapi()
    found = {path: operations["get"] for path, operations in document["paths"].items() if "get" in operations}
    answered = {path: read["responses"]["200"].get("content", {}) for path, read in found.items()}
    return {path: found[path] for path, content in answered.items() if "example" in content.get("application/json", {})}


def acls() -> list[str]:
    """Return the table of who may write and read which topic."""
    rows = [[f"`{name}`", part.meaning, _codes(part.writes), _codes(part.reads)] for name, part in PARTS.items()]
    return _table(("part", "what it does", "writes", "reads"), rows)


TABLES: dict[str, Callable[[], list[str]]] = {
    **{f"facts {topic}": partial(facts_of, topic) for topic in FACTS_BY_TOPIC},
    "commands": commands,
    "reads": reads,
    "examples of reads": examples_of_reads,
    "decisions": decisions,
    "headers of facts": partial(headers, "fact_headers"),
    "headers of outputs": partial(headers, "output_headers"),
    "headers of dead letters": partial(headers, "dead_letter"),
    "topics": topics,
    "acls": acls,
    "financial items": financial_items,
    "financial ratios": financial_ratios,
    "score factors": score_factors,
    "example order_placed": partial(example, "facts", "order_placed"),
    "example order_referred": partial(example, "published", "order_referred"),
    **{f"files {package}": partial(files_of, package) for package in PACKAGES},
}


def renewed(text: str) -> str:
    """Return a page with each of its tables made anew."""
    pattern = r"(<!-- table: (.+?) -->\n).*?(<!-- end of table -->)"
    return re.sub(pattern, lambda found: found[1] + "\n".join(TABLES[found[2]]()) + "\n" + found[3], text, flags=re.S)


def pages() -> list[Path]:
    """Return the pages that have tables."""
    return [page for page in sorted(DOCS.rglob("*.md")) if "<!-- table: " in page.read_text(encoding="utf-8")]


def _one_line(docstring: str | None) -> str:
    first = inspect.cleandoc(docstring or "").split("\n\n")[0]
    return " ".join(first.split())


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    for page in pages():
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
