# The day's work. `make` alone lists the targets.
.DEFAULT_GOAL := help
GATEWRIGHT ?= cargo run --quiet --locked --
PEERS ?= target/peers
N ?= 1 10 100 1000

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-16s %s\n", $$1, $$2 }'

.PHONY: resolve-groups
resolve-groups: ## Render the manifests of features.yaml and check them
	@$(GATEWRIGHT) render
	@$(GATEWRIGHT) check

.PHONY: diff
diff: ## Show what rendering would change
	@$(GATEWRIGHT) diff

.PHONY: test
test: ## Run all tests
	cargo test --locked

.PHONY: accept
accept: ## Make today's output the promise of the golden cases and diagnostics; review it with git diff
	UPDATE_GOLDEN=1 cargo test --locked --test golden --test diagnostics

.PHONY: lint
lint: ## Format and clippy, as CI runs them
	cargo fmt --check
	cargo clippy --locked --all-targets -- --deny warnings

.PHONY: bench
bench: ## Time fleets of N="1 10 100 1000" clusters beside helm, kustomize, jsonnet, cue, kcl, kapitan and cdk8s (benches/peers/)
	cargo build --release --locked
	-benches/peers/install $(PEERS)
	$(PEERS)/venv/bin/python benches/peers/prove.py $(PEERS) target/release/gatewright
	$(PEERS)/venv/bin/python benches/peers/run.py --tools $(PEERS) --write -- $(N)

.PHONY: bench-builds
bench-builds: ## Time and memory of gatewright alone, to compare two builds
	cargo bench --locked

.PHONY: judges
judges: ## Hold golden trees against tools that are not ours (kubectl-validate, LiteLLM; see tests/judges/)
	tests/judges/run
