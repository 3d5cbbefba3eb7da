# Needs Python 3.11 or newer and make, nothing else; Node, for the page, comes as a wheel where there is none.
#   make demo     a live market on this machine, through a real Kafka
#   make test     every test, the broker's included
#   make style    formatting and lint          make types   mypy --strict
#   make bench    against other engines, on one broker, in one run
#   make faults   kill, pause, restart and corrupt for as long as it takes to be believed

PYTHON ?= python3
BIN := .venv/bin
FIND_PYTHON := for candidate in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; candidate=; done; \
	test -n "$$candidate" || { echo "expected Python 3.11 or newer, got none; set PYTHON=/path/to/python3" >&2; exit 2; }

.DELETE_ON_ERROR:
.PHONY: setup page demo test style types bench faults clean

setup: .venv/stamp page

.venv/stamp: requirements.lock pyproject.toml
	@$(FIND_PYTHON); set -x; "$$candidate" -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# Builds nothing when no source of the page has changed.
page: .venv/stamp
	@$(BIN)/python -m api.page_build

demo: .venv/stamp page
	@$(BIN)/obligor up --demo

test: .venv/stamp page
	$(BIN)/python -m pytest

style: .venv/stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m api.page_build --check

types: .venv/stamp
	$(BIN)/mypy

faults: .venv/stamp
	$(BIN)/python -m tests.faults

.venv-bench/stamp: benchmarks/requirements.lock pyproject.toml
	@$(FIND_PYTHON); set -x; "$$candidate" -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

bench: .venv-bench/stamp
	.venv-bench/bin/python -m benchmarks

# The data in .obligor stays: it is what happened, not what was built.
clean:
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info \
		api/static api/web/node_modules api/web/src/words/generated.json api/web/src/api/generated.ts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
