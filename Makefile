# psop-adapter. `make help` lists the targets.

CONFIG := fixtures/demo/psop-adapter.toml
PROGRAM := target/release/psop-adapter
# Stacks of `make interop`: the folders of tests/interop; and those that `make test` runs, since they are quick to install.
STACKS := $(patsubst tests/interop/%/run.sh,%,$(sort $(wildcard tests/interop/*/run.sh)))
QUICK_STACKS := curl perl php ruby suds zeep
CARGO_DENY := target/tools/bin/cargo-deny
CARGO_DENY_VERSION := 0.20.2

CARGO_DEB := target/tools/bin/cargo-deb
CARGO_DEB_VERSION := 3.8.0

INFERNO := target/tools/bin/inferno-flamegraph
INFERNO_VERSION := 0.12.8

CARGO_FUZZ := target/tools/bin/cargo-fuzz
CARGO_FUZZ_VERSION := 0.13.2
FUZZ_TARGETS := envelope header multipart request_get_ostovoima request_get_service_events \
	request_post_dental_purchasing_power request_post_dental_service_event \
	request_post_purchasing_power request_post_saldo_purchasing_power request_post_service_event values
# Of all fuzz targets together; FUZZ_BUILD=--dev is quick to build and slow to run.
SECONDS := 60
FUZZ_BUILD :=
# Power cuts of `make crash-test`.
ROUNDS := 30

# Size and back end of `make scale-test`. PostgreSQL is told that much comes at once; nothing of its durability is off.
GRANTS := 1000000
BACK_END := sled
FILLED := -c shared_buffers=2GB -c maintenance_work_mem=1GB -c max_wal_size=6GB -c checkpoint_timeout=30min \
	-c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off

# The program as it is packaged, and what the benchmarks hold it against, built by what a load showed of their branches.
TRAINED := $(CURDIR)/target/trained/release
TRAINED_PROGRAMS := --features bench-programs --bin psop-adapter --example bare_hyper --example echo --example group_commit
# What a load showed.
SHOWN := $(CURDIR)/target/training/shown

# What the build needs beyond Rust, and what the tests need beyond that (Debian packages).
BUILD_PACKAGES := gcc libc6-dev pkg-config libssl-dev
TEST_PACKAGES := libxml2-utils postgresql prometheus python3 python3-venv strace
DEB_PACKAGES := binutils dpkg-dev

# Black-box tests that run over PostgreSQL too, and those that run over two adapters on one database.
ON_POSTGRES := registry_apply:: registry_imports:: scale:: scenarios:: repeats:: event_feed:: rate_limit:: settlement:: \
	settlement_export:: settlement_verify:: report:: kill_mixed::
ON_TWO_ADAPTERS := scenarios:: repeats_at_once:: events_at_once::

.DEFAULT_GOAL := help
PEERS := node-soap spyne java-cxf

.PHONY: help run test packages-test units-test check trained deb deb-test container container-test bench bench-quick bench-tls bench-postgres bench-overload bench-instructions bench-flame bench-peers bench-programs fmt contract kill-test crash-test failover-test at-once-test hostile-test paging-test scale-test catalogue-test registration-test admin-api-test docs-test exports-test year-test traces-test fuzz clean-debian-test \
	interop build-packages test-packages quick-stacks fuzz-packages

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build-packages ## Build, load the demo registry into ./data if it is not there, and serve on 127.0.0.1:8080
	cargo build --release --locked
	@test -e data/demo-registry-applied || { \
		$(PROGRAM) registry apply fixtures/demo/registry.toml --config $(CONFIG) && \
		touch data/demo-registry-applied; }
	@echo "Grant:    curl -H 'Content-Type: text/xml; charset=utf-8' --data-binary @fixtures/requests/01-create-ordinary.xml http://127.0.0.1:8080/xroad"
	@echo "Look up:  put its number in place of OV-0000-0000-0000-0 in fixtures/requests/02-get-ostovoima.xml and send that"
	@echo "Describe: curl http://127.0.0.1:8080/xroad?wsdl; health: curl http://127.0.0.1:8081/health/ready"
	@exec $(PROGRAM) serve --config $(CONFIG)

test: build-packages test-packages quick-stacks ## Everything that proves it works (some minutes)
	cargo test --locked
	PSOP_TEST_BACK_END=postgres cargo test --locked --test it -- $(ON_POSTGRES)
	PSOP_TEST_BACK_END=postgres PSOP_TEST_ADAPTERS=2 PSOP_DUPLICATE_ROUNDS=40 \
		cargo test --locked --test it -- $(ON_TWO_ADAPTERS)
	$(MAKE) --no-print-directory units-test

packages-test: build-packages test-packages units-test $(CARGO_DEB) ## The units, the manifests, and the Debian package in a chroot (as root; a minute)
	@tests/packages.sh $(DEB_PACKAGES) debootstrap
	security-server-config/debian/build.sh $(CARGO_DEB) target/debug/psop-adapter --fast
	tests/packages/deb-chroot.sh target/package/psop-adapter_*_amd64.deb

units-test: build-packages test-packages
	@tests/packages.sh systemd
	cargo test --locked --no-run --test it # the program that the tests had: nothing is built twice
	tests/packages/units.sh target/debug/psop-adapter
	tests/packages/manifests.sh

check: build-packages $(CARGO_DENY) ## What a change must pass beside the tests: format, lints, docs, contract, dependencies
	cargo fmt --check
	cargo clippy --locked --all-targets --features heavy-tests,unsynced-control,bench-programs -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	cargo run --locked --quiet -- contract check
	$(CARGO_DENY) --locked check bans licenses sources
	@if $(CARGO_DENY) fetch db >/dev/null 2>&1; then \
		$(CARGO_DENY) --locked check --disable-fetch advisories; \
	else \
		echo "advisories were not checked: their database is out of reach"; \
	fi

# Profile-guided optimisation, as https://doc.rust-lang.org/rustc/profile-guided-optimization.html has it: build with counters,
# run under load, build by the counts. Build scripts count too, and are of no interest.
trained: build-packages ## The program built by what a load shows of its branches, as it is packaged (20 minutes)
	@tests/packages.sh wrk python3
	rustup component add llvm-tools
	RUSTFLAGS="-Cprofile-generate=$(SHOWN)" \
		cargo build --release --locked $(TRAINED_PROGRAMS) --target-dir target/training
	rm -rf $(SHOWN)
	BENCH_PROGRAMS=$(CURDIR)/target/training/release \
		python3 benches/side_by_side.py --rounds 1 --seconds 2 --without-peers --out target/training >/dev/null
	"$$(rustc --print sysroot)/lib/rustlib/$$(rustc --print host-tuple)/bin/llvm-profdata" \
		merge --sparse -o $(SHOWN).profdata $(SHOWN)
	RUSTFLAGS="-Cprofile-use=$(SHOWN).profdata" \
		cargo build --release --locked $(TRAINED_PROGRAMS) --target-dir target/trained

deb: trained $(CARGO_DEB) ## The Debian package, in target/package/
	@tests/packages.sh $(DEB_PACKAGES)
	security-server-config/debian/build.sh $(CARGO_DEB) $(TRAINED)/psop-adapter

deb-test: deb ## The Debian package under a real systemd, in a machine made for it (as root; some minutes)
	@tests/packages.sh debootstrap e2fsprogs
	tests/packages/guest.sh target/package/psop-adapter_*_amd64.deb

container: trained ## The container image psop-adapter, by buildah (needs root only where buildah does)
	@tests/packages.sh binutils buildah ca-certificates
	security-server-config/container/rootfs.sh $(TRAINED)/psop-adapter target/container/context/rootfs.tar
	buildah bud -t psop-adapter -f security-server-config/container/Containerfile target/container/context

container-test: build-packages ## The container by buildah and runc: read-only, nobody, one mount; and the examples' configurations (as root)
	@tests/packages.sh binutils buildah ca-certificates curl debootstrap iproute2 openssl postgresql python3 python3-venv runc
	cargo build --release --locked
	tests/packages/manifests.sh
	tests/packages/container.sh $(PROGRAM)

bench: export BENCH_PROGRAMS = $(TRAINED)
bench: trained bench-peers ## Side by side with bare hyper, a raw group commit, other SOAP servers, s_server and pgbench: target/bench/report.md (half an hour, and the build)
	@tests/packages.sh openssl postgresql util-linux
	python3 benches/side_by_side.py --rounds 5 --seconds 5
	python3 benches/tls.py --rounds 5 --seconds 3
	python3 benches/postgres.py --rounds 5 --seconds 3
	python3 benches/overload.py --rounds 5 --seconds 5
	cd target/bench && cat tls.md postgres.md overload.md >> report.md
	cargo bench --locked --bench request

bench-quick: build-packages bench-programs ## The same in two minutes, the parts of a request left out
	python3 benches/side_by_side.py --rounds 2 --seconds 2

bench-tls: build-packages bench-programs ## New TLS handshakes beside openssl s_server's, and what TLS costs a kept connection: target/bench/tls.md (minutes)
	@tests/packages.sh openssl util-linux
	python3 benches/tls.py --rounds 5 --seconds 3

bench-postgres: build-packages bench-programs ## The PostgreSQL back end beside pgbench's transactions of the same rows: target/bench/postgres.md (minutes)
	@tests/packages.sh postgresql util-linux
	python3 benches/postgres.py --rounds 5 --seconds 3

bench-overload: build-packages bench-programs ## What is left of the rate when three times as much is asked: target/bench/overload.md (minutes)
	python3 benches/overload.py --rounds 5 --seconds 5

bench-instructions: build-packages ## Instructions of a request's parts by callgrind, against those kept in benches/instructions.json
	@tests/packages.sh valgrind python3
	cargo build --release --locked --features bench-programs --example parts
	python3 benches/instructions.py

bench-flame: build-packages bench-programs $(INFERNO) ## Flame graphs of look-ups and of events: target/bench/flame-*.svg (a minute)
	@tests/packages.sh linux-perf
	python3 benches/flame.py

# What is installed already stays: remove its folder to have it anew.
bench-peers: build-packages ## Install the SOAP servers that the benchmark holds ours against, in target/bench/peers
	@set -eu; for name in $(PEERS); do \
		target="$(CURDIR)/target/bench/peers/$$name"; \
		[ ! -e "$$target/installed" ] || continue; \
		mkdir -p "$$target"; \
		ROOT="$(CURDIR)" TARGET="$$target" sh "benches/peers/$$name/install.sh"; \
		touch "$$target/installed"; \
	done

bench-programs:
	@tests/packages.sh wrk python3
	cargo build --release --locked --features bench-programs --bins --examples

fmt: ## Format the code
	cargo fmt

contract: build-packages ## Write wsdl/, xsd/ and docs/codes.md from the code's listings
	cargo run --locked --quiet -- contract write

kill-test: build-packages ## kill -9 at a random moment, 20 rounds of 10,000 grants and 20 under mixed load (some minutes)
	PSOP_KILL_ROUNDS=20 PSOP_KILL_CREATES=10000 PSOP_KILL_EVENTS=4000 \
		cargo test --locked --release --test it kill -- --nocapture --test-threads 1

crash-test: build-packages ## ROUNDS=30 power cuts under load lose nothing, and a control without the sync does; disk faults (root; some minutes)
	@tests/packages.sh nbdkit libnbd-bin fuse3 e2fsprogs mount
	cargo build --locked --release --features unsynced-control
	mkdir -p target/crash && cp $(PROGRAM) target/crash/unsynced-control
	cargo build --locked --release
	PSOP_CRASH_ROUNDS=$(ROUNDS) PSOP_CRASH_PROGRAM=$(CURDIR)/$(PROGRAM) \
		PSOP_CRASH_CONTROL=$(CURDIR)/target/crash/unsynced-control \
		cargo test --locked --features heavy-tests --test it -- \
		power_cut disk_faults --nocapture --test-threads 1

failover-test: ROUNDS := 10
failover-test: build-packages test-packages ## ROUNDS=10 times PostgreSQL dies under load and its standby takes over; and a control (some minutes)
	PSOP_FAILOVER_ROUNDS=$(ROUNDS) cargo test --locked --features heavy-tests --test it \
		-- failover --nocapture --test-threads 1

at-once-test: build-packages ## Events raced: 1,000 duplicates, readers beside writers for 30 s (a minute)
	PSOP_DUPLICATE_ROUNDS=1000 PSOP_FEED_SECONDS=30 \
		cargo test --locked --release --test it events_at_once -- --nocapture --test-threads 1

catalogue-test: build-packages ## The catalogue page in a real browser (Chromium, axe): screenshots in target/catalogue/
	@tests/packages.sh chromium $(if $(shell command -v npm),,nodejs npm)
	cargo build --locked
	tests/browser/run.sh $(CURDIR)/target/debug/psop-adapter target/catalogue

registration-test: build-packages ## Registering at a security server, X-Road's own OpenAPI document (XROAD_ADMIN_API=FOLDER) held against every request and answer by Prism
	@tests/prism.sh target/prism
	PSOP_TEST_PRISM=$(CURDIR)/target/prism cargo test --locked --test it -- registration::

admin-api-test: build-packages ## The Admin API held to its OpenAPI document by schemathesis, with tokens of each role and none (minutes)
	PSOP_TEST_SCHEMATHESIS=$$(tests/schemathesis.sh $(CURDIR)/target/schemathesis) \
		cargo test --locked --test it -- admin_api:: --nocapture

docs-test: build-packages test-packages ## Every command of the documents understood or run, every file, link and key there
	cargo test --locked --test it -- documentation:: packaging:: config_command:: monitoring::

exports-test: build-packages test-packages ## Settlement files: payments by ISO 20022's own schema, the CSV in LibreOffice, the page as PDF (large packages)
	@tests/packages.sh libreoffice-calc-nogui chromium poppler-utils
	PSOP_TEST_PAIN_SCHEMA=$(CURDIR)/$$(tests/exports.sh target/exports) PSOP_TEST_SOFFICE=soffice \
		PSOP_TEST_CHROMIUM=chromium cargo test --locked --test it -- settlement_export:: settlement_report::

year-test: build-packages test-packages ## A year of 5,000 customers: grants, events, credits, settlements and files agree to the cent (some minutes)
	PSOP_YEAR_CUSTOMERS=5000 cargo test --locked --release --test it -- year:: --nocapture

traces-test: build-packages ## Spans of requests reach a collector, in a build with traces
	cargo clippy --locked --all-targets --all-features -- -D warnings
	cargo test --locked --features traces --test it -- traces:: privacy:: configuration::

hostile-test: build-packages ## Hostile input and slow clients: CPU, memory and waiting measured (some minutes)
	cargo build --release --locked
	PSOP_HOSTILE_RELEASE=$(CURDIR)/$(PROGRAM) cargo test --locked --features heavy-tests --test it \
		-- hostile slow_clients --nocapture --test-threads 1

paging-test: build-packages ## Page through a million events: page 1000 must cost what page 1 does (some minutes)
	cargo test --release --locked --features heavy-tests --test it -- paging_cost --nocapture

scale-test: build-packages test-packages ## GRANTS=1000000 and twice as many events on BACK_END=sled|postgres, measured beside 10,000 (gigabytes; minutes)
	PSOP_SCALE_GRANTS=$(GRANTS) PSOP_TEST_BACK_END=$(BACK_END) PSOP_TEST_POSTGRES_OPTIONS="$(FILLED)" \
		cargo test --release --locked --features heavy-tests --test it -- scale::measured --nocapture --test-threads 1

interop: build-packages ## One scenario by every SOAP stack, the network cut off, and the WS-I check: a table (STACKS="zeep gsoap"; some minutes)
	@tests/packages.sh python3 util-linux
	cargo build --locked
	python3 tests/interop/interop.py --install $(STACKS)

fuzz: build-packages fuzz-packages $(CARGO_FUZZ) ## Feed every reader, or FUZZ_TARGETS, made-up bytes, SECONDS in all (make fuzz SECONDS=1200)
	@for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/found/$$target && \
		RUSTC_BOOTSTRAP=1 $(CARGO_FUZZ) run $(FUZZ_BUILD) --fuzz-dir fuzz $$target \
			fuzz/found/$$target fuzz/corpus/$$target fixtures/requests -- \
			-max_total_time=$$(($(SECONDS) / $(words $(FUZZ_TARGETS)) + 1)) -max_len=8192 -timeout=10 \
			-print_final_stats=1 || exit 1; \
	done

clean-debian-test: ## `make run` and `make test` in a new minimal Debian (root; needs debootstrap)
	tests/clean-debian.sh

build-packages:
	@tests/packages.sh $(BUILD_PACKAGES)

test-packages:
	@tests/packages.sh $(TEST_PACKAGES)

quick-stacks: test-packages
	@python3 tests/interop/interop.py --install-only $(QUICK_STACKS)

fuzz-packages:
	@tests/packages.sh g++

$(CARGO_FUZZ):
	cargo install cargo-fuzz --debug --version $(CARGO_FUZZ_VERSION) --locked --root target/tools

$(INFERNO):
	cargo install inferno --version $(INFERNO_VERSION) --locked --root target/tools

$(CARGO_DEB):
	cargo install cargo-deb --debug --version $(CARGO_DEB_VERSION) --locked --root target/tools

$(CARGO_DENY):
	cargo install cargo-deny --debug --version $(CARGO_DENY_VERSION) --locked --root target/tools
