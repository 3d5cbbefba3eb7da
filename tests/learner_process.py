"""A learner process, and what its log holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Self

from streams.study import Study
from tests.faults.processes import environment
from tests.order_system import OrderSystem
from tests.worker_process import ObservedWorker

_ROOT = Path(__file__).parents[1]


class LearnerProcess(ObservedWorker):
    """One `obligor learner`."""

    def start(self, **more: str) -> Self:
        """Start it; `more` are further environment variables."""
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        self._log = self.log_file.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "learner"],
            env=environment(self.settings, **more),
            cwd=_ROOT,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self


def lessons_in(shop: OrderSystem) -> Study:
    """Learn what the log of lessons holds."""
    study = Study()
    study.restore(record.value for record in shop.records("lessons"))
    return study
