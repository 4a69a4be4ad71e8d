# `make` alone lists what there is. Nothing has to be done before `make demo` or `make test`.

PYTHON = $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo wordpress test system check bench search carry quality learn crash probe plugin translations letters screenshots cost clean

help: ## this list
	@sed -n 's/^\([a-z][a-z]*\):.*## /\1|/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

install: $(VENV)/.installed ## .venv with the `bridge` command in it
	@echo "installed: $(BIN)/bridge"

demo: $(VENV)/.installed ## three conversations through the real thing, in this terminal, in seconds
	@$(BIN)/bridge demo

wordpress: system $(VENV)/.dev ## a real WordPress shop with the plugin, to click through; Ctrl-C ends it
	@PYTHONPATH=tests $(BIN)/python tests/wordpress/playground.py

test: system $(VENV)/.dev ## every test; as root on Debian or Ubuntu it installs what they need first
	@$(BIN)/python tests/lanes.py; code=$$?; $(BIN)/python tests/skips.py build/tests.xml; exit $$code

check: $(VENV)/.dev ## lint, format, types, direction of imports, PHP and shell syntax, docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports
	@sh tests/syntax.sh
	@$(BIN)/python -m pytest -q tests/unit/test_docs.py tests/unit/test_docker.py

bench: $(VENV)/.dev ## the cost of a turn, beside a hello-world in the same run; writes build/bench.json
	@$(BIN)/python tests/bench/bench.py $(BENCH)

search: $(VENV)/.dev ## how long the search among 5,000 pages takes, on SQLite and PostgreSQL
	@PYTHONPATH=tests $(BIN)/python tests/bench/searching.py $(SEARCH)

carry: $(VENV)/.dev ## how many turns a second SQLite and PostgreSQL carry, with one sidecar and with several
	@PYTHONPATH=tests $(BIN)/python tests/bench/carry.py $(CARRY)

quality: $(VENV)/.dev ## how well the triggers tell who needs a person, against the goals; writes build/quality.json
	@PYTHONPATH=tests $(BIN)/python -m quality $(QUALITY)

learn: $(VENV)/.dev ## the learned weights of each language, anew from our phrases and the folder that BRIDGE_QUALITY_DATA names
	@$(PIP) install -c requirements-lock.txt -e '.[learn]'
	@PYTHONPATH=tests $(BIN)/python -m quality.learn $(LEARN)

crash: system $(VENV)/.dev ## kill storms, power cuts, full disks: what was lost or doubled; writes build/crash.json
	@PYTHONPATH=tests $(BIN)/python -m crash $(CRASH)
	@ESCBRIDGE_MACHINES=1000 $(BIN)/python -m pytest tests/crash/test_many_machines.py
	@ESCBRIDGE_RACES=10000 $(BIN)/python -m pytest tests/integration/test_answer_races.py
	@ESCBRIDGE_VISITS=500 $(BIN)/python -m pytest tests/integration/test_timing.py
	@BRIDGE_TEST_MONTH=2000 $(BIN)/python -m pytest tests/integration/test_month.py

probe: $(VENV)/.dev ## sqlmap on every call of the API, in minutes: whether anything can be injected
	@$(PIP) install -c requirements-lock.txt -e '.[probe]'
	@PYTHONPATH=tests $(BIN)/python -m probe $(PROBE)

plugin: $(VENV)/.installed ## build/escalation-bridge.zip, to be installed in WordPress
	@$(BIN)/python wp-plugin/build_zip.py

translations: system $(VENV)/.installed ## the plugin's texts in every language anew from its code; names what is not translated yet
	@$(BIN)/python wp-plugin/translations.py

letters: $(VENV)/.dev ## every mail that is sent, as HTML, text and pictures, into build/letters
	@PYTHONPATH=tests $(BIN)/python tests/browser/letters.py

screenshots: system $(VENV)/.dev ## pictures of every page that people see, from a real WordPress, into build/screenshots
	@PYTHONPATH=tests $(BIN)/python tests/wordpress/screenshots.py

cost: system $(VENV)/.dev ## what the plugin costs a site: bytes, requests, time on a page and in PHP; writes build/cost.json
	@PYTHONPATH=tests $(BIN)/python tests/wordpress/cost.py $(COST)

clean: ## away with what was built or cached; .venv and databases stay
	@rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis .coverage
	@find bridge scheduler tests wp-plugin -name __pycache__ -type d -prune -exec rm -rf {} +

# -- what the targets above stand on -----------------------------------------------------------------------------------

system:
	@tests/install_system.sh

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed, and there is none on the PATH." >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: pyproject.toml requirements-lock.txt | $(BIN)/python
	@echo "installing into $(VENV)"
	@$(PIP) install -c requirements-lock.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@echo "installing what tests and checks need into $(VENV)"
	@$(PIP) install -c requirements-lock.txt -e '.[dev,postgres]'
	@touch $@
