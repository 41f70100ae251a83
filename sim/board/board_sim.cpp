// A board in simulation, its serial line a pseudo-terminal: runs a command with it, and ends with it.
//
//   board_sim [--errors P] [--seed N] COMMAND...
//
// The word PTY in the command is replaced by the terminal's path. --errors is the chance of each bit on
// the line, in either direction, to arrive turned. Ends with what the command ends with.

#include "Vboard.h"
#include "verilated.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <random>
#include <string>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vector>

namespace {

const unsigned divisor = CF_DIVISOR;  // cycles a bit
const unsigned poll = 512;            // cycles between looks at the terminal and the command

// Turns bits with a chance.
class Noise {
  public:
    Noise(double chance, uint64_t seed) : random_(seed), turns_(chance) {}
    bool bit(bool level) {
        const bool turned = turns_(random_);
        count += turned;
        return level != turned;
    }
    uint64_t count = 0;

  private:
    std::mt19937_64 random_;
    std::bernoulli_distribution turns_;
};

// Sends bytes to the board, 8N1.
class Sender {
  public:
    explicit Sender(Noise &noise) : noise_(noise) {}
    bool level() {
        if (left_ == 0) {
            if (bits_ == 0 && !queue.empty()) {
                word_ = 0x200u | unsigned(queue.front()) << 1;
                queue.pop_front();
                bits_ = 10;
                ++count;
            }
            level_ = true;
            if (bits_ > 0) {
                level_ = noise_.bit(word_ & 1);
                word_ >>= 1;
                --bits_;
                left_ = divisor;
            } else {
                return level_;
            }
        }
        --left_;
        return level_;
    }
    std::deque<uint8_t> queue;
    uint64_t count = 0;

  private:
    Noise &noise_;
    unsigned word_ = 0, bits_ = 0, left_ = 0;
    bool level_ = true;
};

// Takes bytes of the board, sampled in the middle of their bits.
class Receiver {
  public:
    explicit Receiver(Noise &noise) : noise_(noise) {}
    void level(bool level) {
        if (bit_ < 0) {
            if (level) idle_ = true;
            if (level || !idle_) return;
            bit_ = 0;
            left_ = divisor / 2;
        }
        if (left_-- > 0) return;
        left_ = divisor - 1;
        const bool seen = noise_.bit(level);
        if (bit_ == 0 && seen) {
            bit_ = -1;  // a start bit that was none
        } else if (bit_ == 9) {
            if (seen) queue.push_back(uint8_t(word_));
            bit_ = -1;
            idle_ = level;
        } else {
            if (bit_ > 0) word_ = word_ >> 1 | (seen ? 0x80u : 0u);
            ++bit_;
        }
    }
    std::deque<uint8_t> queue;

  private:
    Noise &noise_;
    unsigned word_ = 0, left_ = 0;
    int bit_ = -1;
    bool idle_ = true;
};

[[noreturn]] void fail(const std::string &what) {
    std::fprintf(stderr, "board_sim: %s\n", what.c_str());
    std::exit(3);
}

[[noreturn]] void fail_system(const char *what) { fail(std::string(what) + ": " + strerror(errno)); }

}  // namespace

int main(int argc, char **argv) {
    double errors = 0;
    uint64_t seed = 1;
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (!std::strcmp(argv[at], "--errors")) errors = std::atof(argv[at + 1]);
        else if (!std::strcmp(argv[at], "--seed")) seed = std::strtoull(argv[at + 1], nullptr, 10);
        else fail(std::string("unknown option ") + argv[at]);
    }
    if (at >= argc || !(errors >= 0 && errors < 1)) {
        fail("usage: board_sim [--errors CHANCE] [--seed N] COMMAND...");
    }

    const int line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (line < 0 || grantpt(line) || unlockpt(line)) fail_system("no pseudo-terminal");
    const std::string name = ptsname(line);
    // Held open, so that the terminal stays while nobody else has it; raw, so that it echoes nothing.
    const int other = open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios state;
    if (other < 0 || tcgetattr(other, &state)) fail_system(name.c_str());
    cfmakeraw(&state);
    if (tcsetattr(other, TCSANOW, &state)) fail_system(name.c_str());

    std::vector<std::string> words(argv + at, argv + argc);
    std::vector<char *> command;
    for (auto &word : words) {
        if (word == "PTY") word = name;
        command.push_back(&word[0]);
    }
    command.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) fail_system("cannot start a process");
    if (child == 0) {
        close(line);
        execvp(command[0], command.data());
        std::fprintf(stderr, "board_sim: cannot run %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }

    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    const std::unique_ptr<Vboard> board{new Vboard{context.get()}};
    Noise noise(errors, seed);
    Sender sender(noise);
    Receiver receiver(noise);
    uint64_t cycles = 0, bytes_back = 0;
    int status = 0;
    board->CF_BUTTON = 1;
    while (!context->gotFinish()) {
        for (unsigned i = 0; i < poll; ++i) {
            board->CF_RX = sender.level();
            board->CF_CLOCK = 0;
            board->eval();
            board->CF_CLOCK = 1;
            board->eval();
            receiver.level(board->CF_TX);
        }
        cycles += poll;
        uint8_t buffer[64];
        if (sender.queue.size() < sizeof buffer) {
            const ssize_t got = read(line, buffer, sizeof buffer);
            if (got > 0) sender.queue.insert(sender.queue.end(), buffer, buffer + got);
        }
        while (!receiver.queue.empty() && write(line, &receiver.queue.front(), 1) == 1) {
            receiver.queue.pop_front();
            ++bytes_back;
        }
        if (waitpid(child, &status, WNOHANG) == child) {
            std::fprintf(stderr,
                         "board_sim: %llu cycles, %llu bytes to the board, %llu back, %llu bits turned\n",
                         (unsigned long long)cycles, (unsigned long long)sender.count,
                         (unsigned long long)bytes_back, (unsigned long long)noise.count);
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    }
    kill(child, SIGTERM);
    fail("the simulation has ended itself");
}
