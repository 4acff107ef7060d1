# Every target sets up what it needs. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete

# Where it is set, every process would compile all of its modules again: a third of its start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo docs walkthrough-python walkthrough-node accuracy benchmark-radar benchmark-registry benchmark-fit
.PHONY: benchmark-gateway benchmark-scale benchmark-stream benchmark-index compare-aapt compare-bundletool test test-again laws soak fault-download check lint
.PHONY: access-matrix fuzz fuzz-packages simulate-scaling kubernetes up-scale down-scale compose-scale-smoke
.PHONY: abuse types imports contract contract-breaking contract-release protos up down compose-smoke clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(STAMP) ## Make .venv with everything installed; the commands are in .venv/bin

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "AppShare needs Python 3.11 or newer: make PYTHON=python3.11 setup" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup ## Play the whole job on real packages: make demo, or make demo APKS=folder
	@$(BIN)/python -m demo $(if $(APKS),--apks '$(APKS)')

docs: setup ## Write docs/recording.md (the demo) and docs/commands.md (every help) as they are now
	@$(BIN)/python -m demo.recording
	@$(BIN)/python -m demo.command_reference

walkthrough-python: setup ## Play the Python program of docs/integrating.md on a cloud of its own
	@$(BIN)/python -m demo.walkthrough python

walkthrough-node: setup ## Play the Node program of docs/integrating.md; it needs Node 18 or newer with npm
	@$(BIN)/python -m demo.walkthrough node

accuracy: setup ## Measure the rules of friendship on a social graph: make accuracy GRAPH=file [OUT=folder]
	$(if $(GRAPH),,$(error say which list of edges: make accuracy GRAPH=file))
	@$(BIN)/python -c 'import matplotlib' 2>/dev/null || $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[accuracy]'
	@$(BIN)/python -m benchmarks.accuracy $(if $(OUT),--out '$(OUT)') '$(GRAPH)'

benchmark-radar: setup ## Measure RelationRadar beside bare SQLite: make benchmark-radar [DEVICES=10000] [STORE=postgresql]
	@$(BIN)/python -m benchmarks.radar --devices $(or $(DEVICES),10000) $(if $(STORE),--store $(STORE))

benchmark-registry: setup ## Measure ShareRegistry beside bare SQLite: make benchmark-registry [OWNERS=10000] [STORE=postgresql]
	@$(BIN)/python -m benchmarks.registry --owners $(or $(OWNERS),10000) $(if $(STORE),--store $(STORE))

benchmark-gateway: setup ## Measure the whole cloud beside bare gRPC with the same hops: [CALLS=600] [STORE=postgresql]
	@$(BIN)/python -m benchmarks.gateway --calls $(or $(CALLS),600) $(if $(STORE),--store $(STORE))

benchmark-scale: setup ## Measure PostgreSQL beside SQLite, and workers: [DEVICES=2000] [OWNERS=1000] [CALLS=320] [ROUNDS=3]
	@GRPC_VERBOSITY=NONE $(BIN)/python -m benchmarks.scale --devices $(or $(DEVICES),2000) --owners $(or $(OWNERS),1000) --calls $(or $(CALLS),320) \
	  --rounds $(or $(ROUNDS),3)

benchmark-fit: setup ## Measure matches among 10 and 10,000 packages, and ingestion: make benchmark-fit [PACKAGES=10000]
	@$(BIN)/python -m benchmarks.fit --packages $(or $(PACKAGES),10000)

compare-aapt: setup ## Compare what we read of real packages with aapt and apksigner: each difference with its reason
	@$(BIN)/python -m benchmarks.reference

benchmark-stream: setup ## Measure downloads through the gateway beside bare streams: [MIB=128] [CHUNKS=64,256,512,1024] [OUT=file]
	@$(BIN)/python -m benchmarks.stream $(if $(MIB),--mib $(MIB)) $(if $(CHUNKS),--chunks $(CHUNKS)) $(if $(OUT),--out '$(OUT)')

simulate-scaling: setup ## Plan for 100 million devices on paper, simulate storms and fan-out: [DEVICES=n] [CONTACTS=n] [OUT=folder]
	@$(BIN)/python -c 'import matplotlib' 2>/dev/null || $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[accuracy]'
	@$(BIN)/python -m benchmarks.scaling $(if $(DEVICES),--devices $(DEVICES)) $(if $(CONTACTS),--contacts $(CONTACTS)) $(if $(OUT),--out '$(OUT)')

benchmark-index: setup ## Measure what a large index of an upstream costs in time and memory: make benchmark-index [MIB=50]
	@$(BIN)/python -m benchmarks.upstream_index --mib $(or $(MIB),50)

compare-bundletool: setup ## Compare the files that we choose from split sets with bundletool's (needs Java): [SPECS=300] [OUT=file]
	@$(BIN)/python -m benchmarks.bundletool $(if $(SPECS),--specs $(SPECS)) $(if $(OUT),--out '$(OUT)')

fuzz-packages: setup ## Read packages that are damaged at random: make fuzz-packages [SECONDS=180] [FIRST=1]
	@$(BIN)/python -m benchmarks.fuzz --seconds $(or $(SECONDS),180) --first $(or $(FIRST),1)

test: setup ## Run the whole suite; with STORE=postgresql what starts clouds and processes, on that engine [TESTS=folders]
	$(if $(STORE),APPSHARE_TEST_STORE=$(STORE)) tests/in_memory $(BIN)/pytest -n $$(($$(nproc) + 1)) --dist loadgroup $(TESTS)  # many tests wait

test-again: setup ## Run what failed in the last run once more, one after the other
	$(if $(STORE),APPSHARE_TEST_STORE=$(STORE)) tests/in_memory $(BIN)/pytest -n 1 --dist loadgroup --last-failed --last-failed-no-failures none

laws: setup ## Check every law on a thousand examples that are drawn at random
	$(BIN)/pytest -n $$(nproc) -m hypothesis --hypothesis-profile thorough --timeout 1800

kubernetes: setup ## Check deploy/kubernetes against the schemas of Kubernetes, offline (needs kubectl)
	@$(BIN)/python -c 'import kubernetes_validate' 2>/dev/null || $(BIN)/pip install --quiet --constraint constraints.txt --editable '.[kubernetes]'
	@$(BIN)/pytest -q tests/unit/deploy

soak: setup ## Kill processes while ten thousand pushes run: make soak, or make soak PUSHES=number
	@SOAK_PUSHES=$(or $(PUSHES),10000) $(BIN)/pytest tests/e2e/test_soak.py

access-matrix: setup ## Ask a running cloud what every RPC gives to whom, and compare with the table
	@$(BIN)/python -m tests.integration.access.matrix

fuzz: setup ## Call a cloud of its own oddly for a while: make fuzz [SECONDS=120] [SEED=number]
	@$(BIN)/python -m tests.e2e.fuzzing $(or $(SECONDS),120) $(SEED)

abuse: setup ## Attack clouds of its own with connections, and measure: make abuse [CONNECTIONS=10000] [SECONDS=15]
	@$(BIN)/python -m tests.e2e.abuse $(or $(CONNECTIONS),10000) $(or $(SECONDS),15)

fault-download: setup ## Cut one download at random bytes and kill services: make fault-download, or CUTS=number
	@FAULT_CUTS=$(or $(CUTS),200) $(BIN)/pytest tests/e2e/test_download_faults.py

check: setup lint types imports contract contract-breaking ## Everything that needs no running system

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

contract: setup
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code protos
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && protos/generate.sh "$$out" \
	  && diff -r -x __pycache__ "$$out" protos/gen \
	  || { echo "protos/gen is not what the protos generate: run make protos" >&2; exit 1; }

contract-breaking: setup ## Refuse what breaks the contract of the last release
	protos/breaking.sh

contract-release: setup ## Make protos/ the contract of a release, which later changes are compared with
	protos/release.sh

protos: setup ## Generate the Python stubs from protos/
	protos/generate.sh

up: ## Build the image and start the four services with docker-compose
	deploy/compose up --build --detach

down: ## Stop them; the volumes stay
	deploy/compose down

compose-smoke: setup ## Run the flow against a compose deployment, restart it, show that nothing was lost
	@$(BIN)/python -m demo.compose

up-scale: ## The same in two copies of each on PostgreSQL, NATS and a bucket
	deploy/scale/make-secrets
	COMPOSE_FILE=docker-compose.scale.yml deploy/compose up --build --detach

down-scale: ## Stop them; the volumes stay
	COMPOSE_FILE=docker-compose.scale.yml deploy/compose down

compose-scale-smoke: setup ## Run the flow against two copies of each, kill one of each, then all: FROM_PYPI=1 without those images
	@$(BIN)/python -m demo.compose_scale $(if $(FROM_PYPI),--from-pypi)

clean: ## Remove the virtual environment and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	cd docs/examples && rm -rf python/.venv node/node_modules node/build */generated
