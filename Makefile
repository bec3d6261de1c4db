# Two commands for a newcomer: `make run` and `make test`; each makes .venv itself, from pinned versions.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RESULTS := results
FIGURE_SCANS := standard-model vector scalar
DESIGNS := design-vector-limit design-ordering design-moments

.PHONY: run test test-slurm chaos check figures bench clean

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

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

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

clean:
	rm -rf $(VENV) $(RESULTS)
