# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
LISTENS ?=
.DEFAULT_GOAL := help
.PHONY: help demo feedback test check format lint types contracts lock install clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Auxcord needs Python 3.11 or newer; say: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

install: $(STAMP) ## make .venv from the lock

demo: $(STAMP) ## the real bot in a simulated Discord in your browser; LISTENS="FILE…" for real listening data
	$(BIN)/python -m bot demo $(LISTENS)

feedback: $(STAMP) ## ten rounds of feedback over the sample community: does it help?
	$(BIN)/python -m bot.demo.feedback_run

test: $(STAMP) ## every test, offline
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

format: $(STAMP) ## rewrite the code in house style
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lint: $(STAMP)
	$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

check: lint types contracts test ## what CI runs

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: ## choose versions anew (needs uv); the second file is what the container runs
	$(LOCK) --group dev pyproject.toml -o requirements.lock
	$(LOCK) --constraint requirements.lock pyproject.toml -o requirements-run.lock

clean: ## forget the venv, caches and demo data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
