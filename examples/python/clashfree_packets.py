"""Reads the packets that leave a head compiled by clashfree. Needs the standard library only.

    layout = Layout.of_package("BUILD")
    for packet in layout.recorded("packets.bin"):
        print(layout.decode(packet))

`decode` gives {"frame", "exit", "class", "margin", "logits"} for an answer ("exit" is None for the
trunk's end) and {"frame", "packing", "codes"} for the activations of a split, in the head's own order of
neurons. Bytes that are no packet raise ValueError. docs/protocol.md says what the bytes are.
"""

import hashlib
import json
import pathlib
import struct

HEADER = 4
MAGIC, VERSION, ORIGIN = b"CFPACKET", 1, 76


class Layout:
    """The packets of one build: the manifest's `packet`, and the head's hash if it is known."""

    def __init__(self, packet, head_sha256=None):
        self.exits = packet["exits"]
        end = packet["end"]
        self.end = end.get("answer") if isinstance(end, dict) else None
        self.codes = end.get("codes") if isinstance(end, dict) else None
        # so many low bits of the tag are class or packing
        self.low_bits = 16 - len(self.exits).bit_length()
        self.head = bytes.fromhex(head_sha256) if head_sha256 else None
        text = json.dumps(packet, separators=(",", ":"))
        self.hash = hashlib.sha256(text.encode()).digest()

    @classmethod
    def of_package(cls, folder):
        """The layout of the package in `folder`."""
        manifest = json.loads((pathlib.Path(folder) / "manifest.json").read_text())
        return cls(manifest["packet"], manifest["head_sha256"])

    def decode(self, packet):
        """The contents of a packet as a dict; ValueError if the bytes are none."""
        if len(packet) < HEADER:
            raise ValueError(f"a packet of {len(packet)} bytes has no header")
        tag, frame = struct.unpack_from("<HH", packet)
        source, low = tag >> self.low_bits, tag & ((1 << self.low_bits) - 1)
        body = packet[HEADER:]
        if source > len(self.exits) or (source == 0 and not (self.end or self.codes)):
            raise ValueError(f"tag {tag:#06x} names no source of this head's packets")
        if source == 0 and self.codes:
            return {"frame": frame, **_codes(self.codes, low, body)}
        fields = _answer(self.exits[source - 1] if source else self.end, low, body)
        return {"frame": frame, "exit": source - 1 if source else None, **fields}

    def recorded(self, path):
        """The packets of a file, undecoded; ValueError if it is damaged or of another build."""
        data = pathlib.Path(path).read_bytes()
        if data[:8] != MAGIC or len(data) < ORIGIN:
            raise ValueError(f"{path} holds no recorded packets")
        if struct.unpack_from("<H", data, 8)[0] != VERSION:
            raise ValueError(f"{path} is of another version")
        if self.head not in (None, data[12:44]) or data[44:ORIGIN] != self.hash:
            raise ValueError(f"{path} is of another build")
        packets, at = [], ORIGIN
        while at < len(data):
            if at + 4 > len(data):
                raise ValueError(f"{path} is cut off")
            length = struct.unpack_from("<I", data, at)[0]
            at += 4 + length
            if at > len(data):
                raise ValueError(f"{path} is cut off")
            packets.append(data[at - length : at])
        return packets


def _answer(form, number, body):
    size = form["field_bytes"]
    count = form["classes"] if form["result"] == "logits" else 0
    if len(body) != size * (1 + count):
        raise ValueError(f"{len(body)} bytes of an answer, it has {size * (1 + count)}")
    if number >= form["classes"]:
        raise ValueError(f"class {number}, there are {form['classes']}")
    fields = [body[at : at + size] for at in range(0, len(body), size)]
    logits = [int.from_bytes(field, "little", signed=True) for field in fields[1:]]
    return {"class": number, "margin": int.from_bytes(fields[0], "little"), "logits": logits}


def _codes(form, packing, body):
    bits, order = form["bits"], form["order"]
    if packing not in (0, 1):
        raise ValueError(f"packing {packing}, there are 0, raw, and 1, zero flags")
    stream, at = int.from_bytes(body, "little"), 0

    def take(count):
        nonlocal at
        if at + count > 8 * len(body):
            raise ValueError(f"{len(body)} bytes of codes are too few")
        value = stream >> at & ((1 << count) - 1)
        at += count
        return value

    codes = [0] * len(order)
    for neuron in order:
        if packing == 1 and take(1) == 0:
            continue
        value = take(bits)
        if packing == 1 and value == 0:
            raise ValueError("a zero is flagged as another code")
        codes[neuron] = value - (form["signed"] and value >> (bits - 1)) * (1 << bits)
    if (at + 7) // 8 != len(body):
        raise ValueError(f"{len(body)} bytes of codes, {(at + 7) // 8} are used")
    if stream >> at:
        raise ValueError("the bits behind the last code are not zero")
    return {"packing": ("raw", "zero-flags")[packing], "codes": codes}
