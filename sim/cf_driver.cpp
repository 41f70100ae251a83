// Simulation driver of clashfree: plays AXI4-Stream frames into a Verilated head and collects its
// packets. C++14, nothing but Verilator and POSIX. Copied as it is into every package.
//
// The model is made with `--prefix Vtop` and -DCF_BUS_BYTES=<bytes of tdata>; its working directory
// is the package, so that the top finds rom/. -DCF_CONTROL says that it has registers, behind AXI4-Lite
// ports s_axil_*. Two modes:
//
//   cf_sim [options]                 records on standard input, records on standard output
//   cf_sim [options] --vectors DIR   plays DIR/in.hex, compares with DIR/out.hex; then resets the
//                                    model in mid-frame and plays the first frame once more. Prints
//                                    PASS or FAIL; needs --frame-beats and --dropped
//
//   --stall-in P, --stall-out P   none | alternate | three-in-four | bursts | random
//   --seed N            of the stalls and of what registers hold before reset (default 1)
//   --frame-beats N     beats of a right frame (needed to know how many packets must come)
//   --dropped N         frames of DIR/in.hex that have another length and must be dropped (default 0)
//   --watchdog N        cycles without a handshake, with work left, that count as a hang (100000)
//   --tail N            cycles to wait at the end for packets that should not come (default 200)
//   --waves FILE        FST trace; the model must be built with --trace-fst
//   +name=value         passed to the model
//
// Records in, all numbers little-endian:
//   u32 0  frame   u32 flags (bit 0: tlast on the last beat), u32 beats, beats * CF_BUS_BYTES bytes
//   u32 1  reset   u32 cycles. Happens once every earlier beat was accepted; packets still inside
//                  are lost, and a frame without tlast is thereby cut off in its middle
//   u32 2  drain   wait until every frame of the right length has been answered
//   u32 3  idle    u32 cycles in which nothing is offered
//   u32 4  write   u32 address, u32 data: writes a register
//   u32 5  read    u32 address: reads one
//   u32 6  frame   u32 flags, u32 beats as in 0, u32 at, u32 address, u32 data, then the beats: writes a
//                  register once `at` of the beats (0 to all) were accepted, while the others go on
// 4 to 6 need CF_CONTROL. An access starts when every earlier beat was accepted (6: at its beat), and
// the record after it waits for its response; packets come meanwhile. If either stream is stalled,
// each channel of the access waits at random, too.
//   end of input   the same as drain, then --tail cycles
// Records out, each a byte and then:
//   'F'  a frame record was accepted: u64 cycle of its first beat, u64 of its last
//   'P'  a packet: u32 bytes, u8 tuser, u64 cycle of its first beat, u64 of its last, the bytes
//   'D'  frame_error_o was high: u64 cycle, u32 dropped_frames_o in that cycle
//   'W'  a register was written: u64 first cycle of s_axil_bvalid, u32 address, u8 bresp. A threshold
//        counts for the frames whose F has a last beat in this cycle or later
//   'V'  one was read: u64 first cycle of s_axil_rvalid, u32 address, u32 data, u8 rresp
//   'R'  a reset is over: u64 cycle, u64 packets so far
//   'X'  the run failed: u8 exit code, u64 cycle, u32 bytes, text; nothing follows
//   'E'  the run is over: u64 cycles, u32 dropped_frames_o
// Cycles count rising clock edges from the start of the program, the first reset included.
// Whatever the model prints goes to standard error.
//
// Exit codes: 0 done, 1 a vector differs, 2 wrong use or wrong input, 3 the model broke a rule of
// AXI4-Stream or AXI4-Lite, 4 watchdog, 5 the model called $finish or $stop.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "Vtop.h"
#include "cf_ports.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif

using namespace cf;

namespace {

struct Options {
    string stall_in = "none", stall_out = "none", waves, vectors;
    uint64_t seed = 1, watchdog = 100000, tail = 200, frame_beats = 0, dropped = 0;
};

// Ports of up to 64 bits are integers, wider ones arrays of 32-bit words.
template <typename T>
void drive(T& port, const uint8_t* bytes, size_t n) {
    T value = 0;
    for (size_t i = n; i-- > 0;) value = static_cast<T>((static_cast<uint64_t>(value) << 8) | bytes[i]);
    port = value;
}
template <std::size_t Words>
void drive(VlWide<Words>& port, const uint8_t* bytes, size_t n) {
    for (size_t w = 0; w < Words; ++w) {
        uint32_t value = 0;
        for (size_t i = 0; i < 4 && 4 * w + i < n; ++i) {
            value |= static_cast<uint32_t>(bytes[4 * w + i]) << (8 * i);
        }
        port[w] = value;
    }
}
template <typename T>
void sample(const T& port, uint8_t* bytes, size_t n) {
    for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(static_cast<uint64_t>(port) >> (8 * i));
}
template <std::size_t Words>
void sample(const VlWide<Words>& port, uint8_t* bytes, size_t n) {
    for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(port[i / 4] >> (8 * (i % 4)));
}

[[noreturn]] void broken(const char* rule) { throw Failure{kProtocol, rule}; }

#ifdef CF_CONTROL
// The master of the registers' port: one access at a time.
class Master {
public:
    explicit Master(const Options& o)
        : delays_(o.stall_in == "none" && o.stall_out == "none" ? "none" : "random", o.seed * 3 + 1) {}
    bool busy() const { return busy_; }
    void start(const Op& op) {
        busy_ = true;
        seen_ = false;
        reads_ = op.kind == Op::kRead;
        address_ = op.address;
        value_ = op.value;
        ar_.wanted = reads_;
        aw_.wanted = w_.wanted = !reads_;
    }
    // Puts on the port what it offers in this cycle. What was offered stays until it is taken.
    void drive(Vtop& top) {
        top.s_axil_awvalid = aw_.offer(delays_);
        top.s_axil_wvalid = w_.offer(delays_);
        top.s_axil_arvalid = ar_.offer(delays_);
        top.s_axil_awaddr = top.s_axil_araddr = address_;
        top.s_axil_awprot = top.s_axil_arprot = 0;
        top.s_axil_wdata = value_;
        top.s_axil_wstrb = 15;
        ready_ = delays_.go();
        top.s_axil_bready = top.s_axil_rready = ready_;
    }
    // The port before a rising edge; whether anything moves.
    bool watch(const Vtop& top, uint64_t cycle, Port& port) {
        const bool due = busy_ && !aw_.wanted && !w_.wanted && !ar_.wanted;
        if (top.s_axil_bvalid && (!due || reads_)) {
            broken("s_axil_bvalid is high before a write's address and data were accepted");
        }
        if (top.s_axil_rvalid && (!due || !reads_)) {
            broken("s_axil_rvalid is high before a read's address was accepted");
        }
        const bool moves = aw_.taken(top.s_axil_awready) | w_.taken(top.s_axil_wready)
            | ar_.taken(top.s_axil_arready);
        const bool valid = top.s_axil_bvalid || top.s_axil_rvalid;
        if (!valid) {
            if (seen_) broken("s_axil_bvalid or s_axil_rvalid fell before it was taken");
            return moves;
        }
        const uint8_t resp = reads_ ? top.s_axil_rresp : top.s_axil_bresp;
        const uint32_t data = reads_ ? top.s_axil_rdata : 0;
        if (seen_ && (resp != resp_ || data != data_)) {
            broken("s_axil_bresp, rresp or rdata changed while it waited to be taken");
        }
        if (!seen_) first_ = cycle;
        seen_ = true;
        resp_ = resp;
        data_ = data;
        if (!ready_) return moves;
        busy_ = seen_ = false;
        if (reads_) port.was_read(first_, address_, data_, resp_);
        else port.written(first_, address_, resp_);
        return true;
    }

private:
    struct Channel {
        bool wanted = false, offered = false;
        bool offer(Stalls& delays) { return offered = offered || (wanted && delays.go()); }
        bool taken(bool ready) {
            if (!offered || !ready) return false;
            wanted = offered = false;
            return true;
        }
    };
    Stalls delays_;
    Channel aw_, w_, ar_;
    bool busy_ = false, reads_ = false, ready_ = false, seen_ = false;  // seen_: a response waits
    uint32_t address_ = 0, value_ = 0, data_ = 0;
    uint8_t resp_ = 0;
    uint64_t first_ = 0;
};
#else
// No registers, and nothing to do.
class Master {
public:
    explicit Master(const Options&) {}
    bool busy() const { return false; }
    void start(const Op&) {}
    void drive(Vtop&) {}
    bool watch(const Vtop&, uint64_t, Port&) { return false; }
};
#endif

// The model, the two streams and the registers.
class Bench {
public:
    Bench(const Options& options, VerilatedContext& context, Port& port)
        : options_(options), context_(context), port_(port), top_(new Vtop{&context}),
          stall_in_(options.stall_in, options.seed), stall_out_(options.stall_out, ~options.seed), master_(options) {
        if (!options.waves.empty()) {
#if VM_TRACE_FST
            context.traceEverOn(true);
            waves_.reset(new VerilatedFstC);
            top_->trace(waves_.get(), 99);
            waves_->open(options.waves.c_str());
#else
            throw Failure{kUsage, "--waves: this model was built without --trace-fst"};
#endif
        }
    }
    ~Bench() {
#if VM_TRACE_FST
        if (waves_) waves_->close();
#endif
        top_->final();
    }
    uint64_t cycle() const { return cycle_; }

    // Plays everything; the exit code.
    int run() {
        reset(4);
        Op op;
        uint32_t at = 0;  // next beat of op
        uint64_t first = 0, tail = 0, idle = 0;
        bool busy = false, waiting = false, ended = false, offered = false;
        while (true) {
            if (waiting && packets_ >= due_) waiting = false;
            if (idle > 0) --idle;
            while (!busy && !waiting && !ended && idle == 0 && !op.writes && !master_.busy()) {
                port_.next(op);
                if (op.kind == Op::kReset) reset(op.cycles);
                if (op.kind == Op::kIdle) idle = op.cycles;
                busy = op.kind == Op::kFrame;
                waiting = op.kind == Op::kDrain;
                ended = op.kind == Op::kEnd;
                at = 0;
                if (op.kind == Op::kWrite || op.kind == Op::kRead) master_.start(op);
            }
            if (op.writes && at >= op.at) {
                op.writes = false;
                master_.start(op);
            }
            const bool drained = ended && !busy && packets_ >= due_;
            if (drained && ++tail > options_.tail) break;
            // A beat that was offered stays until it is taken, whatever the stalls say.
            const bool go = stall_in_.go();
            if (busy && !offered && go) {
                offered = true;
                drive(top_->s_axis_tdata, &op.data[at * kBus], kBus);
                top_->s_axis_tlast = op.last && at + 1 == op.beats;
            }
            top_->s_axis_tvalid = offered;
            top_->m_axis_tready = stall_out_.go();
            master_.drive(*top_);
            const bool taken = clock() && offered;
            if (taken) {
                offered = false;
                if (at == 0) first = cycle_;
                ++length_;
                if (top_->s_axis_tlast) {
                    due_ += length_ == options_.frame_beats;
                    length_ = 0;
                }
                if (++at == op.beats) {
                    busy = false;
                    port_.frame(first, cycle_);
                }
            }
            quiet_ = taken || moved_ || access_moved_ ? 0 : quiet_ + 1;
            if (!drained && quiet_ > options_.watchdog) {
                throw Failure{kWatchdog, "no handshake for " + to_string(quiet_) + " cycles: "
                    + (offered ? "a beat waits for s_axis_tready, " : "")
                    + (master_.busy() ? "an access waits on s_axil, " : "") + to_string(packets_) + " of "
                    + to_string(due_) + " packets have come"};
            }
        }
        return port_.end(cycle_, top_->dropped_frames_o);
    }

private:
    // One clock cycle; whether s_axis_tready was high at the edge.
    bool clock() {
        half(0);
        const bool ready = top_->s_axis_tready;
        if (top_->aresetn) {
            watch();
            access_moved_ = master_.watch(*top_, cycle_ + 1, port_);
            if (top_->frame_error_o) port_.dropped(cycle_ + 1, top_->dropped_frames_o);
        }
        half(1);
        ++cycle_;
        return ready;
    }
    void half(int level) {
        top_->aclk = level;
        top_->eval();
#if VM_TRACE_FST
        if (waves_) waves_->dump(context_.time());
#endif
        context_.timeInc(1);
        if (context_.gotFinish()) {
            throw Failure{kFinished, "the model stopped by itself ($finish or $stop); its message is above"};
        }
    }
    // The output stream before a rising edge.
    void watch() {
        moved_ = false;
        const bool valid = top_->m_axis_tvalid;
        if (held_ && !valid) broken("m_axis_tvalid fell before m_axis_tready took the beat");
        if (!valid) return;
        sample(top_->m_axis_tdata, now_.data, kBus);
        sample(top_->m_axis_tkeep, now_.keep, kKeep);
        now_.last = top_->m_axis_tlast;
        now_.user = top_->m_axis_tuser;
        if (held_ && !(now_ == before_)) {
            broken("m_axis_tdata, tkeep, tlast or tuser changed while m_axis_tvalid waited for "
                   "m_axis_tready");
        }
        held_ = !top_->m_axis_tready;
        if (held_) {
            before_ = now_;
            return;
        }
        moved_ = true;
        size_t kept = 0;
        while (kept < kBus && now_.kept(kept)) ++kept;
        for (size_t i = kept; i < kBus; ++i) {
            if (now_.kept(i)) broken("m_axis_tkeep has a hole");
        }
        if (kept == 0) broken("m_axis_tkeep is zero");
        if (kept != kBus && !now_.last) broken("m_axis_tkeep leaves out bytes before the last beat");
        if (packet_.empty()) {
            began_ = cycle_ + 1;
            user_ = now_.user;
        } else if (user_ != now_.user) {
            broken("m_axis_tuser changed within a packet");
        }
        packet_.insert(packet_.end(), now_.data, now_.data + kept);
        port_.beat(now_);
        if (now_.last) {
            ++packets_;
            port_.packet(packet_, user_, began_, cycle_ + 1);
            packet_.clear();
        }
    }
    void reset(uint32_t cycles) {
        const uint32_t dropped = top_->dropped_frames_o;
        top_->aresetn = 0;
        top_->s_axis_tvalid = 0;
        top_->m_axis_tready = 0;
        master_.drive(*top_);  // no access is under way
        for (uint32_t i = 0; i < cycles; ++i) clock();
        top_->aclk = 0;
        top_->eval();
        if (cycles > 0 && top_->m_axis_tvalid) broken("m_axis_tvalid is high at the end of a reset");
        top_->aresetn = 1;
        held_ = false;
        length_ = quiet_ = 0;
        due_ = packets_;
        packet_.clear();
        if (started_) port_.reset(cycle_, packets_, dropped);
        started_ = true;
    }
    const Options& options_;
    VerilatedContext& context_;
    Port& port_;
    std::unique_ptr<Vtop> top_;
    Stalls stall_in_, stall_out_;
    Master master_;
#if VM_TRACE_FST
    std::unique_ptr<VerilatedFstC> waves_;
#endif
    Beat now_, before_;
    bool held_ = false, moved_ = false, access_moved_ = false, user_ = false, started_ = false;
    uint64_t cycle_ = 0, length_ = 0, quiet_ = 0, began_ = 0;
    uint64_t packets_ = 0, due_ = 0;  // packets seen, and packets that accepted frames make due
    Bytes packet_;
};

Options parse(int argc, char** argv) {
    Options o;
    for (int i = 1; i < argc; ++i) {
        const string name = argv[i];
        if (name[0] == '+') continue;
        if (i + 1 == argc) throw Failure{kUsage, name + " needs a value"};
        const string value = argv[++i];
        if (name == "--stall-in") o.stall_in = value;
        else if (name == "--stall-out") o.stall_out = value;
        else if (name == "--waves") o.waves = value;
        else if (name == "--vectors") o.vectors = value;
        else if (name == "--seed") o.seed = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--watchdog") o.watchdog = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--tail") o.tail = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--dropped") o.dropped = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--frame-beats") o.frame_beats = std::strtoull(value.c_str(), nullptr, 10);
        else throw Failure{kUsage, "no option is called " + name};
    }
    return o;
}

}  // namespace

int main(int argc, char** argv) {
    VerilatedContext context;
    std::unique_ptr<Port> port;
    std::unique_ptr<Bench> bench;
    try {
        const Options options = parse(argc, argv);
        context.commandArgs(argc, argv);
        context.fatalOnError(false);
        // Registers hold noise before the first reset, so that a missing reset shows.
        context.randReset(2);
        context.randSeed(static_cast<int>(options.seed & 0x7fffffff));
        if (options.vectors.empty()) port.reset(new Records);
        else port.reset(new Vectors(options.vectors, options.frame_beats, options.dropped, options.tail));
        bench.reset(new Bench(options, context, *port));
        return bench->run();
    } catch (const Failure& f) {
        if (port) port->failed(f, bench ? bench->cycle() : 0);
        std::fprintf(stderr, "cf_sim: %s\n", f.text.c_str());
        return f.code;
    }
}
