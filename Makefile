# The commands of the dispatch centre. Variables given on the command line reach the programs:
#   make run PORT=8001 CALLBACK_PROMISE=1        make test ARGS="tickets -k reopen"        make bench ONLY=intake
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
ARGS ?=
ONLY ?=
SIZE ?=
FULL ?=
# Test processes; 0 runs the tests in one.
JOBS ?= auto
PYTHON ?=

# Nothing in .venv is compiled when it is installed; without keeping bytecode every start would compile it again.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
LOCK := requirements.txt constraints.txt

.PHONY: help run test test-thorough test-slow test-browser lint chaos bench demo-reset clean

help:  ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/runtime.stamp  ## Start the whole centre on this machine, with demonstration data (PORT=8001 for another port).
	@DEMO=$${DEMO-true} exec $(PY) manage.py run_local --port $(PORT) --with-parent $(ARGS)

test: .venv/dev.stamp  ## Run the fast tests against a PostgreSQL and a Redis of their own (ARGS="-k word").
	@$(PY) -m pytest -n $(JOBS) $(ARGS)

test-thorough: .venv/dev.stamp  ## Run the tests that go through everything one by one, such as every foreign row or every number of a report.
	@$(PY) -m pytest -n $(JOBS) -m thorough $(ARGS)

test-slow: .venv/dev.stamp  ## Run the tests that start whole stacks and break them.
	@$(PY) -m pytest -m slow $(ARGS)

test-browser: .venv/dev.stamp  ## Walk through the centre in a real Chromium (installs it where run as root).
	@.ci/chromium
	@$(PY) -m pytest -m browser $(ARGS)

lint: .venv/dev.stamp  ## Check format, types, imports, templates, migrations and the translation catalogue.
	@.ci/lint $(PY)

chaos: .venv/dev.stamp  ## Break things while promises come due, and race for the same rows (FULL=1, ARGS="--only worker,races").
	@$(PY) -m tests.chaos $(if $(FULL),--full) $(ARGS)

bench: .venv/dev.stamp  ## Measure, one JSON line per measure (ONLY=intake,reports; SIZE=10m: reports of so many tickets).
	@SIZE=$(SIZE) $(PY) -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

demo-reset: .venv/runtime.stamp  ## Throw the demonstration's data away; the next start makes them anew.
	@DEMO=$${DEMO-true} $(PY) manage.py run_local --reset

clean:  ## Remove the virtual environment and the tools' caches, never the data.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# An up-to-date environment costs two comparisons of time stamps.
.venv/runtime.stamp: $(LOCK)
	@PYTHON="$(PYTHON)" .ci/setup requirements.txt
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.txt
	@PYTHON="$(PYTHON)" .ci/setup requirements-dev.txt
	@touch $@
