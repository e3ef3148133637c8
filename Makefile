# Everything sets up what it needs, from a bare clone, below .venv and .build. `make help` lists the targets.
PYTHON ?= python3.13
CONFIG ?= default
PORT ?= $(or $(KAIZEN_PORT),8700)
OSCILLATORS ?= 100000
REGION ?= $(or $(AWS_REGION),$(AWS_DEFAULT_REGION),eu-west-1)

UV := .build/bootstrap/bin/uv
PY := .venv/bin/python
SAM := SAM_CLI_TELEMETRY=0 .build/sam/bin/sam
SOURCES := layers/common/kaizen functions local tests benchmarks docs examples tools conftest.py
PYTEST := $(PY) -m pytest
SIDE_BY_SIDE := -n auto --dist worksteal # as many processes as there are cores
# Targets two at a time, where one alone leaves a core idle: each one's output comes as a whole when it has ended.
SIDE = $(MAKE) -j2 --output-sync=target
LOCK := $(UV) pip compile pyproject.toml --python-version 3.13 --generate-hashes --no-emit-index-url --no-header --no-annotate -q

# What an installer says itself stands above it.
NOT_INSTALLED = { echo "error: $(@D) could not be installed: is there no network, or no space left on the disk? Then run the same command again."; exit 2; }

# Compiled modules are kept, in one place beside no source. Some machines switch that off for everything: a start of the
# stack then compiles boto3 once more for each function, which took two thirds of its processor time.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/bytecode
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo test browser-tier stack-tier template rewritten check soak simulate simulate-bandwidth lint unit tools bench build deploy policy lock clean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# In the background Ctrl-C does not reach Python, which would show a traceback until it is ready to end in order.
UNTIL_CTRL_C = & child=$$!; trap 'kill $$child 2> /dev/null' INT TERM HUP; \
	while kill -0 $$child 2> /dev/null; do wait $$child 2> /dev/null; code=$$?; done; [ $$code = 143 ] || exit $$code

run: .build/.stack ## the whole system on this machine, with sample deliveries; Ctrl-C ends it
	@MALLOC_ARENA_MAX=2 PYTHONPATH=layers/common $(PY) -m local run --port "$(PORT)" --oscillators "$(OSCILLATORS)" $(if $(POLICY),--policy "$(POLICY)") $(UNTIL_CTRL_C)

demo: .build/.stack ## the same, with every step checked; exits non-zero when one is missing
	@MALLOC_ARENA_MAX=2 PYTHONPATH=layers/common $(PY) -m local demo --port "$(PORT)" --oscillators "$(OSCILLATORS)" $(if $(POLICY),--policy "$(POLICY)") $(UNTIL_CTRL_C)

test: tools ## every tier of tests
	@echo "== what is needed, lint and template, side by side"
	@$(SIDE) lint template .build/.stack .build/node/.done rewritten
	@echo "== unit, architecture, contract"
	@$(PYTEST) $(SIDE_BY_SIDE) tests/unit tests/architecture tests/contract
	@echo "== rules"
	@$(PYTEST) $(SIDE_BY_SIDE) tests/rules
	@echo "== browser and stack, side by side"
	@$(SIDE) browser-tier stack-tier
	@echo "== all tiers passed"

browser-tier: # one page after the other, mostly waited for
	@echo "== browser"
	@$(PYTEST) tests/browser

stack-tier: # a module stays in one process, with its stack
	@echo "== stack"
	@MAKEFLAGS= MFLAGS= $(PYTEST) -n auto --dist loadfile tests/stack # it calls make itself, which is to say all at once

template: .build/sam/.done
	@echo "== template: sam validate, sam build"
	@$(SAM) validate --lint --region $(REGION)
	@$(SAM) build --build-dir .build/aws > .build/sam-build.log 2>&1 || { cat .build/sam-build.log; exit 1; }

rewritten: .venv/.done # pytest's own form of the test modules, which each of its processes would make anew in a fresh clone
	@$(PYTEST) --collect-only -qq tests/unit tests/architecture tests/contract > .build/collected.log 2>&1 || { cat .build/collected.log; exit 1; }

check: export KAIZEN_PROFILE := fast
check: .venv/.done lint unit ## lint, types, and the unit tests with a tenth of their examples

soak: export KAIZEN_PROFILE := soak
soak: .venv/.done unit ## the unit tests with fifty times as many examples: a matter of hours

simulate: .venv/.done ## a month of a fleet whose true use is known, and what the sandbox reaper did; DAYS, SANDBOXES and SEED change it
	@PYTHONPATH=layers/common:functions:. $(PY) -m tests.unit.sandboxes.simulate $(if $(DAYS),--days $(DAYS)) $(if $(SANDBOXES),--sandboxes $(SANDBOXES)) $(if $(SEED),--seed $(SEED))

simulate-bandwidth: .venv/.done ## three years of fleets whose true traffic is known, and what the bandwidth log told of; FLEETS and RISES change it
	@PYTHONPATH=layers/common:functions:. $(PY) -m tests.unit.bandwidth.simulate $(if $(FLEETS),--fleets $(FLEETS)) $(if $(RISES),--rises $(RISES))

lint: .venv/.done
	@echo "== ruff, mypy"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@$(PY) -m mypy $(SOURCES)

unit: .venv/.done .build/node/.done
	@echo "== unit, architecture"
	@$(PYTEST) $(SIDE_BY_SIDE) tests/unit tests/architecture

tools: # Debian's programs, which the tests use for real
	@for pair in promtool:prometheus jsonnet:jsonnet jq:jq prometheus-alertmanager:prometheus-alertmanager chromium:chromium node:nodejs npm:npm; do \
		command -v $${pair%%:*} > /dev/null || missing="$$missing $${pair##*:}"; done; \
	if [ -n "$$missing" ]; then \
		command -v apt-get > /dev/null || { echo "Please install:$$missing"; exit 2; }; \
		echo "== installing Debian packages:$$missing"; \
		sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing > /dev/null; \
	fi

bench: tools .build/.stack .build/bench/.done .build/peers/.done ## ours against a baseline or peer, side by side
	@failed=; for each in $$(grep -l __main__ benchmarks/*.py); do name=$$(basename $$each .py); echo "== $$name"; \
	PYTHONPATH=layers/common:functions:. .build/bench/bin/python -m benchmarks.$$name || failed="$$failed $$name"; done; \
	test -z "$$failed" || { echo "over their bars, or broken:$$failed"; exit 1; }

build: .build/sam/.done ## validate the template and build what is deployed
	@$(SAM) validate --lint --region $(REGION)
	@$(SAM) build --build-dir .build/aws

deploy: build .venv/.done ## build and deploy; CONFIG=prod chooses another part of samconfig.toml
	@overrides=$$($(PY) -m tools.overrides --config $(CONFIG)) && eval "set -- $$overrides" && \
	$(SAM) deploy --template-file .build/aws/template.yaml --config-file "$(CURDIR)/samconfig.toml" --config-env $(CONFIG) --region $(REGION) \
		--parameter-overrides "$$@"

policy: .venv/.done ## check FILE, show what it changes, and put it in force on the stack of CONFIG
	@test -n "$(FILE)" || { echo "error: name the policy's file: make policy FILE=policy.toml"; exit 2; }
	@PYTHONPATH=layers/common $(PY) -m tools.policy "$(FILE)" --config $(CONFIG) $(if $(YES),--yes)

lock: .venv/.done ## write the lock files again
	@$(LOCK) --group layer-common --group layer-numeric --group runtime --group local --group dev -o requirements/dev.txt
	@$(LOCK) -c requirements/dev.txt --group layer-common -o layers/common/requirements.txt
	@$(LOCK) -c requirements/dev.txt --group layer-numeric -o layers/numeric/requirements.txt
	@$(LOCK) -c requirements/dev.txt --group runtime -o requirements/runtime.txt
	@$(LOCK) -c requirements/dev.txt --group layer-common --group layer-numeric --group runtime --group local --group dev --group bench -o requirements/bench.txt
	@$(LOCK) --group sam -o requirements/sam.txt
	@$(LOCK) --group bootstrap -o requirements/bootstrap.txt
	@for each in node peers; do npm install --prefix requirements/$$each --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --silent || exit 1; done

clean: ## remove what the targets installed and built
	rm -rf .build .venv .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ---------------------------------------------------------------- environments
.build/bootstrap/.done: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2> /dev/null \
		|| { echo "Python 3.13 is needed and $(PYTHON) is not it; try: pyenv install 3.13"; exit 2; }
	@echo "== installing uv, the installer, into .build/bootstrap"
	@$(PYTHON) -m venv .build/bootstrap || $(NOT_INSTALLED)
	@.build/bootstrap/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt || $(NOT_INSTALLED)
	@touch $@

.venv/.done: requirements/dev.txt .build/bootstrap/.done
	@echo "== installing $$(grep -c == $<) Python packages into .venv"
	@$(UV) venv -q --clear --python .build/bootstrap/bin/python .venv || $(NOT_INSTALLED)
	@$(UV) pip sync -q --require-hashes --python $(PY) $< || $(NOT_INSTALLED)
	@touch $@

.build/sam/.done: requirements/sam.txt .build/bootstrap/.done
	@echo "== installing aws-sam-cli (with the Runtime Interface Emulator) into .build/sam"
	@$(UV) venv -q --clear --python .build/bootstrap/bin/python .build/sam || $(NOT_INSTALLED)
	@$(UV) pip sync -q --require-hashes --python .build/sam/bin/python $< || $(NOT_INSTALLED)
	@touch $@

.build/node/.done: requirements/node/package.json requirements/node/package-lock.json
	@echo "== installing the tests' npm packages into .build/node"
	@mkdir -p .build/node && cp $^ .build/node/
	@npm ci --prefix .build/node --no-audit --no-fund --silent || $(NOT_INSTALLED)
	@touch $@

.build/peers/.done: requirements/peers/package.json requirements/peers/package-lock.json
	@echo "== installing the heatmap's peers, npm packages, into .build/peers"
	@mkdir -p .build/peers && cp $^ .build/peers/
	@npm ci --prefix .build/peers --no-audit --no-fund --silent || $(NOT_INSTALLED)
	@touch $@

.build/bench/.done: requirements/bench.txt .build/bootstrap/.done
	@echo "== installing $$(grep -c == $<) Python packages, the benchmarks' peers among them, into .build/bench"
	@$(UV) venv -q --clear --python .build/bootstrap/bin/python .build/bench || $(NOT_INSTALLED)
	@$(UV) pip sync -q --require-hashes --python .build/bench/bin/python $< || $(NOT_INSTALLED)
	@touch $@

.build/runtime/.done: requirements/runtime.txt .venv/.done
	@echo "== installing what Lambda's runtime brings along into .build/runtime"
	@rm -rf .build/runtime
	@$(UV) pip install -q --require-hashes --python $(PY) --target .build/runtime -r $< || $(NOT_INSTALLED)
	@touch $@

.build/layers/%/.done: layers/%/requirements.txt .venv/.done
	@echo "== building the layer $* for this machine into .build/layers"
	@rm -rf .build/layers/$*
	@$(UV) pip install -q --require-hashes --python $(PY) --target .build/layers/$* -r $< || $(NOT_INSTALLED)
	@touch $@

.build/.stack: .venv/.done .build/sam/.done .build/runtime/.done .build/layers/common/.done .build/layers/numeric/.done
	@touch $@
