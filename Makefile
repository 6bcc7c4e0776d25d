# A bare Debian with python3 (3.11 or later), python3-venv, git and make is enough: everything else is installed
# into .venv, with the exact versions of constraints.txt. `make test JOBS=8` uses eight cores.

PYTHON ?= python3
JOBS ?= 2
FUZZ_SECONDS ?= 300

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo
CODE := sr2graph tests benchmarks scripts mappings/build

# Bytecode is kept, whatever the environment says: tests start hundreds of processes, and each would compile again
# all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench bench-corpus fuzz docs ontology constraints peers clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(READY) ## the environment in .venv (every other target does this first)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "sr2graph needs Python 3.11 or later, $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Name a newer one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments: its venv module is missing." \
	       "On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(READY) ## sample reports become a corpus, and answer two questions
	rm -rf $(DEMO)
	$(BIN)/python -m sr2graph.samples $(DEMO)/samples --patients 30 --seed 1
	$(BIN)/sr2graph ingest $(DEMO)/corpus $(DEMO)/samples
	$(BIN)/sr2graph query $(DEMO)/corpus --name ctdi-over-drl --param drl=15
	$(BIN)/sr2graph query $(DEMO)/corpus demo/dose.rq

# pytest comes last: its closing line is the one that CI reads.
test: lint ## lint, then all tests, the built wheel's too
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(READY) ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict --num-workers $(JOBS) $(wildcard $(CODE))

format: $(READY) ## what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## us against pydicom + rdflib, dcmtk and fhir.resources, and what templates cost, as tables
	$(BIN)/python -m benchmarks.convert
	$(BIN)/python -m benchmarks.templates
	$(BIN)/python -m benchmarks.fhir

bench-corpus: $(READY) ## a corpus against triple stores, on 3,000 reports
	$(BIN)/python -m benchmarks.corpus --reports 300 3000

fuzz: $(READY) ## hostile bytes for longer than make test has time for
	$(BIN)/python -m pytest -n $(JOBS) -k fuzz --hypothesis-profile=long
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)
	$(BIN)/python -m tests.fuzz_sparql --seconds $(FUZZ_SECONDS) --data odd
	$(BIN)/python -m tests.fuzz_sparql --seconds $(FUZZ_SECONDS) --data plain

docs: ontology ## the generated pages again, then every code block of the docs
	$(BIN)/python scripts/cli_reference.py
	$(BIN)/python scripts/named_queries_page.py
	$(BIN)/python -m pytest tests/test_docs.py

ontology: $(READY) ## ontologies/ and the vocabulary page, from the vocabulary table and the templates
	$(BIN)/python -m sr2graph.graph.generate
	$(BIN)/python -m sr2graph.graph.shapes

constraints: ## pin what a fresh install of the dev extra resolves to today
	scripts/pin.sh $(PYTHON)

peers: ## dcmtk, dicom3tools, PixelMed, HAPI FHIR and Medplum, which the tests compare with (Debian, as root)
	scripts/peers.sh
	scripts/peers_node.sh

clean: ## remove all that make made
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
