"""What `obligor learn` shows: figures beside baselines, drift, and charts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table as Sheet

from projections.lateness_model import encode_model
from streams.charts import Line, line_chart
from streams.lateness_drift import Drift
from streams.lateness_measures import Figures, Measures
from streams.learning import Learner
from streams.scoreboard import ACCOUNT_RATE, CHAMPION, RECENT, ROWS, SCORECARD, WARM_UP_INVOICES

_notes = Console(stderr=True, highlight=False)
_SHOWN_MAX = 20


def print_all(learner: Learner, rejected: int, *, as_json: bool) -> None:
    """Print all figures: one JSON object for a program, or tables for people."""
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(_as_json(learner, rejected)) + b"\n")
    else:
        _print_figures(learner)


def _as_json(learner: Learner, rejected: int) -> dict[str, Any]:
    board = learner.scoreboard
    return {
        "late_after_days": learner.grace_days,
        "lessons": learner.learned,
        "rejected": rejected,
        "overall": _figures(board.overall),
        f"after_{WARM_UP_INVOICES}": _figures(board.warm),
        "by_outcome": {outcome: _figures(measures) for outcome, measures in sorted(board.by_outcome.items())},
        "by_segment": {segment: _figures(measures) for segment, measures in sorted(board.by_segment.items())},
        "calibration": board.warm[CHAMPION].bins() if CHAMPION in board.warm else (),
        "over_time": board.recent,
        "drifts": learner.drifts,
        "champion": learner.snapshots()[CHAMPION],
    }


def _figures(measures: dict[str, Measures]) -> dict[str, Figures]:
    return {name: found.figures() for name, found in sorted(measures.items())}


def _print_figures(learner: Learner) -> None:
    console, board = Console(highlight=False), learner.scoreboard
    console.print(
        f"{learner.learned:,} invoices learned; late: more than {learner.grace_days} days past due. "
        "Each was predicted when issued, before its label was known."
    )
    console.print(_sheet("all invoices", [(name, board.overall.get(name)) for name in ROWS]))
    console.print(_sheet(f"after the first {WARM_UP_INVOICES}", [(name, board.warm.get(name)) for name in ROWS]))
    for title, groups in (("by country", board.by_segment), ("by how the order was let go", board.by_outcome)):
        if len(groups) > 1:
            rows = [(name or "unknown", found.get(CHAMPION)) for name, found in sorted(groups.items())]
            console.print(_sheet(f"{CHAMPION} {title}", rows))
    if SCORECARD not in board.overall:
        console.print(f"{SCORECARD}: not measured, the invoices have no grade")
    for drift in learner.drifts[:_SHOWN_MAX]:
        console.print(f"drift {_drift_words(drift)}")
    if not learner.drifts:
        console.print("no drift of the loss or of a feature")


def write_snapshot(learner: Learner, path: Path) -> None:
    """Write the champion as it is now, as JSON."""
    path.write_bytes(encode_model(learner.snapshots()[CHAMPION]) + b"\n")


def _drift_words(drift: Drift) -> str:
    return f"of {drift.of} at lesson {drift.lesson:,}: {drift.before:.3f} before, {drift.now:.3f} now"


def _sheet(title: str, rows: Sequence[tuple[str, Measures | None]]) -> Sheet:
    sheet = Sheet(title=title, title_justify="left")
    sheet.add_column("")
    for header in ("invoices", "late", "AUC", "log-loss", "Brier", "calibration error"):
        sheet.add_column(header, justify="right")
    for name, measures in rows:
        if measures is None:
            continue
        found = measures.figures()
        numbers = (found.auc, found.log_loss, found.brier, found.calibration_error)
        sheet.add_row(name, f"{found.count:,}", f"{found.late:,}", *(_four_places(number) for number in numbers))
    return sheet


def _four_places(number: float | None) -> str:
    return "-" if number is None else f"{number:.4f}"


def draw(learner: Learner, directory: Path) -> None:
    """Write roc.svg, calibration.svg and over-time.svg: after the first invoices where there are more."""
    directory.mkdir(parents=True, exist_ok=True)
    board = learner.scoreboard
    measured = board.warm or board.overall
    roc = [Line(name, measured[name].roc()) for name in ROWS if name in measured]
    curves = [
        Line(name, [(found.mean, found.late_rate) for found in measured[name].bins()], marks=True)
        for name in (CHAMPION, ACCOUNT_RATE)
        if name in measured
    ]
    last = max((point.lesson for point in board.recent), default=1)
    over_time = [
        Line("AUC", [(point.lesson, point.auc) for point in board.recent if point.auc is not None]),
        Line("calibration error", [(point.lesson, point.calibration_error or 0.0) for point in board.recent]),
        Line("share of late ones", [(point.lesson, point.late_rate) for point in board.recent]),
    ]
    drawn = {
        "roc.svg": line_chart("ROC", roc, x_label="others above", y_label="late ones above", diagonal=True),
        "calibration.svg": line_chart("Calibration", curves, x_label="predicted", y_label="found late", diagonal=True),
        "over-time.svg": line_chart(
            f"The last {RECENT} lessons", over_time, x_label="lessons", y_label="", x_range=(0.0, float(last))
        ),
    }
    for name, text in drawn.items():
        (directory / name).write_text(text, encoding="utf-8")
