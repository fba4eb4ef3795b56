VENV := .venv
STAMP := $(VENV)/.installed

.PHONY: demo test check bench reproduce reproduce-self clean
demo: $(STAMP)  ## report on the sample file that ships with Quorum
	$(VENV)/bin/quorum demo

test: $(STAMP)  ## format, lint, types, layers and tests, as CI runs them
	scripts/check

bench: $(STAMP)  ## speed against what a user would take instead, as ratios, into docs/benchmarks.md
	$(VENV)/bin/python -m benchmarks

SCALE ?= full
reproduce: $(STAMP)  ## the paper in miniature, in hours; SCALE=small in fewer, SCALE=smoke in minutes; resumes
	$(VENV)/bin/python -m recipes.reproduce --scale $(SCALE)

reproduce-self: $(STAMP)  ## self-sampling and ReST-EM in miniature, in hours; SCALE as above; resumes
	$(VENV)/bin/python -m recipes.self_sampling --scale $(SCALE) --docs docs/reproduction
	$(VENV)/bin/python -m recipes.self_training --scale $(SCALE) --docs docs/reproduction

clean:
	rm -rf $(VENV) demo-report

# torch first: DeepSpeed is built from source against the installed one.
$(STAMP): pyproject.toml constraints.txt
	@echo "installing into $(VENV); some minutes at most"
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --constraint constraints.txt setuptools wheel torch
	$(VENV)/bin/pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	touch $(STAMP)
