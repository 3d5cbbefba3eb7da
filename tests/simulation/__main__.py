"""`python -m tests.simulation --runs 5000 --seed S`: run seeds S, S+1, ... and stop at what is wrong.

Every failure prints its seed; `--runs 1 --seed N` runs it again, step by step the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.simulation.options import options_of
from tests.simulation.oracle import simulate


def main() -> int:
    """Return 1 if any run found something wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for number in range(chosen.runs):
        ended = simulate(options_of(chosen.seed + number))
        counts.update(ended.counts)
        if ended.findings:
            counts["failed"] += 1
            print(f"\nseed {ended.options.seed} failed: {ended.options.text()}")
            print("\n".join(f"  {finding[:600]}" for finding in ended.findings[:8]))
            print(f"  again: python -m tests.simulation --runs 1 --seed {ended.options.seed}", flush=True)
            if not chosen.keep_going:
                break
        elif sys.stderr.isatty():
            print(f"\r{number + 1} of {chosen.runs}", end="", file=sys.stderr)
    print(f"{number + 1} runs in {time.monotonic() - began:.0f} s: {dict(counts)}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
