"""clashfree's unrolled mode beside da4ml and alkaid: one head, one Yosys, one run.

    make synth-tools                                      # once: Yosys and nextpnr
    make peers                                            # fetches da4ml, alkaid and numpy with pip
    make peers OPTIONS="HEAD --inputs codes.npy --ecp5"

For each: seconds from the head to Verilog; whether the peer's own emulation gives the logits of
`clashfree infer` on some frames (if not, exit code 1 and no figures); area on UltraScale+ in Yosys;
with --ecp5 area and clock on ECP5 in nextpnr. docs/peers.md says what the figures mean, `--help` has
the options; everything is left in the folder of `--output`.
Exit codes: 0 done, 1 a mismatch or a tool that failed, 2 bad input, 3 a missing tool.
"""

import argparse
import concurrent.futures
import importlib.metadata
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import numpy as np

import head as heads
import networks
import synthesis

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
JUNCTION = re.compile(r"i_junction_\d+|i_j\d+_sums")
# Of the library where nobody says otherwise, and of the peer's own command line.
SETTINGS = {"da4ml": ["none,5", "2,5"], "alkaid": ["none,5", "5,5"]}
COLUMNS = {
    "luts": "LUT",
    "inverters": "INV",
    "lut_ram": "LUT RAM",
    "ffs": "FF",
    "carries": "carry",
    "mhz": "MHz",
}
ECP5 = ["--fabric", "lut4", "--levels-per-register", "2"]


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add, folder = parser.add_argument, pathlib.Path
    add("head", nargs="?", type=folder, default=REPOSITORY / "examples/heads/mnist-2-9-10")
    add("--inputs", type=folder, help=".npy of codes; else x.npy beside the head, else random")
    add("--frames", type=int, default=100, help="frames to compare")
    add("--bus", type=int, default=64, help="bits of clashfree's streams")
    for peer, settings in SETTINGS.items():
        says = f"its delay constraint, or none, and latency cutoff; for several, again: {settings}"
        add(f"--{peer}", type=setting, action="append", metavar="DELAY,CUTOFF", help=says)
    add("--ecp5", action="store_true", help="place and route on ECP5-85k, too")
    add("--freq", type=float, default=100, help="MHz that nextpnr aims at")
    add("--seed", type=int, default=1, help="seed of the placement")
    add("--jobs", type=int, default=1, help="syntheses at a time")
    add("--clashfree", type=folder, default=REPOSITORY / "target/release/clashfree")
    add("--tools", type=folder, default=REPOSITORY / ".tools/bin", help="of Yosys and nextpnr")
    add("-o", "--output", type=folder, default=REPOSITORY / "build/peers")
    add("--json", action="store_true", help="print JSON, not tables")
    return parser.parse_args()


def setting(text):
    delay, cutoff = text.split(",")
    return -1 if delay == "none" else int(delay), float(cutoff)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Clashfree:
    """The program, run."""

    def __init__(self, program, tools):
        if not program.is_file():
            raise synthesis.Missing(f"no {program}: `cargo build --release`, or --clashfree")
        self.program, self.tools = str(program.resolve()), str(tools.resolve())

    def run(self, *words):
        command = [self.program, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise synthesis.Failed(f"{' '.join(command)}:\n{done.stderr}")
        return done.stdout

    def compile(self, head, build, bus, *options):
        """Seconds for a package with a frame a cycle."""
        start = time.perf_counter()
        self.run("compile", head, "-o", build, "--cycles", 1, "--bus", bus, *options)
        return time.perf_counter() - start

    def synth(self, build, target, *options):
        """The report, with the area as `synthesis.count` has it."""
        words = ["synth", build, "--target", target, "--tools", self.tools, "--json", *options]
        report = json.loads(self.run(*words))
        area = {name: report["area"][name] for name in ("luts", "lut_ram", "ffs", "carries")}
        return report, area | {"inverters": report["cells"].get("INV", 0)}


def frames_of(args, head):
    """Codes of frames: from a file, else random, half of them zeros as in images."""
    beside = (args.head if args.head.is_dir() else args.head.parent) / "x.npy"
    path = args.inputs or (beside if beside.is_file() else None)
    if path is not None:
        codes = np.load(path)[: args.frames].astype(np.int64)
        return str(path), np.pad(codes, ((0, 0), (0, head.neurons - codes.shape[1])))
    rng = np.random.default_rng(1)
    low, high = head.input.limits
    codes = rng.integers(low, high + 1, (args.frames, head.neurons))
    return "random, seed 1", codes * rng.integers(0, 2, codes.shape)


def differing(peers, clashfree, args, codes):
    """Frames whose logits differ from the reference's, by peer."""
    inputs, outputs = args.output / "codes.npy", args.output / "logits.npy"
    np.save(inputs, codes)
    clashfree.run("infer", args.head, "--inputs", inputs, "-o", outputs)
    logits = np.load(outputs)
    return {peer.name: int((peer.emulate(codes) != logits).any(axis=1).sum()) for peer in peers}


def measure(args):
    """Everything, as it is printed by --json."""
    head = heads.load(args.head)
    clashfree = Clashfree(args.clashfree, args.tools)
    args.output.mkdir(parents=True, exist_ok=True)
    versions = {name: importlib.metadata.version(name) for name in ("da4ml", "alkaid", "numpy")}
    versions["clashfree"] = clashfree.run("--version").split()[-1]
    versions["yosys"] = synthesis.version(args.tools, "yosys", "-V", args.output)
    if args.ecp5:
        versions["nextpnr"] = synthesis.version(
            args.tools, "nextpnr-ecp5", "--version", args.output
        )

    peers = []
    for name, build in networks.BUILDS.items():
        for delay, cutoff in getattr(args, name) or map(setting, SETTINGS[name]):
            row = f"{name} {'none' if delay < 0 else delay},{cutoff:g}"
            folder = args.output / row.replace(" ", "-")
            shutil.rmtree(folder, ignore_errors=True)
            say(f"compiling with {row}")
            peers.append(build(row, head, folder, delay, cutoff))
    say("compiling with clashfree")
    builds = {"xcup": args.output / "clashfree"}
    seconds = clashfree.compile(args.head, builds["xcup"], args.bus)
    source, codes = frames_of(args, head)
    wrong = differing(peers, clashfree, args, codes)
    say(f"frames of {len(codes)} whose logits differ: {wrong}")
    rows = {
        peer.name: {"seconds": peer.seconds, "options": f"{peer.options}, {peer.stages} stages"}
        for peer in peers
    }
    rows["clashfree"] = {"seconds": seconds, "options": f"--cycles 1 --bus {args.bus}"}
    rows["clashfree, junctions alone"] = {}
    answer = {"head": head.name, "inputs": source, "frames": len(codes), "differing": wrong}
    answer |= {"bus": args.bus, "versions": versions, "designs": rows}
    if any(wrong.values()):
        return answer

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        tasks = [pool.submit(ours_on_xcup, clashfree, builds["xcup"], rows)]
        for peer in peers:
            tasks.append(pool.submit(peer_on, "xcup", args, peer, rows))
        if args.ecp5:
            tasks.append(pool.submit(ours_on_ecp5, clashfree, args, rows))
            tasks += [pool.submit(peer_on, "ecp5", args, peer, rows) for peer in peers]
        for task in concurrent.futures.as_completed(tasks):
            task.result()
    return answer


def peer_on(target, args, peer, rows):
    if target == "xcup":
        rows[peer.name]["xcup"] = synthesis.estimate(args.tools, peer)
    else:
        rows[peer.name]["ecp5"] = synthesis.place(args.tools, peer, args.freq, args.seed)
    say(f"{peer.name} on {target}: {rows[peer.name][target]}")


def ours_on_xcup(clashfree, build, rows):
    """The whole, and the junctions and their adders, each synthesised by itself."""
    report, area = clashfree.synth(build, "xcup", "--depth", 1)
    rows["clashfree"]["xcup"] = area
    junctions = [row["total"] for row in report["modules"] if JUNCTION.fullmatch(row["instance"])]
    columns = ("luts", "lut_ram", "ffs", "carries")
    alone = {name: sum(area[name] for area in junctions) for name in columns}
    rows["clashfree, junctions alone"]["xcup"] = alone
    say(f"clashfree on xcup: {area}, junctions alone {alone}")


def ours_on_ecp5(clashfree, args, rows):
    build = args.output / "clashfree-ecp5"
    clashfree.compile(args.head, build, args.bus, *ECP5)
    placement = ["--freq", args.freq, "--seed", args.seed, "--no-modules"]
    report, area = clashfree.synth(build, "ecp5-85k", *placement)
    rows["clashfree"]["ecp5"] = area | {"mhz": round(report["placed"]["fmax"], 1)}
    say(f"clashfree on ecp5: {rows['clashfree']['ecp5']}")


def table(answer, target, columns, ratios):
    """A target's table in Markdown; ratios are to clashfree's whole."""
    ours = answer["designs"]["clashfree"][target]
    titles = [COLUMNS[c] for c in columns] + [f"{COLUMNS[c]} ratio" for c in ratios]
    lines = [["", *titles], ["---"] * (1 + len(titles))]
    for name, row in answer["designs"].items():
        if target in row:
            area = row[target]
            numbers = [f"{area[c]:,}" if c in area else "" for c in columns]
            lines.append([name, *numbers, *(f"{area[c] / ours[c]:.2f}" for c in ratios)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def text(answer):
    versions = ", ".join(f"{name} {said}" for name, said in answer["versions"].items())
    parts = [
        f"{answer['head']}: {answer['frames']} frames ({answer['inputs']}), "
        f"of which logits differ: {answer['differing']}\n{versions}; clashfree's bus {answer['bus']} bits\n",
        "| | compile, s | options |\n| --- | --- | --- |",
    ]
    for name, row in answer["designs"].items():
        if "seconds" in row:
            parts.append(f"| {name} | {row['seconds']:.2f} | {row['options']} |")
    ours = answer["designs"]["clashfree"]
    if "xcup" in ours:
        columns = ["luts", "inverters", "lut_ram", "ffs", "carries"]
        parts.append("\nUltraScale+, Yosys' estimate:\n")
        parts.append(table(answer, "xcup", columns, ["luts", "ffs"]))
    if "ecp5" in ours:
        columns = ["luts", "lut_ram", "ffs", "carries", "mhz"]
        parts.append("ECP5-85k, speed grade 6, placed and routed:\n")
        parts.append(table(answer, "ecp5", columns, ["luts", "ffs", "mhz"]))
    return "\n".join(parts)


def main():
    args = arguments()
    try:
        answer = measure(args)
    except (ValueError, OSError) as error:
        say(f"error: {error}")
        return 2
    except synthesis.Missing as error:
        say(f"error: {error}")
        return 3
    except synthesis.Failed as error:
        say(f"error: {error}")
        return 1
    printed = json.dumps(answer, indent=2)
    (args.output / "answer.json").write_text(printed + "\n")
    print(printed if args.json else text(answer))
    return 1 if any(answer["differing"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
