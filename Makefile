# Two commands do everything on a fresh Debian or Ubuntu machine with Python 3.11+, git and make:
#   make demo   the main job: three real documents through the engine
#   make test   the tests, within 15 minutes on two cores
# and, for those who work on it:
#   make check  style, types, floors     make proof  the long run, with the reference data
#   make bench  what is measured         make lock   new locked versions from pyproject.toml

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

.PHONY: demo test proof check bench lock clean

demo: $(VENV)/.runtime
	@$(BIN)/edi demo demo

# What uses a store is tested twice: on SQLite, then on PostgreSQL.
ON_BOTH := tests/store tests/engine tests/cli tests/channels tests/web tests/faults tests/security

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not proof"
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not proof" --store postgresql $(ON_BOTH)

proof: $(VENV)/.dev
	@EDI_REFERENCE="$${EDI_REFERENCE:-$$(test -d ../shared/data && cd ../shared/data && pwd || true)}" $(BIN)/python -m pytest -n $(WORKERS) --timeout 7200 --strict-skips
	@$(BIN)/python -m pytest -n $(WORKERS) --timeout 7200 --strict-skips --store postgresql $(ON_BOTH)

check: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

$(VENV)/.runtime: requirements.lock pyproject.toml tools/environment.sh
	@tools/environment.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml tools/environment.sh tests/web/axe/package-lock.json
	@tools/environment.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.runtime

# Locks carry names, versions and hashes, no addresses.
lock: $(VENV)/.dev
	@$(BIN)/pip install --quiet uv
	@for_file() { $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --upgrade "$$@"; }; \
	for_file --group build --output-file requirements.lock; \
	for_file --group dev --all-extras --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
