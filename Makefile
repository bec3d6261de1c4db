# Two commands for a newcomer: `make run` and `make test`; each makes .venv itself, from pinned versions.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RESULTS := results
FIGURE_SCANS := standard-model vector scalar
DESIGNS := design-vector-limit design-ordering design-moments

.PHONY: run test test-pythons test-python test-lowest test-some test-slurm chaos check figures bench clean

# The main job: a scan of 2e7 points over both orderings and natures, and figure 1 (left) of the seed paper
run: $(VENV)/installed-plot
	$(BIN)/renp-fast plan scans/thresholds.toml
	$(BIN)/renp-fast run scans/thresholds.toml -o $(RESULTS)/thresholds.zarr
	$(BIN)/renp-fast status $(RESULTS)/thresholds.zarr
	for scan in $(FIGURE_SCANS); do \
		$(BIN)/renp-fast run scans/fig1-left-$$scan.toml -o $(RESULTS)/fig1-left-$$scan.zarr || exit 1; \
	done
	$(BIN)/renp-fast plot $(FIGURE_SCANS:%=$(RESULTS)/fig1-left-%.zarr) -o $(RESULTS)/fig1-left.png
	@echo "The labelled store is $(RESULTS)/thresholds.zarr: xarray.open_zarr opens it."
	@echo "The picture is $(RESULTS)/fig1-left.png."

# All tests, and on other Pythons that are found here those that depend on the interpreter most
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest
	@$(MAKE) --no-print-directory test-pythons

# found VERSION: a Python of that version, on the path or of pyenv; version PYTHON: the version of one
PYTHONS := 3.11 3.12 3.13
SHELL_FUNCTIONS := version() { "$$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }; \
	found() { for python in python$$1 "$$HOME"/.pyenv/versions/$$1.*/bin/python; do \
		if [ "$$(version "$$python")" = "$$1" ]; then echo "$$python"; return; fi; done; }

# The command line, files, stores, exports, a figure, and the independent table of spectra; TESTS= takes all
TESTS := test_cli.py or test_scan.py or test_store.py or test_export.py or test_reference_table.py or test_imports.py \
	or test_jit.py or curves_are_what_the_stores_hold

test-pythons: $(VENV)/installed-dev
	@$(SHELL_FUNCTIONS); \
	for each in $(PYTHONS); do \
		if [ "$$(version $(BIN)/python)" = $$each ]; then echo "Python $$each: the one of $(VENV)"; continue; fi; \
		python=$$(found $$each); \
		if [ -z "$$python" ]; then echo "Python $$each: not found here, not tried"; continue; fi; \
		echo "Python $$each: trying $$python"; \
		$(MAKE) --no-print-directory test-python PYTHON="$$python" || exit 1; \
	done

# On one other Python, in a .venv-VERSION of its own: make test-python PYTHON=python3.13
test-python:
	@$(SHELL_FUNCTIONS); version=$$(version "$(PYTHON)") || { echo "$(PYTHON): no such Python here"; exit 2; }; \
	$(MAKE) --no-print-directory VENV=.venv-$$version test-some

test-some: $(VENV)/installed-dev
	$(BIN)/python -m pytest $(if $(TESTS),-k "$(strip $(TESTS))")

# At the lowest versions that pyproject.toml declares, on the lowest Python, where it is found. What newer packages
# warn of in older ones is no fault of ours: warnings are shown, not errors
LOWEST := .venv-lowest
test-lowest:
	@$(SHELL_FUNCTIONS); python=$$(found $(firstword $(PYTHONS))); \
	if [ -z "$$python" ]; then echo "lowest versions: no Python $(firstword $(PYTHONS)) found here, not tried"; exit; fi; \
	echo "lowest versions: trying $$python"; \
	$(MAKE) --no-print-directory PYTHON="$$python" $(LOWEST)/installed && \
	$(LOWEST)/bin/python -m pytest -W default $(if $(TESTS),-k "$(strip $(TESTS))")

# On a real Slurm, which is installed and started on this machine: as root, on Debian or Ubuntu
WITH_SLURM := tests/slurm/local-slurm.sh with
test-slurm: $(VENV)/installed-dev
	$(WITH_SLURM) $(BIN)/python -m pytest -m 'slurm and not chaos'

# Everything that can go wrong, several times each, at random moments; to jobs of Slurm too, where that can be started
REPETITIONS ?= 5
chaos: $(VENV)/installed-dev
	$(WITH_SLURM) $(BIN)/python -m pytest -m chaos --repetitions $(REPETITIONS)

# Style, types and the import contract
check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Make the pictures of the documents anew, the table of claims and the table of designs
figures: $(VENV)/installed-plot
	$(BIN)/renp-fast reproduce all -o $(RESULTS)/reproduce
	cp $(RESULTS)/reproduce/*.png $(RESULTS)/reproduce/*.md scans/figures/
	for scan in atomic-chain-spectrum atomic-chain-limit adaptive-vector-plane moment-and-charge-radius-spectrum moment-and-charge-radius-chi2; do \
		$(BIN)/renp-fast run scans/$$scan.toml -o $(RESULTS)/$$scan.zarr && \
		$(BIN)/renp-fast plot $(RESULTS)/$$scan.zarr -o scans/figures/$$scan.png || exit 1; \
	done
	$(BIN)/renp-fast design --each scans/design-*.toml -o $(RESULTS)/design
	cp $(DESIGNS:%=$(RESULTS)/design/%.png) scans/figures/
	sed -i -e '/^<!-- designs -->$$/,/^<!-- end of designs -->$$/{//!d}' \
		-e '/^<!-- designs -->$$/r $(RESULTS)/design/design.md' scans/README.md

# Measure this machine beside other ways to compute the same, some minutes; SECTIONS="W1 W3" measures just those.
# A peer that cannot be installed is named as missing. Then write the tables of benchmarks/README.md from the result that it names
bench: $(VENV)/installed-plot
	-$(MAKE) $(VENV)/installed-bench
	$(BIN)/python -m benchmarks $(SECTIONS)
	$(BIN)/python -m benchmarks.table

$(VENV)/installed-%: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$*]'
	touch $@

$(LOWEST)/installed: pyproject.toml
	test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -c "$$LOWEST_PINS" >$(LOWEST)/lowest.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(LOWEST)/lowest.txt --editable .
	touch $@

# What renp_fast runs on, with all extras for users, and what the tests import, each with == in place of >=
define LOWEST_PINS
import tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
names = ("pytest", "hypothesis", "mpmath", "hatchling")
tools = [each for each in extras["dev"] if each.partition(">=")[0] in names]
for each in project["dependencies"] + extras["plot"] + extras["export"] + extras["jobqueue"] + tools:
    print(each.replace(">=", "=="))
endef
export LOWEST_PINS

clean:
	rm -rf $(VENV) $(VENV)-* $(RESULTS)
