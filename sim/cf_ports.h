// What the simulation driver plays and where results go: stall patterns, records on standard input
// and output, and vector files. cf_driver.cpp describes the formats.

#ifndef CF_PORTS_H
#define CF_PORTS_H

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#ifndef CF_BUS_BYTES
#error "compile with -DCF_BUS_BYTES=<bytes of s_axis_tdata>"
#endif

namespace cf {

constexpr size_t kBus = CF_BUS_BYTES;
constexpr size_t kKeep = (kBus + 7) / 8;  // bytes that hold tkeep
#ifdef CF_CONTROL
constexpr bool kControl = true;  // the model has registers, behind s_axil_*
#else
constexpr bool kControl = false;
#endif
using Bytes = std::vector<uint8_t>;
using std::string;
using std::to_string;

enum Exit { kMismatch = 1, kUsage = 2, kProtocol = 3, kWatchdog = 4, kFinished = 5 };

// A run that cannot go on.
struct Failure {
    Exit code;
    string text;
};

// Decides, cycle by cycle, whether a side of the stream moves. SplitMix64, so that a seed means the
// same everywhere.
class Stalls {
public:
    Stalls(const string& pattern, uint64_t seed) : state_(seed) {
        const char* const names[] = {"none", "alternate", "three-in-four", "bursts", "random"};
        for (kind_ = 0; kind_ < 5 && pattern != names[kind_]; ++kind_) {}
        if (kind_ == 5) throw Failure{kUsage, "no stall pattern is called '" + pattern + "'"};
        phase_ = next();
    }
    bool go() {
        switch (kind_) {
        case 0: return true;
        case 1: return phase_++ % 2 == 0;
        case 2: return phase_++ % 4 == 0;
        case 3:  // runs of 1 to 32 cycles, moving and standing still in turn
            if (left_ == 0) {
                moving_ = !moving_;
                left_ = 1 + next() % 32;
            }
            --left_;
            return moving_;
        default: return next() >> 63;
        }
    }

private:
    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    uint64_t state_, phase_ = 0, left_ = 0;
    int kind_ = 0;
    bool moving_ = false;
};

// One beat of the output stream.
struct Beat {
    uint8_t data[kBus] = {}, keep[kKeep] = {};
    bool last = false, user = false;
    bool kept(size_t i) const { return keep[i / 8] >> (i % 8) & 1; }
    bool operator==(const Beat& o) const {
        return last == o.last && user == o.user && !std::memcmp(keep, o.keep, kKeep)
            && !std::memcmp(data, o.data, kBus);
    }
};

// What the source of a run asks for next.
struct Op {
    enum Kind { kFrame, kReset, kDrain, kIdle, kWrite, kRead, kEnd } kind = kEnd;
    uint32_t beats = 0, cycles = 0;
    bool last = true;
    bool writes = false;                   // kFrame: writes a register after `at` of its beats
    uint32_t at = 0, address = 0, value = 0;
    Bytes data;
};

// Where frames come from and where results go: records, or vector files.
class Port {
public:
    virtual ~Port() = default;
    virtual void next(Op& op) = 0;
    virtual void beat(const Beat&) {}
    virtual void frame(uint64_t, uint64_t) {}
    virtual void packet(const Bytes&, bool, uint64_t, uint64_t) {}
    virtual void dropped(uint64_t, uint32_t) {}
    // Responses of registers: cycle, address, what was read, response.
    virtual void written(uint64_t, uint32_t, uint8_t) {}
    virtual void was_read(uint64_t, uint32_t, uint32_t, uint8_t) {}
    // dropped: dropped_frames_o just before.
    virtual void reset(uint64_t cycle, uint64_t packets, uint32_t dropped) = 0;
    // The exit code of the program.
    virtual int end(uint64_t cycles, uint32_t dropped) = 0;
    virtual void failed(const Failure&, uint64_t cycle) = 0;
};

// Records on standard input and output.
class Records : public Port {
public:
    // The model's own $display must not fall between the records: from here on its standard output
    // is standard error.
    Records() : out_(fdopen(dup(STDOUT_FILENO), "wb")) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        std::setvbuf(stdin, nullptr, _IOFBF, 1 << 16);
        std::setvbuf(out_, nullptr, _IOFBF, 1 << 16);
    }
    ~Records() override { std::fclose(out_); }

    void next(Op& op) override {
        uint32_t code;
        if (!read(&code, 4, true)) {
            op.kind = Op::kEnd;
            return;
        }
        if (code >= 4 && code <= 6 && !kControl) {
            throw Failure{kUsage, "record " + to_string(code) + " asks for a register, and this model has "
                "none: it was built without -DCF_CONTROL"};
        }
        op.writes = code == 6;
        switch (code) {
        case 0:
        case 6:
            op.kind = Op::kFrame;
            op.last = word() & 1;
            op.beats = word();
            if (op.beats == 0) throw Failure{kUsage, "a frame record of no beats"};
            if (op.writes) {
                op.at = word();
                if (op.at > op.beats) {
                    throw Failure{kUsage, "a write after beat " + to_string(op.at) + " of a frame of "
                        + to_string(op.beats)};
                }
                op.address = address();
                op.value = word();
            }
            op.data.resize(op.beats * kBus);
            read(op.data.data(), op.data.size(), false);
            break;
        case 1:
            op.kind = Op::kReset;
            op.cycles = word();
            break;
        case 2: op.kind = Op::kDrain; break;
        case 3:
            op.kind = Op::kIdle;
            op.cycles = word();
            break;
        case 4:
            op.kind = Op::kWrite;
            op.address = address();
            op.value = word();
            break;
        case 5:
            op.kind = Op::kRead;
            op.address = address();
            break;
        default: throw Failure{kUsage, "no record has the number " + to_string(code)};
        }
    }
    void frame(uint64_t first, uint64_t last) override { put('F', {first, last}); }
    void packet(const Bytes& bytes, bool user, uint64_t first, uint64_t last) override {
        std::fputc('P', out_);
        little(bytes.size(), 4);
        little(user, 1);
        little(first, 8);
        little(last, 8);
        std::fwrite(bytes.data(), 1, bytes.size(), out_);
    }
    void dropped(uint64_t cycle, uint32_t count) override {
        put('D', {cycle});
        little(count, 4);
    }
    void written(uint64_t cycle, uint32_t address, uint8_t resp) override {
        put('W', {cycle});
        little(address, 4);
        little(resp, 1);
    }
    void was_read(uint64_t cycle, uint32_t address, uint32_t data, uint8_t resp) override {
        put('V', {cycle});
        little(address, 4);
        little(data, 4);
        little(resp, 1);
    }
    void reset(uint64_t cycle, uint64_t packets, uint32_t) override { put('R', {cycle, packets}); }
    int end(uint64_t cycles, uint32_t dropped) override {
        put('E', {cycles});
        little(dropped, 4);
        return 0;
    }
    void failed(const Failure& f, uint64_t cycle) override {
        std::fputc('X', out_);
        little(f.code, 1);
        little(cycle, 8);
        little(f.text.size(), 4);
        std::fwrite(f.text.data(), 1, f.text.size(), out_);
    }

private:
    bool read(void* to, size_t n, bool may_end) {
        const size_t got = std::fread(to, 1, n, stdin);
        if (got == n) return true;
        if (got == 0 && may_end) return false;
        throw Failure{kUsage, "the input ends inside a record"};
    }
    uint32_t word() {
        uint8_t b[4];
        read(b, 4, false);
        return b[0] | b[1] << 8 | b[2] << 16 | static_cast<uint32_t>(b[3]) << 24;
    }
    uint32_t address() {
        const uint32_t at = word();
        if (at >= 4096) throw Failure{kUsage, "no register has the address " + to_string(at)};
        return at;
    }
    void little(uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) std::fputc(static_cast<int>(value >> (8 * i) & 0xff), out_);
    }
    void put(char tag, std::initializer_list<uint64_t> values) {
        std::fputc(tag, out_);
        for (uint64_t v : values) little(v, 8);
    }
    FILE* out_;
};

// Vector files, one beat a line, hexadecimal, most significant digit first:
//   in.hex   <tlast>_<tdata>
//   out.hex  <2*tuser+tlast>_<tkeep>_<tdata>
// After them a frame is cut off by a reset, and the first frame must give the first packet again.
class Vectors : public Port {
public:
    Vectors(const string& dir, uint64_t frame_beats, uint64_t dropped, uint64_t tail)
        : frame_beats_(frame_beats), must_drop_(dropped) {
        for (const Bytes& line : load(dir + "/in.hex", 1 + 2 * kBus)) {
            if (ops_.empty() || ops_.back().last) ops_.emplace_back();
            Op& op = ops_.back();
            op.kind = Op::kFrame;
            ++op.beats;
            op.last = line[0] & 1;
            Beat beat;
            digits(line, 1, 2 * kBus, beat.data);
            op.data.insert(op.data.end(), beat.data, beat.data + kBus);
        }
        for (const Bytes& line : load(dir + "/out.hex", 1 + 2 * kKeep + 2 * kBus)) {
            Beat beat;
            beat.last = line[0] & 1;
            beat.user = line[0] & 2;
            digits(line, 1, 2 * kKeep, beat.keep);
            digits(line, 1 + 2 * kKeep, 2 * kBus, beat.data);
            expected_.push_back(beat);
        }
        frames_ = ops_.size();
        beats_ = expected_.size();
        if (frames_ == 0) throw Failure{kUsage, "there is no frame in " + dir + "/in.hex"};
        const Op first = ops_[0];
        Op drain, idle, cut = first, reset;
        drain.kind = Op::kDrain;
        idle.kind = Op::kIdle;
        idle.cycles = static_cast<uint32_t>(tail);  // for what should not come
        cut.beats = first.beats > 1 ? first.beats - 1 : 1;
        cut.last = false;
        reset.kind = Op::kReset;
        reset.cycles = 4;
        ops_.insert(ops_.end(), {drain, idle, cut, reset, first});
    }
    void next(Op& op) override {
        if (at_ < ops_.size()) op = ops_[at_++];
        else op.kind = Op::kEnd;
    }
    void frame(uint64_t, uint64_t last) override {
        const Op& op = ops_[at_ - 1];
        if (op.last && op.beats != frame_beats_) flag_ = last + 1;
    }
    void dropped(uint64_t cycle, uint32_t count) override {
        ++drops_;
        if ((cycle != flag_ || count != drops_) && wrong_++ < kShown) {
            std::printf("%scycle %llu: frame_error_o is high%s, dropped_frames_o is %u\n", when(),
                        static_cast<unsigned long long>(cycle),
                        cycle == flag_ ? "" : ", but no frame of wrong length has just ended", count);
        }
    }
    void beat(const Beat& found) override {
        const size_t i = seen_++;
        if (found.last && !again_) ++packets_;
        if (i >= beats_) return;
        const Beat& want = expected_[i];
        bool same = want.last == found.last && want.user == found.user
            && !std::memcmp(want.keep, found.keep, kKeep);
        for (size_t b = 0; b < kBus; ++b) same &= !want.kept(b) || want.data[b] == found.data[b];
        if (!same && wrong_++ < kShown) {
            std::printf("%sbeat %zu: expected %s, found %s\n", when(), i, text(want).c_str(),
                        text(found).c_str());
        }
    }
    void reset(uint64_t, uint64_t, uint32_t dropped) override {
        settle(dropped);
        dropped_ = drops_;
        again_ = true;
        seen_ = drops_ = must_drop_ = flag_ = 0;
        beats_ = 0;
        while (beats_ < expected_.size() && !expected_[beats_++].last) {}
    }
    int end(uint64_t cycles, uint32_t dropped) override {
        settle(dropped);
        if (!wrong_) std::printf("a reset in mid-frame, and the first packet again: right\n");
        std::printf("%s: %zu frames in, %zu dropped%s, %zu packets, %zu mismatches, %llu cycles\n",
                    wrong_ ? "FAIL" : "PASS", frames_, dropped_, wrong_ ? "" : " as they should be",
                    packets_, wrong_, static_cast<unsigned long long>(cycles));
        return wrong_ ? kMismatch : 0;
    }
    void failed(const Failure& f, uint64_t cycle) override {
        std::printf("FAIL: cycle %llu: %s\n", static_cast<unsigned long long>(cycle), f.text.c_str());
    }

private:
    static constexpr size_t kShown = 5;  // mismatches that are told
    const char* when() const { return again_ ? "after the reset: " : ""; }
    // Whether everything came that should have, before a reset and at the end.
    void settle(uint32_t counter) {
        if (seen_ != beats_) {
            std::printf("%s%zu beats came, %zu were expected\n", when(), seen_, beats_);
            ++wrong_;
        }
        if (drops_ != must_drop_ || counter != must_drop_) {
            std::printf("%sframe_error_o was high in %zu cycles, dropped_frames_o is %u; %zu expected\n",
                        when(), drops_, counter, must_drop_);
            ++wrong_;
        }
    }
    // Lines of `n` hexadecimal digits; comments and underscores are skipped, as $readmemh does.
    static std::vector<Bytes> load(const string& path, size_t n) {
        std::ifstream file(path);
        if (!file) throw Failure{kUsage, "cannot read " + path};
        std::vector<Bytes> lines;
        for (string line; std::getline(file, line);) {
            Bytes digits;
            for (char c : line.substr(0, line.find("//"))) {
                if (c == '_' || c == ' ' || c == '\r' || c == '\t') continue;
                const char* const at = std::strchr("0123456789abcdef", c);
                if (!at) throw Failure{kUsage, path + ": not a hexadecimal digit in " + line};
                digits.push_back(static_cast<uint8_t>(at - "0123456789abcdef"));
            }
            if (digits.empty()) continue;
            if (digits.size() != n) throw Failure{kUsage, path + ": wrong number of digits in " + line};
            lines.push_back(digits);
        }
        return lines;
    }
    static void digits(const Bytes& line, size_t from, size_t n, uint8_t* bytes) {
        for (size_t i = 0; i < n; ++i) bytes[i / 2] |= line[from + n - 1 - i] << (4 * (i % 2));
    }
    static string text(const Beat& beat) {
        string s(1, static_cast<char>('0' + beat.last + 2 * beat.user));
        char two[3];
        s += '_';
        for (size_t i = kKeep; i-- > 0;) std::snprintf(two, 3, "%02x", beat.keep[i]), s += two;
        s += '_';
        for (size_t i = kBus; i-- > 0;) std::snprintf(two, 3, "%02x", beat.data[i]), s += two;
        return s;
    }
    std::vector<Op> ops_;         // the frames of in.hex, then what follows them
    std::vector<Beat> expected_;
    size_t frame_beats_, frames_ = 0, packets_ = 0, dropped_ = 0, at_ = 0, wrong_ = 0;
    size_t must_drop_, drops_ = 0;  // since the last reset
    size_t beats_ = 0, seen_ = 0;   // expected and found, since the last reset
    uint64_t flag_ = 0;             // cycle in which frame_error_o must be high
    bool again_ = false;            // after the reset
};

}  // namespace cf

#endif
