"""`obligor learn`: a table of receivables through the learner, offline."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.commands.connecting import ending_with_2
from streams.receivables import Reject, read_receivables
from streams.receivables_map import MapInvalid, load_map, shipped_maps
from streams.tables import TableUnreadable, read_table

_notes = Console(stderr=True, highlight=False)
_GRACE_DAYS_MAX = 365
_SHOWN_MAX = 20


def learn(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file with one row an invoice.")],
    map_name: Annotated[
        str, typer.Option("--map", help=f"A map file, or one that ships with Obligor: {', '.join(shipped_maps())}.")
    ],
    late_after: Annotated[
        int, typer.Option(min=0, max=_GRACE_DAYS_MAX, help="Late means more than so many days past due.")
    ] = 0,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV file; else UTF-8 or GB18030 is found out.")] = None,
    charts: Annotated[Path | None, typer.Option(help="Draw roc, calibration and over-time as SVG here.")] = None,
    snapshot: Annotated[Path | None, typer.Option(help="Write the champion's last snapshot as JSON here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")] = False,
) -> None:
    """Learn who pays late from invoices in time order, and measure it honestly; nothing is sent anywhere.

    Each invoice is predicted from what was known on its day, and learned when it is settled or late. The figures stand
    beside those of the base rate and of the account's own late rate. Rows that are not understood are left out; exit
    code 1 if there were any.

    Example: obligor learn ibm-late-payment-histories.csv --map ibm-late-payment --charts charts
    """
    # river takes a second to load, which no other command should wait for.
    from streams.commands import learn_report
    from streams.lateness_history import require_known_at_issue

    with ending_with_2(MapInvalid, TableUnreadable, OSError):
        rules = load_map(map_name)
        require_known_at_issue(rules)
        table = read_table(
            file, encoding=encoding, delimiter=rules.delimiter, sheet=rules.sheet, header_line=rules.header_line
        )
        found = read_receivables(table, rules, latest=date.today())
        learner = learn_report.learned(found, late_after, quiet=as_json)
        if charts is not None:
            learn_report.draw(learner, charts)
        if snapshot is not None:
            learn_report.write_snapshot(learner, snapshot)
    if as_json:
        learn_report.print_json(learner, found, late_after)
    else:
        learn_report.print_figures(learner, late_after)
    _report_rejects(found.rejects)
    if found.rejects:
        raise typer.Exit(1)


def _report_rejects(rejects: list[Reject]) -> None:
    for reject in rejects[:_SHOWN_MAX]:
        _notes.print(f"line {reject.line}: {reject.reason}")
    if rejects:
        _notes.print(f"{len(rejects):,} rows left out")
