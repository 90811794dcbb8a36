# Everything a developer or CI runs. `make` alone prints this list.
# Each target stands on its own in a fresh clone: it sets up what it needs first.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000
# One order of sets and dictionaries in every run and in every worker of a run.
export PYTHONHASHSEED := 0

PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install
PYTEST := $(BIN)/pytest --numprocesses 2 --dist worksteal --quiet

.PHONY: setup wheel quick test lint format types arch docs docs-check cases new-control new-source run \
	demo bench bench-check mutate migrations compile system-packages test-provider changelog \
	check help

help: ## print this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- setting up: a stamp is newer than what it was made from, else its step runs again ----------
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned requirements"
	@$(PIP) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.test: requirements/test.txt .venv/.runtime
	@echo "Installing what the tests need"
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.test
	@echo "Installing the linters"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

tests/oidc/node_modules/.installed: tests/oidc/package-lock.json
	@command -v npm >/dev/null || tools/system-packages
	@echo "Installing the OpenID provider of the tests"
	@npm ci --prefix tests/oidc --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

setup: .venv/.runtime ## make .venv with the pinned requirements and the command .venv/bin/securescore
	@echo "Ready: .venv/bin/securescore"

wheel: .venv/.runtime ## build the package to install elsewhere, with its catalog compiled, into dist/
	@rm -rf build
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation \
		--wheel-dir dist .

system-packages: ## install PostgreSQL, Chromium and Node for the tests (as root on Debian), or say how
	@tools/system-packages

test-provider: tests/oidc/node_modules/.installed ## install the OpenID provider that the tests sign in with

compile: .venv/.dev ## pin requirements/*.in again (UPGRADE=1: to newer releases)
	tools/compile-requirements $(if $(UPGRADE),--upgrade)

# -- running -----------------------------------------------------------------------------------
run: setup ## make the demo organization if it is not there, and serve it
	$(BIN)/securescore demo
	$(BIN)/securescore serve --host $(HOST) --port $(PORT)

demo: setup ## make the demo organization only
	$(BIN)/securescore demo

migrations: setup ## write the database migrations that the models ask for
	$(BIN)/python -m django makemigrations --settings securescore.project.settings

# -- testing -----------------------------------------------------------------------------------
test: .venv/.test tests/oidc/node_modules/.installed ## run every test: on SQLite, then the database tests on PostgreSQL
	@tools/system-packages --check 2>/dev/null || tools/system-packages
	@status=0; \
	echo "== everything, on SQLite"; $(PYTEST) || status=$$?; \
	echo "== the database tests, on PostgreSQL"; \
	$(PYTEST) -m "database and not browser and not slow" --database=postgresql || status=$$?; \
	exit $$status

quick: .venv/.test ## run the fast tests only: no browser, nothing slow
	$(PYTEST) -m "not browser and not slow" --hypothesis-profile=quick

cases: .venv/.test ## run the cases of controls (ID=AdminMFAV2, or all) and of views
	$(BIN)/securescore catalog lint
	$(BIN)/securescore catalog test $(ID)

mutate: .venv/.test ## change every predicate of every control (or ID=...): each change must break a case
	$(BIN)/python tools/mutate.py $(ID)

bench: .venv/.test ## measure speed and memory, and append to the history
	$(BIN)/python -m bench

bench-check: .venv/.test ## measure and fail where a budget is passed by 20 %
	$(BIN)/python -m bench --check

# -- keeping it clean --------------------------------------------------------------------------
lint: .venv/.dev ## check style, spelling and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/djlint --quiet --lint src

format: .venv/.dev ## rewrite the Python files in the one format
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

types: .venv/.dev ## check the types (mypy, strict)
	$(BIN)/mypy

arch: .venv/.dev ## check who may import whom
	$(BIN)/lint-imports --no-logo

docs: setup ## write docs/reference from the program
	$(BIN)/securescore catalog docs
	$(BIN)/python tools/rest_reference.py

docs-check: setup ## fail where docs/reference is not what the program would write
	$(BIN)/securescore catalog docs --check
	$(BIN)/python tools/rest_reference.py --check

changelog: setup ## assemble the fragments of changelog.d into CHANGELOG.md (VERSION=1.2.3)
	$(BIN)/python tools/changelog.py $(VERSION)

check: lint types arch docs-check test ## everything that CI runs

# -- starting something new --------------------------------------------------------------------
new-control: setup ## start a control: ID=AdminMFAV2 PRODUCT=entra
	$(BIN)/python tools/new_control.py "$(ID)" "$(PRODUCT)"

new-source: setup ## start a source: NAME=github
	$(BIN)/python tools/new_source.py "$(NAME)"
