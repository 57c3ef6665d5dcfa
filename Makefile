# SPDX-License-Identifier: Apache-2.0

# One build mode for everything that links nuclei, so that it is compiled once.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath -buildvcs=false

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOL := go tool -modfile=go.tool.mod

# What links nuclei is tested apart, without the race detector: building nuclei
# twice would double the time of the whole suite.
HEAVY := ./scanner/probes/nuclei/worker/... ./cmd/templates/... ./cmd/internal/journey/... ./cmd/aggregator/internal/chaos/...

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the four programs into bin/
	@scripts/build.sh bin $(VERSION)

demo: build ## a synthetic hospital scanned, its bundle sent, shown and filed (ONCE=1 ends by itself)
	@ONCE=$(ONCE) scripts/demo.sh

test: ## install what the tests need, run them all, close with the counts
	@scripts/test.sh "$(HEAVY)"

test-light: ## everything that does not compile nuclei, with the race detector
	CGO_ENABLED=1 go test -race -shuffle=on $$(go list ./... | grep -vE '^carescan/(scanner/probes/nuclei/worker|cmd/templates|cmd/internal/journey|cmd/aggregator/internal/chaos)')

test-heavy: ## what links nuclei or drives the real programs
	go test -shuffle=on -timeout 30m $(HEAVY)

lint: ## style and mistakes, with the pinned linter
	$(TOOL) golangci-lint run ./...

generate: ## registry, pages of checks, documentation of agent.yaml, dependency lists
	go generate ./checks ./cmd/agent/internal/sources
	scripts/deps.sh

golden: ## rewrite every expectation; read the difference
	go test ./checks ./scanner ./scanner/settings $(addprefix ./reports/render/,csv dossier html json table) ./cmd/agent/internal/sources -update

check: generate ## all a reviewer expects
	@git diff --exit-code --stat -- checks docs || { echo "generated files are not up to date: commit the difference above"; exit 1; }
	$(MAKE) lint test

new-check: ## scaffold a check: make new-check ID=exposure.caa-record FACT=dns-zone REF=EXP-DNS-13
	go run ./checks/internal/newcheck -id $(ID) -fact $(FACT) $(if $(REF),-reference $(REF))
	go generate ./checks

pictures: ## open every page in Chromium and leave pictures under demo/pictures
	@mkdir -p demo/pictures
	CARESCAN_PICTURES=$(CURDIR)/demo/pictures go test -count=1 -run TestPages ./cmd/internal/journey

bench: build ## what a scan costs, as ratios and counts taken in one run
	@scripts/bench.sh

chaos: ## the programs of a region killed, paused, cut off and starved at every step (ROUNDS=1000, SEED=…, ENGINE=sqlite)
	go test -count=1 -timeout 12h -v -run 'TestChaos/$(ENGINE)' ./cmd/aggregator/internal/chaos -clock -rounds $(or $(ROUNDS),1000) -seed $(or $(SEED),0)

fuzz: ## every fuzz target for FUZZTIME each (default 20s)
	scripts/fuzz.sh $(or $(FUZZTIME),20s)

lab: build ## a synthetic hospital on loopback, to try everything against
	bin/carescan-lab

.PHONY: bench help build demo test test-light test-heavy lint generate golden check new-check pictures chaos fuzz lab
