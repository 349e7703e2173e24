# Two commands: `make run` and `make test`. Everything else helps those who change the code.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT
# names of the modules that hold rules: pure, therefore type-checked
PURE = $(wildcard src/yichuang/verdict.py src/yichuang/*/rules.py src/yichuang/*/rules/*.py \
       $(addprefix src/yichuang/catalogue/,situations.py drafts.py checks.py promise_bars.py replay.py comparison.py) \
       src/yichuang/cases/lifecycle.py src/yichuang/*/*_rules.py src/yichuang/accounts/identifiers.py \
       src/yichuang/authority/explanations.py \
       $(addprefix src/yichuang/documents/,algorithms.py sm2.py cms.py check.py))
PYTEST := $(BIN)/python -m pytest
ON_POSTGRES := $(BIN)/python -m tests.support.postgres --
FAST := -m "not journey and not slow"

.PHONY: help
help: ## what each command does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

.PHONY: run
run: install ## start everything on 127.0.0.1:$PORT with a fictional demo; data stay in ./var
	@exec $(BIN)/yichuang serve --pack counties/huantai

.PHONY: install
install: $(VENV)/run.stamp ## create .venv with the locked packages

$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Yichuang needs Python 3.11 or newer ($(PYTHON) is $$($(PYTHON) -V 2>&1)). Name one: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. Debian: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the locked packages into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp requirements/test.txt
	@echo "Installing the test packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	  -r requirements/test.txt
	@touch $@

.PHONY: test
test: $(VENV)/test.stamp needs lint check ## everything: static checks, both databases, the browser
	@echo "== tests on SQLite"
	@$(PYTEST) -n 2 -m "not journey"
	@echo "== tests on PostgreSQL"
	@$(ON_POSTGRES) $(PYTEST) -n 2 -m "not journey and not one_database"
	@echo "== journeys in the browser, SQLite"
	@$(PYTEST) -m journey
	@echo "== journeys in the browser, PostgreSQL"
	@$(ON_POSTGRES) $(PYTEST) -m journey

.PHONY: test-fast
test-fast: $(VENV)/test.stamp lint ## static checks and the quick tests on SQLite
	@$(PYTEST) -n 2 $(FAST)

.PHONY: lint
lint: $(VENV)/test.stamp ## style, types of the rules, the floor plan
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary $(PURE)
	@$(BIN)/lint-imports --no-logo > $(VENV)/floors.log || { cat $(VENV)/floors.log; exit 1; }

.PHONY: check
check: $(VENV)/test.stamp ## migrations, translations and generated pages are up to date
	@YICHUANG_MODE=test YICHUANG_HOME=$(VENV)/check $(BIN)/python -m django makemigrations \
	  --check --dry-run --settings yichuang.project.settings
	@$(BIN)/python -m yichuang.project.texts check
	@YICHUANG_MODE=test YICHUANG_HOME=$(VENV)/check $(BIN)/python -m yichuang.project.generate --check

.PHONY: needs
needs: # what apt must provide for the tests; installs it for root
	@$(PYTHON) tests/support/needs.py

.PHONY: bench
bench: $(VENV)/test.stamp needs ## figures against the peers, on PostgreSQL with durable commits
	@$(ON_POSTGRES) $(BIN)/python -m tests.benchmarks

.PHONY: messages
messages: $(VENV)/run.stamp ## add new texts to the packages' English catalogues
	@$(BIN)/python -m yichuang.project.texts add

.PHONY: docs
docs: $(VENV)/run.stamp ## write docs/generated anew
	@YICHUANG_MODE=test YICHUANG_HOME=$(VENV)/check $(BIN)/python -m yichuang.project.generate

.PHONY: requirements
requirements: ## lock the packages anew (needs uv); no address of any index is written
	@command -v uv >/dev/null || { echo "This needs uv (pip install uv)." >&2; exit 1; }
	@uv lock --quiet
	@uv export --quiet --no-header --no-emit-project --no-default-groups --group build \
	  -o requirements/run.txt
	@uv export --quiet --no-header --no-emit-project --no-default-groups --group build \
	  --group test -o requirements/test.txt
	@! grep -nE '://|--(extra-)?index|--find-links' requirements/*.txt

.PHONY: clean
clean: ## remove the environment and caches; keeps ./var, where the data are
	@rm -rf $(VENV) .pytest_cache .hypothesis .ruff_cache .mypy_cache .import_linter_cache dist
	@find src tests -name __pycache__ -prune -exec rm -rf {} +
	@find src -name '*.mo' -delete
