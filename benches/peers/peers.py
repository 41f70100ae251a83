"""clashfree's unrolled mode beside da4ml and alkaid: one head, one Yosys, one run.

    make synth-tools                                      # once: Yosys and nextpnr
    make peers                                            # fetches da4ml, alkaid and numpy with pip
    make peers OPTIONS="HEAD --inputs codes.npy --ecp5"

For each: seconds from the head to Verilog; whether the peer's own emulation gives the logits of
`clashfree infer` on some frames (if not, exit code 1 and no figures); area on UltraScale+ in Yosys;
with --ecp5 area and clock on ECP5 in nextpnr. docs/peers.md says what the figures mean. `--help` has
the options. Everything is left in the folder of `--output`. Exit codes: 0 done, 1 a mismatch or a tool
that failed, 2 bad input, 3 a missing tool.
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
ECP5 = ["--fabric", "lut4", "--levels-per-register", "2"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "head", nargs="?", type=pathlib.Path, default=REPOSITORY / "examples/heads/mnist-2-9-10"
    )
    parser.add_argument("--inputs", type=pathlib.Path, help=".npy of codes [default: x.npy beside the head, else random]")
    parser.add_argument("--frames", type=int, default=100, help="frames to compare [%(default)s]")
    parser.add_argument("--bus", type=int, default=64, help="bits of clashfree's streams [%(default)s]")
    parser.add_argument("--da4ml", type=setting, default=(2, 4), metavar="DELAY,CUTOFF",
                        help="da4ml's delay constraint and latency cutoff [2,4]")  # fmt: skip
    parser.add_argument("--alkaid", type=setting, default=(5, 5), metavar="DELAY,CUTOFF",
                        help="the same of alkaid [5,5]")  # fmt: skip
    parser.add_argument("--ecp5", action="store_true", help="place and route on ECP5-85k, too")
    parser.add_argument("--freq", type=float, default=100, help="MHz that nextpnr aims at [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="seed of the placement [%(default)s]")
    parser.add_argument("--jobs", type=int, default=1, help="syntheses at a time [%(default)s]")
    parser.add_argument("--clashfree", type=pathlib.Path, default=REPOSITORY / "target/release/clashfree")
    parser.add_argument("--tools", type=pathlib.Path, default=REPOSITORY / ".tools/bin",
                        help="folder of Yosys and nextpnr [.tools/bin]")  # fmt: skip
    parser.add_argument("-o", "--output", type=pathlib.Path, default=REPOSITORY / "build/peers")
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")
    return parser.parse_args()


def setting(text):
    delay, cutoff = text.split(",")
    return int(delay), float(cutoff)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Clashfree:
    """The program, run."""

    def __init__(self, program, tools):
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
    np.save(args.output / "codes.npy", codes)
    clashfree.run("infer", args.head, "--inputs", args.output / "codes.npy", "-o", args.output / "logits.npy")
    logits = np.load(args.output / "logits.npy")
    return {peer.name: int((peer.emulate(codes) != logits).any(axis=1).sum()) for peer in peers}


def measure(args):
    """Everything, as it is printed by --json."""
    head = heads.load(args.head)
    shutil.rmtree(args.output, ignore_errors=True)
    args.output.mkdir(parents=True)
    clashfree = Clashfree(args.clashfree, args.tools)
    versions = {name: importlib.metadata.version(name) for name in ("da4ml", "alkaid", "numpy")}
    versions |= {"clashfree": clashfree.run("--version").split()[-1], "yosys": synthesis.version(args.tools)}

    peers = []
    for build, options in ((networks.with_da4ml, args.da4ml), (networks.with_alkaid, args.alkaid)):
        folder = args.output / build.__name__.removeprefix("with_")
        say(f"compiling with {folder.name}")
        peers.append(build(head, folder, *options))
    say("compiling with clashfree")
    builds = {"xcup": args.output / "clashfree"}
    seconds = clashfree.compile(args.head, builds["xcup"], args.bus)
    source, codes = frames_of(args, head)
    wrong = differing(peers, clashfree, args, codes)
    say(f"frames of {len(codes)} whose logits differ: {wrong}")
    rows = {
        peer.name: {"seconds": peer.seconds, "options": peer.options, "stages": peer.stages}
        for peer in peers
    }
    rows["clashfree"] = {"seconds": seconds}
    rows["clashfree, junctions alone"] = {}
    answer = {"head": head.name, "inputs": source, "frames": len(codes), "differing": wrong,
              "bus": args.bus, "versions": versions, "designs": rows}  # fmt: skip
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
    folder = args.output / peer.name
    if target == "xcup":
        rows[peer.name]["xcup"] = synthesis.estimate(args.tools, peer, folder)
    else:
        rows[peer.name]["ecp5"] = synthesis.place(args.tools, peer, folder, args.freq, args.seed)
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


def table(answer, target, columns):
    """A target's table in Markdown; ratios are to clashfree's whole."""
    ours = answer["designs"]["clashfree"][target]
    titles = {"luts": "LUT", "inverters": "INV", "lut_ram": "LUT RAM", "ffs": "FF", "carries": "carry", "mhz": "MHz"}
    ratios = ["luts", "ffs"] + ["mhz"] * ("mhz" in columns)
    heading = ["", "compile, s", *(titles[c] for c in columns), *(f"{titles[c]} ratio" for c in ratios)]
    lines = [heading, ["---"] * len(heading)]
    for name, row in answer["designs"].items():
        if target not in row:
            continue
        area = row[target]
        seconds = f"{row['seconds']:.2f}" if target == "xcup" and "seconds" in row else ""
        numbers = [f"{area[c]:,}" if c in area else "" for c in columns]
        lines.append([name, seconds, *numbers, *(f"{area[c] / ours[c]:.2f}" for c in ratios)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(answer):
    versions = ", ".join(f"{name} {said}" for name, said in answer["versions"].items())
    parts = [
        f"{answer['head']}; {answer['frames']} frames ({answer['inputs']}), logits that differ: "
        f"{answer['differing']}; clashfree's bus {answer['bus']} bits; {versions}"
    ]
    parts += [f"{name}: {row['options']}, {row['stages']} stages" for name, row in answer["designs"].items() if "options" in row]
    if "xcup" in answer["designs"]["clashfree"]:
        parts.append("UltraScale+, Yosys' estimate:\n")
        parts.append(table(answer, "xcup", ["luts", "inverters", "lut_ram", "ffs", "carries"]))
    if "ecp5" in answer["designs"]["clashfree"]:
        parts.append("\nECP5-85k, speed grade 6, placed and routed:\n")
        parts.append(table(answer, "ecp5", ["luts", "lut_ram", "ffs", "carries", "mhz"]))
    return "\n".join(parts)


def main():
    args = arguments()
    try:
        answer = measure(args)
    except ValueError as error:
        say(f"error: {error}")
        return 2
    except FileNotFoundError as error:
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
