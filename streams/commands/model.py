"""`obligor model`: what the learner has published, how good it is, and putting one in force."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.commands.adopting import (
    REFUSED,
    is_same_person,
    stop_if_not_everywhere,
    stop_if_refused,
    stop_unless_agreed,
    where_in_force,
)
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.policies import put_in_force
from streams.reading import TopicMissing

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
ModelArgument = Annotated[str, typer.Argument(help="Id of a snapshot, as `obligor model list` shows it.")]
_MEASURES = ("auc", "log_loss", "brier", "calibration_error")
_out, _notes = Console(highlight=False), Console(stderr=True, highlight=False)

model = typer.Typer(help="Snapshots of the models of late payment: list, show and adopt.", no_args_is_help=True)


@model.command("list")
def list_models(as_json: JsonOption = False, brokers: BrokersOption = None, data: DataOption = None) -> None:
    """List the published snapshots, the newest last, with figures of predictions made before the label was known.

    Orders that a person let go over a stop, or in order to learn, are told apart: elsewhere a model that keeps
    customers from buying could prove itself right. Exit code 1 if a snapshot is refused.

    Example: obligor model list
    """
    from projections.lateness_model import ModelRefused
    from streams.models import model_in_force, published_models

    with ending_with_2(TopicMissing):
        settings = connected_settings(brokers, data)
        found, in_force = published_models(settings), model_in_force(settings)
    if as_json:
        _write({"in_force": in_force, "models": [{"key": one.key, "found": one.found} for one in found]})
    else:
        _out.print(_sheet(found, in_force))
        _out.print(f"in force: {in_force or 'none; the scorecard alone decides'}")
    if any(isinstance(one.found, ModelRefused) for one in found):
        raise typer.Exit(REFUSED)


def _sheet(found: list[Any], in_force: str | None) -> Table:
    from streams.snapshots import Snapshot

    sheet = Table("model", "day", "why", *(name.replace("_", " ") for name in _MEASURES), "let go over a stop")
    for one in found:
        if not isinstance(one.found, Snapshot):
            sheet.add_row(Text(one.key), "", Text(f"refused: {one.found.code}", "red"))
            continue
        snapshot = one.found
        name = snapshot.model.name
        figures = snapshot.warm.get(name) or snapshot.overall.get(name)
        probing = snapshot.probing.get(name)
        told = "-" if probing is None else f"{probing.count:,}: AUC {_four(probing.auc)}, {_four(probing.log_loss)}"
        marked = f"{one.key} *" if one.key == in_force else one.key
        numbers = [_four(getattr(figures, measure, None)) for measure in _MEASURES]
        sheet.add_row(Text(marked), snapshot.on, snapshot.because, *numbers, told)
    return sheet


def _four(number: float | None) -> str:
    return "-" if number is None else f"{number:.4f}"


@model.command()
def show(
    model_id: ModelArgument, as_json: JsonOption = False, brokers: BrokersOption = None, data: DataOption = None
) -> None:
    """Show a snapshot: its weights, where in the lessons it stands, and its figures beside the baselines.

    Example: obligor model show champion-1200
    """
    from streams.models import ModelMissing, model_named

    with ending_with_2(TopicMissing, ModelMissing):
        snapshot = model_named(connected_settings(brokers, data), model_id)
    if as_json:
        _write(snapshot)
        return
    made = f"after {snapshot.model.learned:,} invoices, lesson {snapshot.lessons:,}, day {snapshot.on}"
    _out.print(f"{snapshot.model_id}: {made}; late: more than {snapshot.model.grace_days} days past due")
    for title, figures in (
        ("all invoices", snapshot.overall),
        ("after the first 500", snapshot.warm),
        ("orders let go over a stop or in order to learn", snapshot.probing),
        ("this model by how the order was let go", snapshot.by_outcome),
        ("this model by country", snapshot.by_segment),
    ):
        if figures:
            _out.print(_figures(title, figures))
    weights = Table("feature", "weight", "mean", "deviation", title="weights", title_justify="left")
    found = snapshot.model
    for name, weight, mean, variance in zip(found.features, found.weights, found.means, found.variances, strict=True):
        weights.add_row(name, f"{weight:+.4f}", f"{mean:.4f}", f"{variance**0.5:.4f}")
    _out.print(weights)


def _figures(title: str, figures: dict[str, Any]) -> Table:
    sheet = Table("", "invoices", "late", *(name.replace("_", " ") for name in _MEASURES), title=title)
    sheet.title_justify = "left"
    for name, found in figures.items():
        numbers = [_four(getattr(found, measure)) for measure in _MEASURES]
        sheet.add_row(name or "unknown", f"{found.count:,}", f"{found.late:,}", *numbers)
    return sheet


@model.command()
def adopt(
    model_id: ModelArgument,
    actor: Annotated[str, typer.Option(help="Who decides it, for the ledger.")],
    approved_by: Annotated[str, typer.Option(help="Who agreed: another person.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until every partition has it.")] = 60.0,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Put a snapshot in force, or `none`: from then on it predicts every invoice that is issued.

    It is carried whole in the fact that adopts it, so the ledger alone tells which model scored what. A second person
    has to agree. Exit code 1 if it was refused, 2 if it was not adopted, or not everywhere in time.

    Example: obligor model adopt champion-1200 --actor j.doe --approved-by m.keller --reason "minutes of 3 March"
    """
    from streams.models import NO_MODEL, ModelMissing, adoption, model_named

    if is_same_person(actor, approved_by):
        _notes.print("expected a second person in --approved-by, received the same", style="red")
        raise typer.Exit(REFUSED)
    with ending_with_2(TopicMissing, ModelMissing, msgspec.ValidationError):
        settings = connected_settings(brokers, data)
        snapshot = None if model_id == NO_MODEL else model_named(settings, model_id)
        now_ms = time.time_ns() // 1_000_000
        adopting = adoption(snapshot, actor=actor, approved_by=approved_by, reason=reason, now_ms=now_ms)
        if not yes:
            stop_unless_agreed(model_id)
        became = put_in_force(settings, adopting, wait, lambda *_: None)
    stop_if_refused(became)
    _out.print(f"{model_id} {where_in_force(became)}")
    stop_if_not_everywhere(became)


def _write(told: Any) -> None:
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
