"""Yosys and nextpnr: what a peer's Verilog takes, in the numbers that `clashfree synth` counts.

`clashfree synth` runs the same commands on its packages; docs/synthesis.md says what is counted.
"""

import collections
import json
import pathlib
import re
import subprocess

COMMANDS = {
    "xcup": "synth_xilinx -family xcup -noiopad -noclkbuf -flatten -nodsp",
    "ecp5-85k": "synth_ecp5 -nodsp",
}
# What a cell counts for, besides nothing: (column, number).
CELLS = {
    **{f"LUT{inputs}": [("luts", 1)] for inputs in range(1, 7)},
    "INV": [("inverters", 1)],
    "CARRY4": [("carries", 1)],
    "CARRY8": [("carries", 2)],
    "SRL16E": [("lut_ram", 1)],
    "SRLC16E": [("lut_ram", 1)],
    "SRLC32E": [("lut_ram", 1)],
    "CCU2C": [("carries", 1), ("luts", 2)],
    "TRELLIS_FF": [("ffs", 1)],
    **{cell: [("ffs", 1)] for cell in ("FDRE", "FDSE", "FDCE", "FDPE")},
    # beside LUTs, or no hardware at all
    **{cell: [] for cell in ("MUXF7", "MUXF8", "MUXF9", "PFUMX", "L6MUX21", "GND", "VCC")},
}
PART = ["--um-85k", "--package", "CABGA381", "--speed", "6"]
PINS = pathlib.Path(__file__).resolve().parents[2] / "hw/synth/cf_pins.v"
TOP = "pins"


class Failed(Exception):
    """A tool that ended with an error; its last lines."""


class Missing(Exception):
    """A program that is not there."""


def find(tools, name):
    """The tool in the folder `tools`: YoWASP's build of it first."""
    for path in (tools / f"yowasp-{name}", tools / name):
        if path.is_file():
            return str(path.resolve())
    raise Missing(f"no {name} in {tools}: `make synth-tools` installs it into .tools, or --tools")


def run(command, folder, log):
    """What it said, which is kept in `log`."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    (folder / log).write_text(done.stdout)
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-12:])
        raise Failed(f"{' '.join(command)} in {folder} ended with {done.returncode}:\n{last}")
    return done.stdout


def version(tools, name, option, folder):
    """What a tool says of itself, without who compiled it how."""
    said = run([find(tools, name), option], folder, "version.log")
    return re.search(r"[\d.]+\d(-\w+)*( \(git sha1 \w+)?", said).group().replace("(", "")


def count(cells):
    """The area that these cells are."""
    area = collections.Counter(luts=0, inverters=0, lut_ram=0, ffs=0, carries=0)
    for cell, number in cells.items():
        if cell not in CELLS:
            raise Failed(f"{number} cells are {cell}, which nobody counts")
        for column, of_one in CELLS[cell]:
            area[column] += of_one * number
    return dict(area)


def yosys(tools, folder, script, top):
    """The cells of `top` after the script."""
    script += "delete t:$scopeinfo\ntee -q -o cells.json stat -json\n"
    (folder / "yosys.ys").write_text(script)
    run([find(tools, "yosys"), "yosys.ys"], folder, "yosys.log")
    modules = json.loads((folder / "cells.json").read_text())["modules"]
    return count(modules[f"\\{top}"]["num_cells_by_type"])


def read(peer):
    """`-defer`, since a file may hold a module that nothing instantiates and that needs a table."""
    files = " ".join(str(file.relative_to(peer.folder)) for file in peer.verilog)
    return f"read_verilog -defer {files}\n"


def estimate(tools, peer):
    """A peer's area on UltraScale+."""
    script = f"{read(peer)}{COMMANDS['xcup']} -top {peer.top}\n"
    return yosys(tools, peer.folder, script, peer.top)


def ports(peer):
    """Bits of `model_inp` and `model_out`."""
    text = next(file for file in peer.verilog if file.stem == peer.top).read_text()
    widths = {name: int(high) + 1 for high, name in re.findall(r"\[(\d+):0\]\s+(model_\w+)", text)}
    return widths["model_inp"], widths["model_out"]


def place(tools, peer, goal, seed):
    """A peer's area on ECP5, and its clock with registers around that shift from and to pins."""
    folder = peer.folder
    ins, outs = ports(peer)
    (folder / "pins.v").write_text(
        f"module {TOP} (input wire clk, input wire pin_i, output wire pin_o);\n"
        f"  wire [{ins - 1}:0] ins;\n  wire [{outs - 1}:0] outs;\n"
        f"  cf_pins #(.In({ins}), .Out({outs})) i_pins (\n"
        "    .clk_i(clk), .pin_i(pin_i), .in_o(ins), .out_i(outs), .pin_o(pin_o)\n  );\n"
        f"  {peer.top} i_design (.clk(clk), .model_inp(ins), .model_out(outs));\nendmodule\n"
    )
    (folder / PINS.name).write_text(PINS.read_text())
    script = (
        f"read_verilog {PINS.name} pins.v\n{read(peer)}hierarchy -top {TOP}\n"
        # a border that no optimisation crosses: the registers around are not the design's
        f"setattr -mod -set keep_hierarchy 1 {peer.top}\n"
        f"{COMMANDS['ecp5-85k']} -top {TOP}\ndelete t:$scopeinfo\nwrite_json placed.json\n"
    )
    area = yosys(tools, folder, script, peer.top)
    command = [find(tools, "nextpnr-ecp5"), *PART, "--json", "placed.json", "--top", TOP]
    command += ["--report", "place.json", "--freq", str(goal), "--seed", str(seed)]
    run([*command, "--timing-allow-fail"], folder, "place.log")
    said = json.loads((folder / "place.json").read_text())
    area["mhz"] = round(min(clock["achieved"] for clock in said["fmax"].values()), 1)
    return area
