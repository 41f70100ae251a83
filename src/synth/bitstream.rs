//! A bitstream for a board: Yosys, nextpnr with the board's pins and clock, the family's packer.

use super::area::Area;
use super::error::SynthError;
use super::fit;
use super::netlist::Netlist;
use super::package::Sources;
use super::place::{Aim, NotPlaced, Placed, route};
use super::target::{Resources, Target};
use super::tools::{Tools, Version, read_lossy};
use super::{scratch, write};
use crate::board::{Board, BoardFiles};
use crate::manifest::sha256;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// How the tools are told a board.
struct Flow {
    target: Target,
    /// Options of nextpnr for the part.
    part: &'static [&'static str],
    /// nextpnr's option for the file of pins, and for that of its result.
    options: [&'static str; 2],
    /// The packer.
    packer: &'static str,
    /// What it takes before its input, and between input and output.
    pack: [&'static [&'static str]; 2],
}

/// What nextpnr hands to the packer.
const ROUTED: &str = "routed.txt";

const ULX3S: Flow = Flow {
    target: Target::Ecp5Large,
    part: &["--85k", "--package", "CABGA381", "--speed", "6"],
    options: ["--lpf", "--textcfg"],
    packer: "ecppack",
    pack: [&["--compress", "--input"], &["--bit"]],
};

const ICEBREAKER: Flow = Flow {
    target: Target::Ice40,
    part: &["--up5k", "--package", "sg48"],
    options: ["--pcf", "--asc"],
    packer: "icepack",
    pack: [&[], &[]],
};

fn flow(board: Board) -> &'static Flow {
    match board {
        Board::Ulx3s => &ULX3S,
        Board::Icebreaker => &ICEBREAKER,
    }
}

/// What a bitstream is, and what it takes.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the head.
    pub name: String,
    /// The board.
    pub board: Board,
    /// Its top module.
    pub top: String,
    /// Its clock, MHz.
    pub clock: f64,
    /// Rate of its serial line.
    pub baud: u32,
    /// What Yosys was allowed to use.
    pub resources: Resources,
    /// The tools.
    pub tools: Vec<Version>,
    /// What the whole takes, link and all.
    pub area: Area,
    /// Its cells, as Yosys names them.
    pub cells: BTreeMap<String, usize>,
    /// Place and route.
    pub placed: Placed,
    /// The bitstream's name and SHA-256.
    pub bitstream: (&'static str, String),
}

/// A bitstream, and the files that go with it.
#[derive(Clone, Debug)]
pub struct Bitstream {
    /// What it says.
    pub report: Report,
    /// Bitstream, report and logs, by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Makes the bitstream of a board that has the package at `build` on it.
///
/// # Errors
/// If a tool is missing, fails or hangs, the part is too small, or its clock too fast for the head.
pub fn bitstream(
    build: &Path,
    made: &BoardFiles,
    resources: Resources,
    seed: u64,
    tools: &Tools,
) -> Result<Bitstream, SynthError> {
    let flow = flow(made.board);
    let facts = made.board.facts();
    let program = flow.target.place().map_or("nextpnr", |place| place.program);
    let (yosys, nextpnr) = (tools.find("yosys")?, tools.find(program)?);
    // packers come with nextpnr
    let packer = tools.find(flow.packer).map_err(|error| match error {
        SynthError::Missing { names, place, .. } => {
            SynthError::Missing { names, place, package: format!("yowasp-{program}") }
        }
        other => other,
    })?;
    let work = scratch()?;
    let work = work.path();
    for (path, bytes) in &made.files {
        write(work, path, bytes)?;
    }
    let versions = vec![yosys.version("-V", work)?, nextpnr.version("--version", work)?];

    let top = made.top.as_str();
    let script = format!(
        "read_verilog {}\n{}\ndelete t:$scopeinfo\nwrite_json netlist.json\n",
        made.verilog.join(" "),
        flow.target.synthesise(top, resources, false),
    );
    write(work, "board.ys", script.as_bytes())?;
    yosys.run(&["board.ys".into()], work, "yosys", &format!("synthesising {top}"))?;
    let netlist = Netlist::parse(&yosys.wrote(work, "netlist.json")?, top)
        .map_err(|reason| yosys.wrong("netlist.json", reason))?;
    let cells = netlist.cells(top);
    let count = |(cell, n): (&String, &usize)| Area::of(flow.target.family(), cell).map(|a| a * *n);
    let area = cells.iter().filter_map(count).fold(Area::default(), |sum, area| sum + area);

    let clock = f64::from(facts.clock_hz) / 1e6;
    let mut arguments = flow.part.to_vec();
    let [pins, result] = flow.options;
    arguments.extend(["--json", "netlist.json", "--top", top, pins, facts.constraints.0]);
    arguments.extend([result, ROUTED]);
    let doing = format!("placing and routing for {}", facts.title);
    let aim = Aim { goal: clock, seed };
    let placed = route(&nextpnr, &arguments, aim, Area::default(), work, &doing);
    let placed = placed.map_err(|why| match why {
        NotPlaced::Other(error) => error,
        NotPlaced::TooLarge(sites) => match Sources::read(build) {
            Ok(sources) => fit::too_large(build, &sources, flow.target, &sites),
            Err(error) => error,
        },
    })?;
    if let Some(fmax) = placed.fmax.filter(|&fmax| fmax < clock) {
        let (name, board) = (made.manifest.name.clone(), made.board);
        return Err(SynthError::Timing {
            name,
            board,
            clock,
            fmax,
            late: 1e3 / fmax - 1e3 / clock,
        });
    }

    let [before, between] = flow.pack;
    let words = [before, &[ROUTED], between, &[facts.bitstream]].concat();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let log = work.join("pack.log");
    packer.finish(&words, work, [&log, &log], "packing the bitstream")?;
    let bits = packer.wrote(work, facts.bitstream)?;

    let report = Report {
        name: made.manifest.name.clone(),
        board: made.board,
        top: top.to_owned(),
        clock,
        baud: made.baud,
        resources,
        tools: versions,
        area,
        cells,
        placed,
        bitstream: (facts.bitstream, sha256(&bits)),
    };
    let mut json = serde_json::to_string_pretty(&report).expect("a report has string keys only");
    json.push('\n');
    let mut files = BTreeMap::from([
        (facts.bitstream.to_owned(), bits),
        ("report.json".to_owned(), json.into_bytes()),
        ("report.txt".to_owned(), report.to_string().into_bytes()),
    ]);
    for name in ["yosys.log", "place.log"] {
        files.insert(name.to_owned(), read_lossy(&work.join(name)).into_bytes());
    }
    Ok(Bitstream { report, files })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, board, top, clock, baud, area, .. } = self;
        let title = board.facts().title;
        writeln!(f, "{name} on {title}: module {top}, {clock} MHz, {baud} baud")?;
        let tools: Vec<_> =
            self.tools.iter().map(|t| format!("{}: {}", t.program, t.version)).collect();
        writeln!(f, "tools: {}", tools.join("; "))?;
        writeln!(f, "with the link: {area}")?;
        self.placed.fmt(f)?;
        writeln!(f, "bitstream {}, SHA-256 {}", self.bitstream.0, self.bitstream.1)
    }
}
