# Everything there is to do with labelgate. `make` alone lists it.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo run guest guest-test test test-full bench scale conformance deb policy lint advisories fuzz clean rpm oci appliance

# Two cores are enough for everything; more tests at a time would only disturb each other.
export RUST_TEST_THREADS ?= 2
# What the stages took, listed again at the end.
export LABELGATE_STAGES := target/stages
# Where the images of `make demo` and `make run` are: file, ceph or gluster.
export BACKEND ?= file
# How long each parser is fuzzed by `make fuzz` and `make test-full`, in seconds.
FUZZ_SECONDS ?= 60
# How many processes are killed in each durability test of `make test-full`.
KILLS ?= 200

# Network namespaces, user ids and mounts need root: tests and demo run by sudo if need be.
ifneq ($(shell id -u),0)
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER ?= sudo -E
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER ?= sudo -E
endif

CARGO := cargo
STAGE := fixtures/stage
LOCKED := --workspace --locked

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what tests and demo need (Debian 12) and build the guest
	@fixtures/setup

build: ## Build all programs
	$(CARGO) build $(LOCKED)

demo: ## Two machines, one gateway: boot from it, break into it, see it hold; BACKEND=ceph or gluster
	@mkdir -p target
	@$(STAGE) "setup" 180 fixtures/setup
	@$(STAGE) "build" 350 $(CARGO) build $(LOCKED)
	@$(STAGE) "demo" 90 $(CARGO) run --quiet --locked -p labelgate-fixtures --bin demo

run: ## The demo's gateway in the foreground, and commands to try
	@fixtures/setup
	@$(CARGO) build --quiet $(LOCKED)
	@$(CARGO) run --quiet --locked -p labelgate-fixtures --bin demo -- run

guest: ## Build the enforcing guest: Debian 12, SELinux, labelgate and its policy
	@fixtures/setup packages
	@$(CARGO) build --quiet $(LOCKED)
	@fixtures/enforcing/build

guest-test: ## Prove in guests that the kernel refuses, and libvirt; TEST=part-of-a-name for some
	@fixtures/setup packages
	@$(CARGO) build --quiet $(LOCKED)
	@$(CARGO) test --quiet --locked -p labelgate-enforcing --test guest -- $(or $(TEST),--include-ignored)

test: ## Formatting, lints, unit, property, fuzz and end-to-end tests
	@mkdir -p target && : >$(LABELGATE_STAGES)
	@$(STAGE) "setup" 180 fixtures/setup
	@$(STAGE) "formatting" 10 $(CARGO) fmt --all --check
	@$(STAGE) "lints" 240 $(CARGO) clippy $(LOCKED) --all-targets -- -D warnings
	@$(STAGE) "build" 450 $(SHELL) -c '$(CARGO) build $(LOCKED) && $(CARGO) test $(LOCKED) --no-run'
	@$(STAGE) "unit tests" 80 $(CARGO) test $(LOCKED) --lib --bins
	@$(STAGE) "integration and end-to-end tests" 1440 $(CARGO) test $(LOCKED) --test '*'
	@echo; cat $(LABELGATE_STAGES)

test-full: ## All of that, hundreds of kills, minutes of fuzzing, suites, libvirt, the release build, packages, the appliance and all demos
	@$(MAKE) --no-print-directory test
	@LABELGATE_KILLS=$(KILLS) $(STAGE) "$(KILLS) kills" 3000 \
		$(CARGO) test $(LOCKED) --test durability -- --test-threads 2
	@LABELGATE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(STAGE) "fuzzing" 2400 $(CARGO) test $(LOCKED) fuzz_
	@$(STAGE) "suites for file systems" 600 $(SHELL) -c 'fixtures/setup suites && \
		$(CARGO) test $(LOCKED) --test nfs_suites -- --ignored'
	@$(STAGE) "kills behind Ceph, Gluster, iSCSI and NFS, and the whole matrix" 900 $(SHELL) -c '\
		$(CARGO) test --locked -p labelgate-fixtures --test ceph --test gluster --test gluster_volume --test target --test export --test matrix -- --ignored && \
		$(CARGO) test --locked -p labelgate-initiator --test unit -- --ignored && \
		$(CARGO) test --locked -p labelgate-nfs-client --test file -- --ignored'
	@$(STAGE) "guests: more of each kind, and libvirt" 2100 \
		$(CARGO) test --locked -p labelgate-enforcing --test guest -- --ignored
	@$(STAGE) "the manual's own build" 900 \
		$(CARGO) test $(LOCKED) --test newcomer -- --ignored
	@$(STAGE) "packages" 900 $(SHELL) -c '$(MAKE) --no-print-directory deb rpm oci && \
		$(CARGO) test --locked -p labelgate-fixtures --test packages -- --ignored'
	@$(STAGE) "the appliance" 900 $(SHELL) -c 'deploy/appliance/build && \
		$(CARGO) test --locked -p labelgate-fixtures --test appliance -- --ignored'
	@$(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory demo BACKEND=ceph
	@$(MAKE) --no-print-directory demo BACKEND=gluster
	@echo; cat $(LABELGATE_STAGES)

bench: ## Measure beside other servers
	@fixtures/setup
	$(CARGO) build --release --locked --workspace
	$(CARGO) run --release --locked -p labelgate-benches --bin peers

scale: ## Measure one gateway with a thousand labels
	@fixtures/setup packages
	$(CARGO) build --release --locked --workspace
	$(CARGO) run --release --locked -p labelgate-benches --bin scale

conformance: ## Run libiscsi's conformance suite and write docs/CONFORMANCE.md
	@fixtures/setup
	@$(CARGO) build --quiet $(LOCKED)
	$(CARGO) run --quiet --locked -p labelgate-fixtures --bin conformance

deb: ## Debian's packages of the release build, in target/deb
	@fixtures/setup packaging
	$(CARGO) build --release $(LOCKED)
	@deploy/deb

rpm: ## The same as RPM packages, in target/rpm
	@fixtures/setup packaging
	$(CARGO) build --release $(LOCKED)
	@deploy/rpm/build

oci: deb ## A container image of Debian's packages, an OCI layout in target/oci
	@deploy/oci/build

appliance: deb ## A disk for a virtual machine that is a gateway, target/appliance/labelgate.qcow2
	@deploy/appliance/build

policy: ## Build the SELinux module with Debian's policy, check its neverallow rules
	@mac/policy/build

lint: ## Formatting, lints, licences and sources of dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCKED) --all-targets -- -D warnings
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check bans licenses sources

advisories: ## Known vulnerabilities of dependencies, from a database on the network
	@command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check advisories

fuzz: ## Fuzz every parser for FUZZ_SECONDS each
	LABELGATE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test $(LOCKED) fuzz_

clean: ## Remove everything built, the guest too
	$(CARGO) clean
