"""`python -m benchmarks [simple] [full] [flat] [latency] [--quick]`: measure, print, and write `docs/benchmarks.md`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparing import compare
from benchmarks.full_step import measure_flatness, measure_full_step
from benchmarks.latency import measure_latency
from benchmarks.report import PAGE, Results, page
from streams.broker import Broker

NAMES = ("simple", "full", "flat", "latency")


def tell(line: str) -> None:
    """Say at once what was found."""
    print(line, flush=True)


def measure(names: set[str], *, quick: bool) -> Results:
    """Run what was asked for, on one broker."""
    results = Results([], None, [], [], os.getloadavg()[0])
    with TemporaryDirectory(prefix="obligor-bench-") as directory, Broker(Path(directory)) as broker:
        brokers = broker.bootstrap
        if "simple" in names:
            records, slow, rounds = (60_000, 20_000, 1) if quick else (300_000, 40_000, 3)
            results.runs = compare(brokers, records=records, slow_records=slow, rounds=rounds, tell=tell)
        if "flat" in names:
            results.flat = measure_flatness(cycles=100 if quick else 500, tell=tell)
        if "full" in names:
            results.full = measure_full_step(brokers, count=30_000 if quick else 200_000, tell=tell)
        if "latency" in names:
            results.latencies = measure_latency(brokers, seconds=5 if quick else 12, tell=tell)
    return results


def main() -> int:
    """Measure and write the page; a quick run, or one of a part only, is printed and not written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it works")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"expected some of {', '.join(NAMES)}, received {', '.join(sorted(unknown))}")
    logging.basicConfig(level=logging.WARNING)
    wanted = set(arguments.names or NAMES)
    text = page(measure(wanted, quick=arguments.quick))
    if arguments.quick or wanted != set(NAMES):
        print(text)
    else:
        PAGE.write_text(text)
        tell(f"written to {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
