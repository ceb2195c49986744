# The index of commands. Everything that a person or continuous integration runs is here; `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench bench-planner soak docs schemas screenshots lock clean

# Hundreds of processes import the same files: whoever keeps Python from writing what it has compiled waits for each.
export PYTHONDONTWRITEBYTECODE :=

ARGS ?=
BIN := .venv/bin
PYTHON_CODE := fleet adapters geofences tests .ci setup.py $(shell find benchmarks -name '*.py')

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  ARGS="..." goes on to the command below; PYTHON=/path/to/python3 chooses the interpreter.'

setup: ## make .venv from the committed lock, and bundle the console's front end
	@.ci/setup

demo: setup ## run a sample day, with the console, and end with a report
	@$(BIN)/fleet demo $(ARGS)

test: setup ## run all the tests; fails on a skip that is not allowed
	@$(BIN)/python .ci/programs.py
	PYTHONPATH=.ci $(BIN)/pytest -p skip_gate -p workers -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## check style, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy -n auto $(PYTHON_CODE)
	$(BIN)/lint-imports

format: setup ## rewrite the code in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup ## run every benchmark, also after one that misses a floor; each prints one JSON object
	@$(BIN)/python .ci/programs.py bench
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r .ci/benchmarks.lock
	@missed=; for file in $$(find benchmarks -maxdepth 1 -name '[a-z]*.py' | sort); do \
	  echo "$$file" >&2; $(BIN)/python $$file $(ARGS) || missed="$$missed $$file"; done; \
	if [ -n "$$missed" ]; then echo "a floor was missed, or a benchmark failed:$$missed" >&2; exit 1; fi

bench-planner: setup ## van routes and plans over all modes against others, an hour (INSTANCES="FILE.vrp …", BENCH_SECONDS=N of CPU for each instead of 30, or 60)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r .ci/benchmarks.lock
	@missed=; $(BIN)/python benchmarks/routing.py $(INSTANCES) $(if $(BENCH_SECONDS),--seconds $(BENCH_SECONDS)) --against pyvrp,vroom,ortools $(ARGS) || missed=1; \
	$(BIN)/python benchmarks/planner.py --table $(ARGS) || missed=1; \
	if [ -n "$$missed" ]; then echo "a floor was missed, or a benchmark failed" >&2; exit 1; fi

soak: setup ## run the tests in their long form: thousands of seeds, ten minutes of a hub (ARGS=tests/faults, SECONDS=600, SEEDS=5000)
	SOAK=1 SEEDS=$(SEEDS) SECONDS=$(SECONDS) HYPOTHESIS_PROFILE=deep $(BIN)/pytest --timeout 3600 $(ARGS)

docs: setup ## check that every link inside the documentation leads somewhere
	$(BIN)/python .ci/links.py

schemas: setup ## write the schema of the newest version of the wire into docs/wire
	@$(BIN)/python .ci/wire_schema.py

screenshots: setup ## make the pictures of the console in docs/img
	@$(BIN)/python .ci/programs.py
	$(BIN)/python .ci/screenshots.py $(ARGS)

lock: setup ## refresh the locks to the newest versions (UPGRADE= keeps what is locked)
	@.ci/lock $(UPGRADE)

clean: ## remove what was built, but not .venv and not run directories
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache fleet/console/static/vendor geofences/*/*.so fleet/*/*/*.so
	find fleet adapters geofences tests benchmarks .ci -name __pycache__ -prune -exec rm -rf {} +

UPGRADE ?= --upgrade
SEEDS ?= 5000
SECONDS ?= 600
INSTANCES ?= $(wildcard ../shared/data/routing/*.vrp)
BENCH_SECONDS ?=
