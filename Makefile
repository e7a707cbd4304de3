# One target per habit. Everything is installed into $(VENV); nothing else on the machine is touched.

VENV ?= .venv
# Processes of `make test`. Much of it waits for brokers and services, so more of them than cores pay.
WORKERS ?= 3
PYTHON ?= python3.11
UV := $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt --overrides overrides.txt

PARTS := schemas client runtime[embedded] models $(wildcard services/*) cli testing
EDITABLE := $(foreach part,$(PARTS),--editable ./$(part))
CODE := schemas client runtime models/rushes_models services cli testing tests bench examples
PYPROJECTS := $(wildcard */pyproject.toml services/*/pyproject.toml)

.PHONY: demo test test-all test-long setup-all bench-scale bench-query bench-search bench-embed bench-doors bench-upload chaos lint format types schemas docs client proto clean help

help:  ## What there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

demo: $(VENV)/.installed  ## Add the examples to an instance of its own, search them, check what is found
	$(VENV)/bin/python -m rushes_cli.demo

test: $(VENV)/.tests lint types  ## All checks and tests that need no more than a Python
	$(VENV)/bin/python -m pytest -m "not all" -p tests.skips --numprocesses $(WORKERS) --dist loadfile

test-all: setup-all  ## The tests that need more: Apache Kafka, MinIO, torch, Docker; installs what is missing
	$(VENV)/bin/python -m pytest -m "all and not long" -p tests.skips --durations=15

test-long: setup-all  ## The tests that take minutes each, in full: chaos, outages, kill -9 at every await
	TESTS_IN_FULL=1 $(VENV)/bin/python -m pytest -m long -p tests.skips --durations=0

bench-scale: setup-all  ## Does a second asr process help? Writes its section of docs/benchmarks.md
	$(VENV)/bin/python -m bench.scale

.PHONY: bench-broker
bench-broker: setup-all  ## Events a second through stages that do nothing, and what the broker itself does
	$(VENV)/bin/python -m bench.broker

chaos: setup-all  ## Kill everything at random for minutes, see whether anything is lost: SEEDS=3, or SEED=n
	$(VENV)/bin/python -m tests.chaos $(if $(SEED),--only seeds --seed $(SEED),--seeds $(or $(SEEDS),3)) --write docs/chaos.md

.PHONY: attack
attack: $(VENV)/.tests  ## Send a running instance every input that is known to have broken one; prints what came of it
	$(VENV)/bin/python -m tests.attack

bench-query: $(VENV)/.tests  ## The query service under load: 10,000 and 100,000 synthetic scenes on Qdrant Edge
	$(VENV)/bin/python -m bench.query

bench-search: $(VENV)/.tests  ## How good search is: recall and errors over a table of questions
	$(VENV)/bin/python -m bench.search

bench-embed: $(VENV)/.tests-all  ## Pictures a second of each image-text model. Writes its section of docs/benchmarks.md
	$(VENV)/bin/python -m bench.embed

bench-doors: $(VENV)/.tests  ## Load on HTTP and gRPC at once for a minute. Writes its section of docs/benchmarks.md
	$(VENV)/bin/python -m bench.doors

bench-upload: $(VENV)/.tests  ## 5 GB by tus, killed five times. Takes 10 GB of disk. Writes its section of docs/benchmarks.md
	$(VENV)/bin/python -m bench.upload

setup-all: $(VENV)/.tests-all
	tests/setup-all.sh
	$(VENV)/bin/python -m tests.cluster

lint: $(VENV)/.tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

types: $(VENV)/.tests
	$(VENV)/bin/mypy $(CODE)

format: $(VENV)/.tests  ## Rewrite the code in the house's format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

schemas: $(VENV)/.tests  ## Export the JSON Schemas and the AsyncAPI document again; refuses what breaks users
	$(VENV)/bin/python -m rushes_schemas.export schemas/json
	$(VENV)/bin/python -m rushes_cli.documents asyncapi schemas/asyncapi.json

docs: $(VENV)/.installed  ## Write docs/settings.md again
	$(VENV)/bin/python -m rushes_cli.documents settings docs/settings.md

client: $(VENV)/.tests  ## Generate the blocking client from the one that does not block again
	$(VENV)/bin/python client/generate_sync.py

proto: $(VENV)/.tests  ## Generate the gRPC stubs again
	$(VENV)/bin/python -m rushes_query.grpc.generate

clean:  ## Remove what the targets above installed
	rm -rf $(VENV)

$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv

$(VENV)/.installed: $(VENV)/bin/uv constraints.txt overrides.txt $(PYPROJECTS)
	$(UV) $(EDITABLE)
	touch $@

$(VENV)/.tests: $(VENV)/.installed tests/requirements.txt
	$(UV) --requirement tests/requirements.txt
	touch $@

$(VENV)/.tests-all: $(VENV)/.tests tests/requirements-all.txt
	$(UV) --requirement tests/requirements-all.txt
	touch $@
