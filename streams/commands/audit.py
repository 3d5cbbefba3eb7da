"""`obligor audit`: prove the ledger."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from schemas.ledger import CORE
from streams.audit import Checked, Finding, LearnerReport, Report
from streams.auditing import audit_all, plan_audit
from streams.commands.connecting import BrokersOption, DataOption, connected_settings, ending_with_2
from streams.reading import TopicMissing
from streams.settings import Settings

FOUND_SOMETHING = 1
_LISTED_MAX = 20
_notes = Console(stderr=True)


def audit(
    partition: Annotated[
        list[int] | None, typer.Option(help="Only this partition; may be given more than once.")
    ] = None,
    outputs: Annotated[bool, typer.Option(help="Also compare what was published with what the ledger says.")] = True,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; else one for each processor.")] = None,
    learner: Annotated[bool, typer.Option(help="Also learn the lessons again and compare the models.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")] = False,
    brokers: BrokersOption = None,
    data: DataOption = None,
) -> None:
    """Prove the ledger: its chain is whole, and every decision follows again from the facts it names.

    Every published model is learned again from its lessons too, unless only some partitions are asked for. Reads up to
    where the ledger ends when it starts. Exit code 1 if something is wrong, 2 if it could not run.

    Example: obligor audit --partition 3
    """
    with ending_with_2(TopicMissing, ValueError):
        settings = connected_settings(brokers, data)
        plan = plan_audit(settings, partition or ())
        started = time.monotonic()
        columns = (TextColumn("auditing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=_notes, disable=as_json, transient=True) as progress:
            task = progress.add_task("", total=plan.records)
            reports = audit_all(
                settings, plan, outputs=outputs, jobs=jobs, advance=lambda count: progress.advance(task, count)
            )
        seconds = time.monotonic() - started
        of_learner = _audit_learner(settings) if learner and not partition else None
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(_as_json(reports, seconds, of_learner)) + b"\n")
    else:
        _print(reports, seconds, of_learner, outputs=outputs)
    if any(report.findings for report in reports) or (of_learner is not None and of_learner.findings):
        raise typer.Exit(FOUND_SOMETHING)


def _audit_learner(settings: Settings) -> LearnerReport:
    # river takes a second to load, which no other command should wait for.
    from streams.audit_learner import audit_learner

    return audit_learner(settings)


def _total(reports: list[Report]) -> Checked:
    total = Checked()
    for report in reports:
        total.add(report.checked)
    return total


def _as_json(reports: list[Report], seconds: float, of_learner: LearnerReport | None) -> dict[str, object]:
    total = _total(reports)
    is_clean = not any(report.findings for report in reports) and not (of_learner and of_learner.findings)
    return {
        "clean": is_clean,
        "learner": of_learner,
        "core": CORE,
        "total": total,
        "seconds": round(seconds, 3),
        "records_per_second": round(total.records / seconds) if seconds else None,
        "partitions": reports,
    }


def _print(reports: list[Report], seconds: float, of_learner: LearnerReport | None, *, outputs: bool) -> None:
    console = Console(highlight=False)
    sheet = Table()
    for header in ("partition", "records", "decisions", "accounts", "void", "epochs", "from", "to", "found"):
        sheet.add_column(header, justify="left" if header in ("from", "to") else "right")
    for report in reports:
        sheet.add_row(str(report.partition), *_cells(report.checked), _count(report.findings))
    total = _total(reports)
    findings = [finding for report in reports for finding in report.findings]
    sheet.add_section()
    sheet.add_row("all", *_cells(total), _count(findings))
    console.print(sheet)
    rate = f"{total.records / seconds:,.0f} a second" if seconds else ""
    console.print(
        f"{total.rederived:,} of {total.records:,} records re-derived by core {CORE} in {seconds:.1f} s, {rate}"
    )
    console.print(f"policies in force: {', '.join(sorted(total.policies)) or 'none'}")
    if outputs:
        late = f", {total.outputs_not_yet:,} not published yet" if total.outputs_not_yet else ""
        console.print(f"{total.outputs:,} published records compared, {total.outputs_repeated:,} repeated{late}")
    _print_skipped(console, reports)
    if of_learner is not None and (of_learner.lessons or of_learner.snapshots):
        compared = f"{of_learner.snapshots:,} models compared with {of_learner.lessons:,} lessons learned again"
        console.print(f"{compared}, {of_learner.void:,} of them void")
        findings = [*findings, *of_learner.findings]
    _print_findings(console, findings)


def _cells(checked: Checked) -> list[str]:
    counts = (checked.records, checked.decisions, checked.accounts, checked.void)
    epochs = ",".join(str(epoch) for epoch in sorted(checked.epochs)) or "-"
    return [*(f"{count:,}" for count in counts), epochs, _day(checked.first_at_ms), _day(checked.last_at_ms)]


def _count(findings: list[Finding]) -> Text:
    return Text(str(len(findings)), "bold red") if findings else Text("0", "green")


def _day(at_ms: int | None) -> str:
    if at_ms is None:
        return "-"
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return str(at_ms)


def _print_skipped(console: Console, reports: list[Report]) -> None:
    voids = [(report.partition, void) for report in reports for void in report.voids]
    if voids:
        count = sum(report.checked.void for report in reports)
        console.print(f"{count:,} void records, which every reader skips:")
    for partition, void in voids[:_LISTED_MAX]:
        console.print(Text(f"  partition {partition} offset {void.offset} seq {_or_none(void.seq)}: {void.why}"))
    changed = [finding for report in reports for finding in report.changed_rules]
    if changed:
        count = sum(report.checked.changed_rules for report in reports)
        console.print(f"{count:,} records were decided by other rules; no defect. The first:")
        _print_one(console, changed[0])


def _print_findings(console: Console, findings: list[Finding]) -> None:
    if not findings:
        console.print("[green]clean[/]: nothing wrong was found")
        return
    console.print(f"[bold red]{len(findings)} findings[/], the first of each partition first:")
    first: dict[int, Finding] = {}
    for finding in findings:
        first.setdefault(finding.partition, finding)
    rest = [finding for finding in findings if first[finding.partition] is not finding]
    for finding in [*first.values(), *rest][:_LISTED_MAX]:
        _print_one(console, finding)
    if len(findings) > _LISTED_MAX:
        console.print(f"  and {len(findings) - _LISTED_MAX:,} more (--json shows all)")


def _print_one(console: Console, finding: Finding) -> None:
    place = f"  partition {finding.partition} seq {_or_none(finding.seq)} offset {_or_none(finding.ledger_offset)}"
    source = f" source {finding.source}" if finding.source else ""
    console.print(Text(f"{place}{source}: {finding.what}: {finding.message}"))
    if finding.recorded or finding.derived:
        console.print(Text(f"    recorded {finding.recorded}"))
        console.print(Text(f"    derived  {finding.derived}"))


def _or_none(number: int | None) -> str:
    return "-" if number is None else str(number)
