# latune: three commands. Each sets up what it needs on first use and says what it does.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo page test coverage check faults fuzz bench docs clean

SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder --durations 30

demo: $(VENV)/.installed  ## Prepare the chorales, train, measure, and write runs/demo/report.html
	$(BIN)/latune demo --out runs/demo

page: $(VENV)/.installed  ## Build the studio's page (needs Node 20 or newer with npm)
	$(BIN)/python studio/page_build.py

# Exit code 3: Node or its packages cannot be had here. The tests of the page are then left out, and say so.
test: $(VENV)/.installed-dev  ## Run all tests
	@$(BIN)/python studio/page_build.py || [ $$? -eq 3 ]
	@if [ -d studio/node_modules ]; then cd studio && npm test; fi
	@echo "Running the tests"
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

coverage: $(VENV)/.installed-dev  ## Run all tests and print which branches no test takes (processes of their own are not seen)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report term

check: $(VENV)/.installed-dev  ## Format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if [ -d studio/node_modules ]; then cd studio && npm run check; fi

ONLY ?=
bench: $(VENV)/.installed-dev  ## Run the benchmarks and write docs/benchmarks.md (keep the machine quiet; ONLY="growth page" for parts)
	$(BIN)/python benchmarks/book.py $(ONLY)

# The constraints pin every package; PyTorch first, so that its plain CPU build is taken where pip finds one.
$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (a few minutes the first time)"
	$(PYTHON) -c "import sys; sys.exit('latune needs Python 3.11 or newer' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Adding the tools for tests and checks"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

faults: $(VENV)/.installed-dev  ## Kill, fill disks and damage files, fifty times of each kind (needs the right to mount)
	LATUNE_FAULTS=50 $(BIN)/python -m pytest tests/faults

MINUTES ?= 60
fuzz: $(VENV)/.installed-dev  ## Try damaged files on every reader: make fuzz MINUTES=60
	$(BIN)/python tests/fuzz/fuzz_campaign.py --minutes $(MINUTES)

docs: $(VENV)/.installed-dev  ## Build the manual into build/manual
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

clean:  ## Remove the environment and caches; runs and data stay
	rm -rf $(VENV) studio/node_modules src/latune/studio/page .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
