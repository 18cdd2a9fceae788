# `make help` lists the targets. Everything happens in $(VENV), which is made on first use. CONFIG=FILE, or
# CONFIG="FILE FILE", is laid over config/config.yaml; each target that runs something has one of its own.
PYTHON ?= python3.11
VENV ?= .venv

export PATH := $(abspath $(VENV))/bin:$(PATH)

# The stamp of a finished environment names its place, its checkout and its requirements, because scripts in it hold
# the first, the editable package holds the second, and the times of files tell nothing of the third.
PINS := requirements.txt requirements-no-deps.txt pyproject.toml
define state
  here=$$(pwd -P);
  there=$$(cd "$(VENV)" 2>/dev/null && pwd -P) && [ -e "$$there/.installed" ] || { echo absent; exit; };
  { read -r place; read -r owner; read -r pins; } < "$$there/.installed";
  case "$$place $$owner $$pins " in
  "$$there $$here $$(cat $(PINS) | cksum) ") echo ready;;
  "$$there $$here "*) echo changed;;
  "$$there "*) echo foreign;;
  *" $$here "*) echo moved;;
  *) case "$$there" in "$$here"/*) echo moved;; *) echo foreign;; esac;;
  esac
endef
STATE := $(shell $(state))
INSTALLED := $(patsubst %,env-%,$(filter-out ready,$(STATE)))
PRESENT := $(patsubst %,env-%,$(filter-out ready changed,$(STATE)))# for what only reads

.DEFAULT_GOAL := help
.PHONY: env-absent env-changed env-moved env-foreign help reproduce ablation labels_study radiance_study benchmark tables test test-slurm lint format config env unlock clean data-status publish restore

help: ## list the targets
	@grep -E '^[a-z_-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

define run
metahdr fetch --configfile $(CONFIG)
snakemake $(1) --workflow-profile workflow/profiles/default --configfile $(CONFIG)
endef

reproduce data-status publish restore unlock: CONFIG ?= config/config.yaml
ablation labels_study radiance_study benchmark: CONFIG ?= config/$@.yaml
tables: CONFIG ?= config/paper-tables.yaml

reproduce: $(INSTALLED) ## run the whole pipeline; ends with results/report/index.html
	$(call run,all)

ablation: $(INSTALLED) ## compare variants of meta-training (docs/ablation.md)
	$(call run,$@)

labels_study: $(INSTALLED) ## train the HDR-CNN that labels, and judge its labels (docs/labels.md)
	$(call run,$@)

radiance_study: $(INSTALLED) ## judge the radiance network on places that it never saw (docs/hdr.md)
	$(call run,$@)

benchmark: $(INSTALLED) ## train the field's methods small and judge them side by side (docs/methods.md)
	$(call run,$@)

tables: $(INSTALLED) ## run the paper's tables (docs/results.md)
	$(call run,all)

test: $(INSTALLED) ## run the tests, a file at a time on each core
	pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-slurm: $(INSTALLED) ## the smoke run on a real Slurm that is started for it (as root, on Debian)
	@command -v munged slurmctld slurmd sbatch >/dev/null || apt-get install -y -q --no-install-recommends slurm-wlm munge slurm-client slurm-wlm-basic-plugins
	pytest tests/slurm

lint: $(INSTALLED) ## ruff, snakefmt and snakemake --lint
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint

format: $(INSTALLED) ## format the code
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow/rules

config: $(PRESENT) ## write config/config.yaml and its schema from src/metahdr/config/
	metahdr config --write

env: $(INSTALLED) ## make the environment

env-absent env-changed env-moved:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not here; Python 3.11 is needed (make PYTHON=...)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "error: $(PYTHON) is `$(PYTHON) -V`; Python 3.11 is needed (make PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(if $(filter env-moved,$@),--clear) "$(VENV)"
	pip install --disable-pip-version-check --progress-bar off -r requirements.txt
	pip install --disable-pip-version-check --progress-bar off --no-deps -r requirements-no-deps.txt
	pip install --disable-pip-version-check --no-deps --editable .
	@{ cd "$(VENV)" && pwd -P; cd "$(CURDIR)" && pwd -P; cat $(PINS) | cksum; } > "$(VENV)/.stamp" && mv "$(VENV)/.stamp" "$(VENV)/.installed"

env-foreign:
	@echo "error: $(VENV) is the environment of another checkout ($$(sed -n 2p "$(VENV)/.installed")); name a folder of its own (make VENV=...)"; exit 1

data-status: $(PRESENT) ## compare the register, DVC and the disk (docs/versions.md)
	@metahdr data-status --configfile $(CONFIG)

publish: $(INSTALLED) ## push data and results of a finished run to DVC's remote (docs/versions.md)
	@metahdr publish --configfile $(CONFIG)

restore: $(INSTALLED) ## bring published data and results back from DVC's remote
	@metahdr restore --configfile $(CONFIG)

unlock: $(PRESENT) ## after a power cut or kill -9: release the working directory, then make reproduce goes on
	snakemake --unlock --configfile $(CONFIG)

clean: ## remove results/, of every configuration; raw data and the environment stay
	@[ -z "$(CONFIG)" ] || { echo "error: make clean removes all of results/, whatever CONFIG says; leave it out"; exit 1; }
	rm -rf results .snakemake
