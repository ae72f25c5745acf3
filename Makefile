# The two commands are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.DELETE_ON_ERROR:
NODE_MODULES := node_modules/.package-lock.json

.PHONY: help demo test test-all check engine build bench clean-engine clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: engine build ## Ship the three example services to a local registry and Swarm, and call them
	@node scripts/run.mjs test/demo/demo.ts

test: engine build ## Every check and every test
	@node test/run-tests.mjs

test-all: engine build ## `make test` with every fixture that can be built here, all of them fuzzed (hours)
	@test/engine/haproxy-3.sh
	@SLIPWAY_FIXTURES=all SLIPWAY_FUZZ=all node test/run-tests.mjs

check: build ## Types, lint, layers, dead code: the part of `make test` that needs no engine
	@node test/run-tests.mjs --checks

engine: ## Engine, registry, Swarm and stand-in images on this machine
	@test/engine/up.sh

build: $(NODE_MODULES) ## Compile to dist/
	@npm run --silent build

bench: engine build ## Measure; writes bench/results.md
	@npm run --silent bench

clean-engine: ## Remove everything that demo and test made on this machine's engine
	@test/engine/down.sh

clean: ## Remove what was compiled and installed here
	@rm -rf dist node_modules

$(NODE_MODULES): package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
