"""`obligor learn`: a table, the ledgers of a running system, or a simulated market through the learner, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.reading import TopicMissing
from streams.receivables import Reject
from streams.receivables_map import MapInvalid, shipped_maps
from streams.tables import TableUnreadable

_notes = Console(stderr=True, highlight=False)
_GRACE_DAYS_MAX = 365
_SHOWN_MAX = 20


FileArgument = Annotated[Path | None, typer.Argument(help="A CSV or XLSX file with one row an invoice.")]
MapOption = Annotated[
    str, typer.Option("--map", help=f"A map file, or one that ships with Obligor: {', '.join(shipped_maps())}.")
]
RunningOption = Annotated[bool, typer.Option("--running", help="Learn the ledgers of a running system.")]
SimulateOption = Annotated[int, typer.Option(min=0, help="Learn so many days of a simulated market.")]
AccountsOption = Annotated[int, typer.Option(min=1, help="With --simulate: how many accounts.")]
SeedOption = Annotated[int, typer.Option(help="With --simulate: the same seed is the same market.")]
WorseOption = Annotated[
    int, typer.Option(min=0, help="With --simulate: after so many days everybody pays ten days later; 0: never.")
]
LateOption = Annotated[
    int, typer.Option(min=0, max=_GRACE_DAYS_MAX, help="Late means more than so many days past due.")
]
EncodingOption = Annotated[str | None, typer.Option(help="Of a CSV file; else UTF-8 or GB18030 is found out.")]
ChartsOption = Annotated[Path | None, typer.Option(help="Draw roc, calibration and over-time as SVG here.")]
SnapshotOption = Annotated[Path | None, typer.Option(help="Write the champion's last snapshot as JSON here.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")]


def learn(
    file: FileArgument = None,
    map_name: MapOption = "",
    running: RunningOption = False,
    simulate: SimulateOption = 0,
    accounts: AccountsOption = 200,
    seed: SeedOption = 1,
    worse_after: WorseOption = 0,
    late_after: LateOption = 0,
    encoding: EncodingOption = None,
    charts: ChartsOption = None,
    snapshot: SnapshotOption = None,
    as_json: JsonOption = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Learn who pays late from invoices in time order, and measure it honestly; nothing is sent anywhere.

    Each invoice is predicted from what was known on its day, and learned when it is settled or late. The figures stand
    beside those of the base rate, of the account's own late rate and of the scorecard alone. Learned is a table, told
    to the rules in memory; the ledgers of a running system (what is late is then as its policy says); or a simulated
    market. Rows that are not understood are left out; exit code 1 if there were any.

    Example: obligor learn ibm-late-payment-histories.csv --map ibm-late-payment --charts charts

    Example: obligor learn --simulate 730 --accounts 200 --worse-after 365

    Example: obligor learn --running --brokers kafka1:9092
    """
    if sum((file is not None, running, simulate > 0)) != 1:
        _notes.print("expected one of a file, --running and --simulate")
        raise typer.Exit(2)
    # river takes a second to load, which no other command should wait for.
    from streams.commands import learn_report, learn_sources

    rejects: list[Reject] = []
    with ending_with_2(MapInvalid, TableUnreadable, TopicMissing, OSError):
        if file is not None:
            learner, rejects = learn_sources.from_table(file, map_name, late_after, encoding, quiet=as_json)
        elif running:
            learner = learn_sources.from_ledgers(connected_settings(brokers, data), quiet=as_json)
        else:
            learner = learn_sources.from_market(simulate, accounts, seed, worse_after, late_after, quiet=as_json)
        if charts is not None:
            learn_report.draw(learner, charts)
        if snapshot is not None:
            learn_report.write_snapshot(learner, snapshot)
    learn_report.print_all(learner, len(rejects), as_json=as_json)
    _report_rejects(rejects)


def _report_rejects(rejects: list[Reject]) -> None:
    for reject in rejects[:_SHOWN_MAX]:
        _notes.print(f"line {reject.line}: {reject.reason}")
    if rejects:
        _notes.print(f"{len(rejects):,} rows left out")
        raise typer.Exit(1)
