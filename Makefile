# Each target installs what it finds missing and nothing else (.ci/need), and says what it cannot install.

# What the demo is started with: make demo ARGS="--listen 127.0.0.1:9000"
ARGS ?=
# The interpreter that sees Debian's packages; a test that verifies assertions with PyJWT uses it.
export PYTHON ?= /usr/bin/python3

.PHONY: help demo build test lint bench audit doc reference screenshots

help:
	@echo 'make demo       a login screen at http://localhost:8080 in front of a sample application'
	@echo 'make test       format check, lints, all tests'
	@echo 'make lint       format check and lints'
	@echo 'make audit      bans, licences, sources and advisories of everything in the tree'
	@echo 'make bench      the benches'
	@echo 'make doc        the documentation of the code'
	@echo 'make reference  config/reference.toml, after a change of the sections'
	@echo 'make screenshots  docs/pages.png, after a change of the pages'

demo:
	@.ci/need toolchain compiler
	cargo run --locked -- demo $(ARGS)

build:
	@.ci/need toolchain compiler
	cargo build --locked --release

test: lint
	@.ci/need browser axe python programs fronts schemas h2spec
	cargo test --workspace --locked --features steer

lint:
	@.ci/need toolchain compiler
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --features steer -- -D warnings

bench:
	@.ci/need toolchain compiler
	cargo bench --locked

audit:
	@.ci/need toolchain git
	@.ci/audit

doc:
	@.ci/need toolchain compiler
	cargo doc --workspace --no-deps --locked --document-private-items

reference:
	@.ci/need toolchain compiler
	cargo run --locked --quiet -- reference > target/reference.toml && mv target/reference.toml config/reference.toml

screenshots:
	@.ci/need toolchain compiler browser
	cargo test --locked --features steer --test browser contact_sheet -- --ignored
