"""Tests of clashfree_packets: `python3 -m unittest` in this folder.

The variable CLASHFREE_PACKETS may name a folder of folders, each a manifest.json, recorded packets.bin, and
expected.json, which has what each packet decodes to, or null for one that must be refused.
"""

import json
import os
import pathlib
import tempfile
import unittest

from clashfree_packets import Layout

CLASS = {"classes": 3, "field_bytes": 2, "result": "class"}
LOGITS = {"classes": 4, "field_bytes": 1, "result": "logits"}
CODES = {"bits": 3, "signed": False, "order": [4, 2, 0, 1, 3]}
SPLIT = {"exits": [CLASS, LOGITS], "end": {"codes": CODES}}


class ByHand(unittest.TestCase):
    def setUp(self):
        self.layout = Layout(SPLIT)

    def test_answers(self):
        packet = self.layout.decode(bytes([1, 0x80, 7, 0, 2, 1, 5, 3, 0xFF]))
        want = {"frame": 7, "exit": 1, "class": 1, "margin": 2, "logits": [1, 5, 3, -1]}
        self.assertEqual(packet, want)

    def test_codes(self):
        bits = 5 | 7 << 6 | 1 << 9 | 6 << 12
        packet = self.layout.decode(bytes([0, 0, 1, 0, bits & 255, bits >> 8]))
        self.assertEqual(packet, {"frame": 1, "packing": "raw", "codes": [7, 1, 0, 6, 5]})
        bits = 0b001_1_0_0_101_1_0
        packet = self.layout.decode(bytes([1, 0, 2, 0, bits & 255, bits >> 8]))
        self.assertEqual(packet, {"frame": 2, "packing": "zero-flags", "codes": [0, 0, 5, 1, 0]})

    def test_what_is_no_packet(self):
        for text in (
            "", "000000", "01c0070002", "0140070002", "014007000200ff", "0340070002 00",
            "020000000000", "0000000000", "00000000000000", "000000000080", "010000000100",
            "01000000", "01000000ff",
        ):
            with self.subTest(text), self.assertRaises(ValueError):
                self.layout.decode(bytes.fromhex(text))

    def test_files(self):
        good = b"CFPACKET\1\0\0\0" + bytes(32) + self.layout.hash + b"\2\0\0\0ab\0\0\0\0"
        layout = Layout(SPLIT, "00" * 32)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "packets.bin"
            path.write_bytes(good)
            self.assertEqual(layout.recorded(path), [b"ab", b""])
            other = bytearray(good)
            other[20] ^= 1
            for bad in (good[:-1], good[:77], good[:60], b"X" + good[1:], bytes(other)):
                path.write_bytes(bad)
                with self.assertRaises(ValueError):
                    layout.recorded(path)


class Recorded(unittest.TestCase):
    def test_packets(self):
        root = os.environ.get("CLASHFREE_PACKETS")
        if root is None:
            self.skipTest("CLASHFREE_PACKETS names no recorded packets")
        folders = sorted(path.parent for path in pathlib.Path(root).glob("*/manifest.json"))
        self.assertTrue(folders)
        for folder in folders:
            layout = Layout.of_package(folder)
            expected = json.loads((folder / "expected.json").read_text())
            packets = layout.recorded(folder / "packets.bin")
            self.assertEqual(len(packets), len(expected))
            for packet, want in zip(packets, expected):
                with self.subTest(folder=folder.name, packet=packet.hex()):
                    if want is None:
                        self.assertRaises(ValueError, layout.decode, packet)
                    else:
                        self.assertEqual(layout.decode(packet), want)


if __name__ == "__main__":
    unittest.main()
