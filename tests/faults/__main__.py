"""`python -m tests.faults [--short] [--seed N]`: one campaign on a broker of its own; 1 if it finds anything."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from streams.broker import Broker
from tests.faults.campaign import Campaign, Options, short_options


def main() -> int:
    """Run one campaign and say what came of it."""
    options, keep = _read()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    directory = Path(tempfile.mkdtemp(prefix="obligor-faults-"))
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    with Broker(directory / "broker", port=0) as broker:
        campaign = Campaign(options, broker, directory, say)
        say(campaign.describe())
        findings = campaign.run()
    for finding in findings[:50]:
        print(finding)
    say(
        f"{len(findings)} findings; again with --seed {options.seed}"
        if findings
        else "nothing was lost, nothing is wrong"
    )
    if findings or keep:
        print(f"logs and data are in {directory}")
    else:
        shutil.rmtree(directory)
    return 1 if findings else 0


def _read() -> tuple[Options, bool]:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the campaign that the tests run")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1_000_000)
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    for name, kind in (
        ("facts", int),
        ("kills", int),
        ("pauses", int),
        ("partitions", int),
        ("accounts", int),
        ("broker_restarts", int),
        ("intrusions", int),
        ("deletions", int),
        ("wait_seconds", float),
    ):
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    given = vars(parser.parse_args())
    keep, short, seed = given.pop("keep"), given.pop("short"), given.pop("seed")
    options = short_options(seed) if short else Options(seed)
    return dataclasses.replace(options, **{name: value for name, value in given.items() if value is not None}), keep


if __name__ == "__main__":
    sys.exit(main())
