#!/usr/bin/env python3
"""Sends frames to a board over its serial port and reads the answers. Needs Python 3.8 on Linux.

    host.py --port /dev/ttyUSB1 --inputs x.npy
    host.py --port /dev/ttyUSB1 --inputs t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
    host.py --port /dev/ttyUSB1 --inputs x.npy --frames 100 --logits logits.npy --packets packets.bin

Integers in .npy files are codes, floats are quantised, IDX files hold pixels; each may be gzipped. What
is damaged on the line is sent again. docs/boards.md of clashfree says what the messages are.
Exit codes: 0 done, 1 the board does not answer as it should, 2 bad input.
"""

import argparse
import ast
import collections
import fcntl
import gzip
import json
import math
import os
import pathlib
import select
import struct
import sys
import termios
import time

from clashfree_packets import MAGIC, VERSION, Layout

HERE = pathlib.Path(__file__).resolve().parent
FLAG, ESCAPE, TURNED = 0x7E, 0x7D, 0x20
RIGHT = 0xF0B8  # remainder behind a right message
REASONS = {1: "damaged", 2: "of the wrong length", 3: "of an unknown type", 4: "too early"}
BUSY = 4
TRIES = 40


class BadInput(Exception):
    """A file or option that is no good."""


class BadBoard(Exception):
    """A board that does not answer as it should."""


def fcs(data):
    """The frame check sequence of RFC 1662 before its complement is taken."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value


def framed(kind, tag, payload=b""):
    """A message as it goes over the line."""
    body = kind.encode() + bytes([tag]) + payload
    body += struct.pack("<H", fcs(body) ^ 0xFFFF)
    line = bytearray([FLAG])
    for byte in body:
        line += bytes([ESCAPE, byte ^ TURNED]) if byte in (FLAG, ESCAPE) else bytes([byte])
    line.append(FLAG)
    return bytes(line)


class Line:
    """A serial port, and messages over it."""

    def __init__(self, path, baud):
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise BadInput(f"this system knows no {baud} baud; build the board with another --baud")
        try:
            self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, termios.TIOCEXCL)
            state = termios.tcgetattr(self.fd)
            state[0:6] = [0, 0, termios.CS8 | termios.CREAD | termios.CLOCAL, 0, speed, speed]
            state[6][termios.VMIN], state[6][termios.VTIME] = 0, 0
            termios.tcsetattr(self.fd, termios.TCSANOW, state)
            termios.tcflush(self.fd, termios.TCIOFLUSH)
        except PermissionError as error:
            raise BadInput(f"{path}: {error.strerror}; are you in its group (dialout)?") from None
        except (OSError, termios.error) as error:
            raise BadInput(f"{path} is no serial port that can be used: {error}") from None
        self.path, self.damaged = path, 0
        self.body, self.escaped = bytearray(), False
        self.waiting = collections.deque()

    def put(self, data):
        """Sends bytes; what comes meanwhile is kept."""
        while data:
            readable, writable, _ = select.select([self.fd], [self.fd], [], 10.0)
            if readable:
                self._take()
            if writable:
                data = data[os.write(self.fd, data) :]
            if not readable and not writable:
                raise BadBoard(f"{self.path} has taken no byte for 10 seconds")

    def get(self, seconds):
        """The next good message as (type, tag, payload); None if none comes in time."""
        end = time.monotonic() + seconds
        while not self.waiting:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            self._take()
        return self.waiting.popleft()

    def _take(self):
        try:
            data = os.read(self.fd, 4096)
        except OSError as error:
            raise BadBoard(f"{self.path} is gone: {error.strerror}") from None
        for byte in data:
            if byte == FLAG:
                self._end()
            elif byte == ESCAPE:
                self.escaped = True
            else:
                self.body.append(byte ^ TURNED if self.escaped else byte)
                self.escaped = False

    def _end(self):
        body, escaped = bytes(self.body), self.escaped
        self.body.clear()
        self.escaped = False
        if len(body) >= 4 and not escaped and fcs(body) == RIGHT:
            self.waiting.append((chr(body[0]), body[1], body[2:-2]))
        elif body or escaped:
            self.damaged += 1


def identify(line, manifest, timeout):
    """Waits until nothing is inside the board, checks what it computes; how many frames it holds."""
    line.put(bytes([FLAG]))
    heard = False
    for attempt in range(TRIES):
        line.put(framed("I", attempt))
        end = time.monotonic() + timeout
        while True:
            message = line.get(max(0.0, end - time.monotonic()))
            if message is None:
                break
            kind, tag, payload = message
            heard = True
            if tag != attempt:
                continue
            if kind == "I" and len(payload) == 9:
                wanted = int(manifest["identity"][:16], 16)
                found = int.from_bytes(payload[:8], "little")
                if found != wanted:
                    raise BadBoard(
                        f"the board holds the build {found:016x}, the manifest is of {wanted:016x}: "
                        "load the bitstream of this folder"
                    )
                return payload[8]
            if kind == "E":
                break
        if not heard and attempt == 4:
            break
    if heard or line.damaged:
        raise BadBoard(f"{line.path} answers, but not right: is the baud rate that of board.json?")
    raise BadBoard(f"{line.path} does not answer: is it the right port, and is the board loaded?")


def exchange(line, frames, window, timeout):
    """Yields (frame, packet) in the order of answers; counts what was sent again in `line.resent`.

    Answers come in the order in which good frames were sent, so a frame is lost once a later one is
    answered."""
    frames = iter(enumerate(frames))
    sent = collections.OrderedDict()  # tag: [number, bytes, tries], in the order last sent
    again = collections.deque()
    line.resent, rested, more = 0, 0.0, True
    while True:
        while len(sent) < window and time.monotonic() >= rested:
            if again:
                tag, entry = again.popleft()
                line.resent += 1
            else:
                number, payload = next(frames, (None, None))
                more = number is not None
                if not more:
                    break
                tag, entry = number % 256, [number, payload, 0]
            entry[2] += 1
            if entry[2] > TRIES:
                raise BadBoard(f"frame {entry[0]} was sent {TRIES} times without an answer")
            sent[tag] = entry
            line.put(framed("F", tag, entry[1]))
        if not sent and not again and not more:
            return
        pause = rested - time.monotonic()
        message = line.get(pause if pause > 0 else timeout)
        if message is None:
            if pause <= 0 and sent:
                again.append(sent.popitem(last=False))
            continue
        kind, tag, payload = message
        if tag not in sent:
            continue  # an answer that came late, or an error whose tag was damaged
        if kind == "E":
            again.append((tag, sent.pop(tag)))
            if payload[:1] == bytes([BUSY]):
                rested = time.monotonic() + 0.02
        elif kind in "AC":
            while next(iter(sent)) != tag:
                again.append(sent.popitem(last=False))
            yield sent.pop(tag)[0], payload


# ---- data


def read(path):
    """An array as (kind, shape, function of a row's number to its values)."""
    try:
        data = pathlib.Path(path).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise BadInput(f"{path}: {error}") from None
    try:
        if data[:6] == b"\x93NUMPY":
            kind, code, shape, at = npy(data)
        elif data[:3] == b"\0\0\x08":
            shape = struct.unpack_from(f">{data[3]}I", data, 4)
            kind, code, at = "pixels", ">B", 4 + 4 * data[3]
        else:
            raise ValueError("it is neither .npy nor IDX")
        width = math.prod(shape[1:])
        size = struct.calcsize(code) * width
        if len(data) != at + size * shape[0]:
            raise ValueError(f"it does not hold the {shape[0]} rows that it says")
    except (ValueError, SyntaxError, KeyError, IndexError, struct.error) as error:
        raise BadInput(f"{path}: {error}") from None
    form = f"{code[0]}{width}{code[1]}"
    return kind, shape, lambda row: struct.unpack_from(form, data, at + row * size)


def npy(data):
    """Kind, struct code, shape and beginning of the values of a .npy file."""
    wide = data[6] > 1
    length = struct.unpack_from("<I" if wide else "<H", data, 8)[0]
    at = (12 if wide else 10) + length
    header = ast.literal_eval(data[at - length : at].decode("latin1").strip())
    if header["fortran_order"]:
        raise ValueError("it is in Fortran order: save numpy.ascontiguousarray of it")
    kinds = {"b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q"}
    kinds.update({"u8": "Q", "f2": "e", "f4": "f", "f8": "d"})
    dtype = header["descr"]
    if dtype[1:] not in kinds:
        raise ValueError(f"it is of {dtype}, not of integers or floats")
    order = ">" if dtype[0] == ">" else "<"
    kind = "floats" if dtype[1] == "f" else "codes"
    return kind, order + kinds[dtype[1:]], header["shape"], at


def codes(path, kind, form, number, row):
    """A frame's codes as the head takes them."""
    bits, signed = form["bits"], form["signed"]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if kind == "pixels":
        if signed:
            raise BadInput(f"{path} has pixels, but the head's input codes are signed")
        return [p >> 8 - bits if bits <= 8 else p << bits - 8 for p in row]
    if kind == "floats":
        if not all(map(math.isfinite, row)):
            raise BadInput(f"{path}: frame {number} has a value that is not finite")
        scale = 2.0 ** form["frac"]
        return [min(max(math.floor(x * scale + 0.5), low), high) for x in row]
    for value in row:
        if not low <= value <= high:
            raise BadInput(f"{path}: frame {number} has {value}, the head takes {low} to {high}")
    return list(row)


def packed(values, form, bus_bits):
    """The bytes of a frame's beats."""
    values = values + [0] * (form["neurons"] - len(values))
    if form.get("order"):
        values = [values[neuron] for neuron in form["order"]]
    bits, count = form["bits"], form["codes_per_beat"]
    out = bytearray()
    for at in range(0, len(values), count):
        beat = 0
        for place, value in enumerate(values[at : at + count]):
            beat |= (value & (1 << bits) - 1) << place * bits
        out += beat.to_bytes(bus_bits // 8, "little")
    return bytes(out)


def write_logits(path, rows):
    """A .npy file of int64."""
    shape = f"({len(rows)}, {len(rows[0]) if rows else 0})"
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11) + "\n"
    data = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode()
    data += b"".join(struct.pack(f"<{len(row)}q", *row) for row in rows)
    pathlib.Path(path).write_bytes(data)


def write_packets(path, layout, packets):
    """A file for `clashfree edge --packets`; frames are numbered as they stand in the inputs, not as the
    board counted them, which counts those that were sent twice, too."""
    data = [MAGIC + struct.pack("<HH", VERSION, 0) + layout.head + layout.hash]
    for number, packet in enumerate(packets):
        data += [struct.pack("<I", len(packet)), packet[:2], struct.pack("<H", number % 65536)]
        data.append(packet[4:])
    pathlib.Path(path).write_bytes(b"".join(data))


def run(args):
    try:
        manifest = json.loads(pathlib.Path(args.manifest).read_text())
        layout = Layout(manifest["packet"], manifest["head_sha256"])
        baud = args.baud or json.loads((HERE / "board.json").read_text())["baud"]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"cannot use {args.manifest} and board.json: {error!r}") from None
    form = manifest["input"]
    kind, shape, row = read(args.inputs)
    if not 2 <= len(shape) <= 4 or math.prod(shape[1:]) > form["neurons"] or 0 in shape:
        raise BadInput(f"{args.inputs} is {shape}, the head takes [frames, {form['neurons']}]")
    count = shape[0] if args.frames is None else min(args.frames, shape[0])
    labels = None
    if args.labels:
        _, known, label = read(args.labels)
        if len(known) != 1 or known[0] != shape[0]:
            raise BadInput(f"{args.labels} is {known}, the inputs have {shape[0]} frames")
        labels = [label(number)[0] for number in range(count)]

    line = Line(args.port, baud)
    window = identify(line, manifest, args.timeout)
    frames = (
        packed(codes(args.inputs, kind, form, n, row(n)), form, manifest["bus_bits"])
        for n in range(count)
    )
    packets, answers = [None] * count, [None] * count
    began = time.monotonic()
    for number, packet in exchange(line, frames, window, args.timeout):
        try:
            answers[number] = layout.decode(packet)
        except ValueError as error:
            raise BadBoard(f"frame {number}: its packet is none: {error}") from None
        packets[number] = packet
    seconds = time.monotonic() - began

    here = [answer for answer in answers if "class" in answer]
    print(f"{count} frames in {seconds:.2f} s, {line.resent} sent again, {len(here)} answered here")
    if labels:
        right = sum(a["class"] == y for a, y in zip(answers, labels) if "class" in a)
        print(f"accuracy of these {100.0 * right / max(1, len(here)):.2f} % ({right} of {len(here)})")
    if args.logits:
        rows = [answer["logits"] for answer in here]
        if len(rows) != count or len({len(r) for r in rows}) != 1 or not rows[0]:
            raise BadInput("not all packets of this build carry logits of the same classes")
        write_logits(args.logits, rows)
    if args.packets:
        write_packets(args.packets, layout, packets)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", required=True, help="serial port of the board")
    parser.add_argument("--inputs", required=True, help=".npy or IDX, plain or gzipped")
    parser.add_argument("--labels", help="one integer a frame, .npy or IDX")
    parser.add_argument("--frames", type=int, help="only the first N frames")
    parser.add_argument("--logits", help="writes the logits, .npy, int64 [frames, classes]")
    parser.add_argument("--packets", help="records the packets for `clashfree edge --packets`")
    parser.add_argument("--manifest", default=HERE / "manifest.json", help="of the build")
    parser.add_argument("--baud", type=int, help="by board.json where absent")
    parser.add_argument("--timeout", type=float, default=1.0, help="seconds to wait for an answer")
    try:
        run(parser.parse_args())
    except BadInput as error:
        fail(error, 2)
    except BadBoard as error:
        fail(error, 1)


def fail(error, code):
    print(f"error: {error}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
