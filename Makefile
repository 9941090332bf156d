# `make` builds the filter, `make help` lists the rest. Nothing here needs more than make, bash, Rust and Python:
# what else is missing is installed under target/, or (wasm's standard library) as .ci/wasm says.

ENVOY_VERSION ?= 1.40.0
FUZZ_SECONDS ?= 60
ENVOY ?= $(CURDIR)/target/tools/envoy-$(ENVOY_VERSION)/bin/envoy

# Where tests, benchmarks and the demo find the filter that ships and a real Envoy.
export TOOLGATE_WASM := $(CURDIR)/target/toolgate.wasm
export TOOLGATE_ENVOY := $(ENVOY)

.DEFAULT_GOAL := wasm
.NOTPARALLEL:
.PHONY: help wasm toolgate envoy lint deny test demo demo-rest bench soak fuzz vectors conformance clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

wasm: ## build the filter, target/toolgate.wasm (the default)
	@.ci/wasm build -p toolgate --release --locked
	@cmp -s target/wasm/wasm32-wasip1/release/toolgate.wasm $(TOOLGATE_WASM) || \
		{ cp target/wasm/wasm32-wasip1/release/toolgate.wasm $(TOOLGATE_WASM) && ls -l $(TOOLGATE_WASM); }

toolgate: ## build the command for operators, target/toolgate
	@cargo build --locked --quiet --profile host -p toolgate-host-tests --bin toolgate
	@cp target/host/toolgate target/toolgate

envoy: $(ENVOY)

$(CURDIR)/target/tools/envoy-%/bin/envoy:
	@.ci/envoy $*

test: ## lint, then run all tests: native, in the wasm host, through a real Envoy
# The filter is built while the sources are read: neither keeps two cores busy all the time.
	@$(MAKE) --no-print-directory filter & filter=$$!; .ci/lint host; linted=$$?; wait $$filter && exit $$linted
	@.ci/test

.PHONY: filter
filter:
	@.ci/lint filter
	@$(MAKE) --no-print-directory wasm envoy

lint: ## format and clippy, for this machine and for wasm, warnings are errors
	@.ci/lint

deny: ## licences, duplicate and foreign crates (installs cargo-deny)
	@.ci/deny

demo: wasm envoy ## a good and a manipulated agent call an MCP server through Envoy
	@cargo run --locked --quiet -p toolgate-demo

demo-rest: wasm envoy ## the same agents at a REST API
	@cargo run --locked --quiet -p toolgate-demo -- rest

bench: wasm envoy ## CPU and latency beside Envoy's own filters; writes target/bench/summary.json
	@cargo run --locked --quiet --profile host -p toolgate-host-tests --bin bench

.PHONY: bench-reader
bench-reader: ## how fast JSON is read in V8, which Envoy runs the filter in (Node.js)
	@.ci/bench-reader

soak: wasm envoy ## 200,000 requests with the collector of records stopped and started again in between
	@TOOLGATE_SOAK=200000 cargo test --locked --profile host -p toolgate-host-tests --test export -- --nocapture

.PHONY: rotation
rotation: wasm envoy ## ten minutes of traffic through two workers, the issuer's keys rotating each minute
	@TOOLGATE_ROTATION=600 cargo test --locked --profile host -p toolgate-host-tests --test rotation -- --nocapture

.PHONY: oauth-test
oauth-test: wasm envoy ## a real OAuth server and MCP client through Envoy: discovery, PKCE, DPoP, refresh, revocation (npm)
	@mkdir -p target/oauth-test && cp host-tests/oauth/package.json host-tests/oauth/stage.mjs target/oauth-test/
	@cd target/oauth-test && npm install --no-audit --no-fund --no-package-lock --loglevel error
	@TOOLGATE_OAUTH_STAGE=$(CURDIR)/target/oauth-test cargo test --locked -p toolgate-host-tests --test oauth -- --nocapture

fuzz: ## fuzz what reads untrusted bytes, FUZZ_SECONDS for each target (installs cargo-fuzz)
	@.ci/fuzz $(FUZZ_SECONDS)

vectors: ## run the public test suites, a line for each
	@.ci/vectors

conformance: wasm envoy ## official MCP clients, servers and conformance suite, with and without the gate
	@.ci/conformance

.PHONY: reference
reference: ## write what is made from the types: JSON Schemas and the table of every configuration field, in envoy/
	@TOOLGATE_UPDATE=1 cargo test --quiet --locked -p toolgate --lib config::reference

.PHONY: peers
peers: wasm envoy ## decision services of others behind a real Envoy: Cerbos (installs its npm package)
	@.ci/peers

.PHONY: budgets
budgets: wasm envoy ## budgets of a fleet: two Envoys, a rate limit service on limitador, Redis (installs Debian's redis-tools)
	@.ci/budgets

.PHONY: assertion
assertion: wasm envoy ## an upstream in Python that verifies the gate's assertions, behind a real Envoy (installs PyJWT)
	@.ci/assertion

.PHONY: older-envoys
older-envoys: wasm ## every scenario through older Envoys, 1.36 to 1.39
	@set -e; for version in 1.36.4 1.37.0 1.38.2 1.39.3; do \
		$(MAKE) --no-print-directory envoy ENVOY_VERSION=$$version; \
		TOOLGATE_ENVOY=$(CURDIR)/target/tools/envoy-$$version/bin/envoy cargo test --locked --quiet -p toolgate-host-tests --test scenarios -- a_real_envoy; \
	done

.PHONY: manifests
manifests: ## the manifests for Istio and Envoy Gateway against those APIs' own schemas (installs them by npm)
	@.ci/manifests

.PHONY: package reproduce
package: wasm ## the filter as an OCI image layout, with bill of materials and checksums, in target/package
	@.ci/package

reproduce: wasm ## build once more in another folder: is the filter the same?
	@.ci/reproduce

clean: ## remove everything that was built
	cargo clean

.PHONY: playground playground-test
playground: ## a page that explains verdicts, in target/playground; serves it on 127.0.0.1:8700
	@.ci/playground

playground-test: ## the page in a real Chromium; screenshots in target/playground-test
	@.ci/playground test

.PHONY: approval-test
approval-test: wasm envoy ## a person approves in a real Chromium, by itself and in the demo; screenshots in target/approval-test
	@.ci/approval-page

.PHONY: postgres-test
postgres-test: ## the decision service's approvals in a throw-away PostgreSQL (installs Debian's where there is none)
	@.ci/postgres
