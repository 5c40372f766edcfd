# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# `make` or `make help` lists the targets; each gate is one target and one command.

# Interpreter shims of version managers break ansible-test, so tools are looked up here only.
export STEWARD_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.collections
export ANSIBLE_NOCOLOR := 1
export LC_ALL := C.UTF-8
# tests/hosts/hosts runs on this interpreter.
export PYTHON = $(CURDIR)/.venv/bin/python

STEP := tests/gates/step
VENV := .venv/.complete
NEXT := .venv-next/.complete
GATES := ruff mypy yamllint ansible-lint changelog size deprecations artifact sanity next-unit next-syntax

.PHONY: help
help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# Entry points

.PHONY: demo demo-down test gates lint venvs docs requirements format
demo: $(VENV)  ## Deploy the sample platform on a throw-away host and say where it answers
	@tests/hosts/demo up
demo-down:  ## Remove everything `make demo` made
	@tests/hosts/demo down
test:  ## Everything: gates, unit tests, contracts, system tests and the core drills
	@tests/gates/test
gates: $(GATES)  ## All gates that need no host
lint: ruff yamllint ansible-lint  ## The quick linters
venvs: $(VENV) $(NEXT)

$(VENV): requirements/test.txt
	@$(STEP) "Environment on ansible-core 2.19" tests/gates/make-venv .venv 3.11+ $<
$(NEXT): requirements/next.txt
	@$(STEP) "Environment on ansible-core 2.21" tests/gates/make-venv .venv-next 3.13 $<

# Gates, one command each

.PHONY: $(GATES)
ruff: $(VENV)  ## Python: rules and formatting
	@$(STEP) ruff sh -c 'ruff check . && ruff format --check .'
mypy: $(VENV)  ## Python: types, strict
	@$(STEP) mypy mypy
yamllint: $(VENV)  ## YAML style, warnings are errors
	@$(STEP) yamllint yamllint --strict .
ansible-lint: $(VENV)  ## Roles and playbooks, profile production
	@$(STEP) ansible-lint ansible-lint --offline --strict
changelog: $(VENV)  ## Changelog fragments
	@$(STEP) "Changelog fragments" antsibull-changelog lint
size: $(VENV)  ## Files of at most 400 lines, functions of at most 40
	@$(STEP) "File and function sizes" python tests/gates/size.py
deprecations: $(VENV)  ## Deprecation and other warnings in playbooks, roles and documentation
	@$(STEP) "Deprecations on ansible-core 2.19" python tests/gates/deprecations.py
artifact: $(VENV)  ## The built collection works installed, away from the clone
	@$(STEP) "Built artifact" tests/gates/artifact
sanity: $(VENV) $(NEXT)  ## ansible-test sanity
	@$(STEP) "ansible-test sanity" tests/gates/sanity
next-unit: $(VENV) $(NEXT)  ## Unit tests on ansible-core 2.21 and Python 3.13
	@$(STEP) "Unit tests on ansible-core 2.21" .venv-next/bin/python -m pytest tests/unit
next-syntax: $(VENV) $(NEXT)  ## Playbooks, roles and documentation on ansible-core 2.21
	@$(STEP) "Syntax and deprecations on ansible-core 2.21" .venv-next/bin/python tests/gates/deprecations.py

# Tests

HOSTS := python -m pytest -v --durations=25

.PHONY: unit contracts system core-drills sample drills bench
unit: $(VENV)  ## Unit tests; the pure files at 100 % of their branches
	@$(STEP) "Unit tests" python -m pytest tests/unit --cov --cov-report=term:skip-covered
contracts: $(VENV)  ## What the linters do not see: specs, variables, layering, ownership
	@$(STEP) "Contracts" python -m pytest tests/contracts
system: $(VENV)  ## Modules and roles on real hosts
	@$(STEP) "System tests" $(HOSTS) -m "not long" tests/system
core-drills: $(VENV)  ## The deployed platform: converged, watched, broken in the ways that matter most
	@$(STEP) "Core drills" $(HOSTS) -m "not long" tests/drills
sample: $(VENV)  ## The sample platform's own tests, against a PostgreSQL and Redis of this machine
	@$(STEP) "Sample platform" tests/gates/sample
drills: $(VENV) sample  ## All drills, and the long system tests that `make test` leaves out
	@$(STEP) "Drills" $(HOSTS) tests/drills
	@$(STEP) "Long system tests" $(HOSTS) -m long tests/system
bench: $(VENV)  ## Performance figures
	@$(STEP) "Performance" python -m pytest -v -s tests/bench

# Maintenance

docs: $(VENV)  ## Write what follows from the tables: manuals and the role's specification
	@PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) python docs/generate.py
format: $(VENV)  ## Format the Python files and apply the safe fixes
	@ruff format . && ruff check --fix .
requirements:  ## Freeze requirements/*.in into requirements/*.txt
	@tests/gates/freeze test 3.11+
	@tests/gates/freeze next 3.13
