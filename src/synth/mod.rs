//! Synthesis of a package with open tools: Yosys, and nextpnr where it knows the part.
//!
//! Everything happens in a temporary folder with copies of the package's files ([`package`]); the
//! programs of YoWASP see no other. Yosys makes one netlist of the whole, and one by module
//! ([`target`] has the commands, [`netlist`] counts, [`area`] says what counts for what). [`place`]
//! puts registers around it, places and routes it. The results appear in a folder at once
//! ([`folder`]), with what [`verify`](crate::verify) needs to simulate the netlist ([`models`]).

pub mod area;
pub mod bitstream;
pub mod error;
mod fit;
pub mod folder;
pub mod models;
pub mod netlist;
pub mod package;
pub mod place;
pub mod report;
pub mod target;
pub mod tools;

use crate::manifest::sha256;
use area::Area;
use error::SynthError;
use models::Models;
use netlist::{Netlist, Row};
use package::Sources;
use place::{Aim, NotPlaced};
use report::{CELLS, KIND, NETLIST, Report};
use std::collections::BTreeMap;
use std::path::Path;
use target::{Resources, Target};
use tools::{Tool, Tools, read_lossy};

/// How to synthesise.
#[derive(Clone, Debug)]
pub struct Options {
    /// What for.
    pub target: Target,
    /// What Yosys may use.
    pub resources: Resources,
    /// Depth of the table by module; nothing for no table.
    pub depth: Option<usize>,
    /// Clock that place and route aims at, MHz; the target's where absent.
    pub goal: Option<f64>,
    /// Seed of the placement.
    pub seed: u64,
}

/// A synthesis: its report, and all files by name.
#[derive(Clone, Debug)]
pub struct Synthesis {
    /// What it says.
    pub report: Report,
    /// Everything that goes into its folder, the report included.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Synthesises the package at `build`.
///
/// # Errors
/// If the folder is no package, a tool is missing, fails or hangs, or the part is too small.
pub fn synthesise(build: &Path, options: &Options, tools: &Tools) -> Result<Synthesis, SynthError> {
    let sources = Sources::read(build)?;
    let target = options.target;
    let place = target.place();
    let yosys = tools.find("yosys")?;
    let nextpnr = place.map(|place| tools.find(place.program)).transpose()?;

    let work = scratch()?;
    let work = work.path();
    for (path, bytes) in sources.verilog.iter().chain(&sources.roms) {
        write(work, path, bytes)?;
    }
    let mut versions = vec![yosys.version("-V", work)?];
    if let Some(nextpnr) = &nextpnr {
        versions.push(nextpnr.version("--version", work)?);
    }

    let run = Run { sources: &sources, options, yosys: &yosys, work };
    let (whole, models) = run.whole()?;
    let top = &sources.manifest.top;
    let cells = whole.cells(top);
    let count = |(cell, n): (&String, &usize)| Area::of(target.family(), cell).map(|a| a * *n);
    let area = cells.iter().filter_map(count).fold(Area::default(), |sum, area| sum + area);
    let unknown = cells.keys().filter(|cell| Area::of(target.family(), cell).is_none());
    let mut logs = vec!["yosys.log"];
    let mut outputs = vec!["netlist.json", NETLIST];
    let placed = match place.zip(nextpnr.as_ref()) {
        None => None,
        Some((place, nextpnr)) => {
            let goal = options.goal.unwrap_or(place.goal.into());
            let aim = Aim { goal, seed: options.seed };
            let both = [&yosys, nextpnr];
            let placed = place::place(target, place, both, &whole, top, aim, work);
            outputs.push("place.json");
            logs.push("place.log");
            Some(placed.map_err(|why| match why {
                NotPlaced::Other(error) => error,
                NotPlaced::TooLarge(sites) => fit::too_large(build, &sources, target, &sites),
            })?)
        }
    };
    let modules = match options.depth {
        None => Vec::new(),
        Some(depth) => {
            logs.push("modules.log");
            run.modules(depth)?
        }
    };

    let mut files = BTreeMap::new();
    for name in outputs {
        files.insert(name.to_owned(), yosys.wrote(work, name)?);
    }
    files.insert(CELLS.to_owned(), models.verilog.into_bytes());
    let hashes = files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
    for name in logs {
        files.insert(name.to_owned(), read_lossy(&work.join(name)).into_bytes());
    }
    let report = Report {
        kind: KIND.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        name: sources.manifest.name.clone(),
        top: top.clone(),
        package_sha256: sources.sha256.clone(),
        target,
        resources: options.resources,
        tools: versions,
        area,
        uncounted: unknown.cloned().collect(),
        cells,
        modules,
        placed,
        unmodelled: models.missing,
        changed: sources.changed.clone(),
        files: hashes,
    };
    let json = serde_json::to_string_pretty(&report).expect("a report has string keys only");
    files.insert(report::FILE.to_owned(), format!("{json}\n").into_bytes());
    files.insert("report.txt".to_owned(), report.to_string().into_bytes());
    Ok(Synthesis { report, files })
}

/// Yosys on a package.
struct Run<'a> {
    sources: &'a Sources,
    options: &'a Options,
    yosys: &'a Tool,
    work: &'a Path,
}

impl Run<'_> {
    /// The netlist of the whole, as one but for modules that ask to be kept, and models of its cells.
    fn whole(&self) -> Result<(Netlist, Models), SynthError> {
        let Options { target, resources, .. } = self.options;
        let top = &self.sources.manifest.top;
        // A net a bit, or words look to Verilator like loops.
        let script = format!(
            "{}\n{}\ndelete t:$scopeinfo\nwrite_json netlist.json\n\
             splitnets\nwrite_verilog -noattr {NETLIST}\ndesign -reset\ntee -q -o cells.txt read_verilog -lib -ppdump {}\n",
            self.read(),
            target.synthesise(top, *resources, false) + target.no_pads(),
            target.cells(),
        );
        self.yosys("yosys", &script, &format!("synthesising {top} for {target}"))?;
        let netlist = self.netlist("netlist.json")?;
        let said = read_lossy(&self.work.join("cells.txt"));
        let cells = netlist.cells(top);
        let models = Models::of(&said, cells.keys().map(String::as_str))
            .map_err(|reason| self.yosys.wrong("cells.txt", reason))?;
        Ok((netlist, models))
    }

    /// The table by module.
    fn modules(&self, depth: usize) -> Result<Vec<Row>, SynthError> {
        let Options { target, resources, .. } = self.options;
        let top = &self.sources.manifest.top;
        let script = format!(
            "{}\n{}\nwrite_json modules.json\n",
            self.read(),
            target.synthesise(top, *resources, true) + target.no_pads(),
        );
        self.yosys("modules", &script, &format!("synthesising {top} by module"))?;
        Ok(self.netlist("modules.json")?.tree(top, target.family(), depth))
    }

    fn read(&self) -> String {
        let paths = self.sources.verilog.iter().map(|(path, _)| path.as_str());
        format!("read_verilog {}", paths.collect::<Vec<_>>().join(" "))
    }

    fn yosys(&self, name: &str, script: &str, doing: &str) -> Result<(), SynthError> {
        let file = format!("{name}.ys");
        write(self.work, &file, script.as_bytes())?;
        self.yosys.run(&[file], self.work, name, doing)
    }

    fn netlist(&self, file: &str) -> Result<Netlist, SynthError> {
        let text = self.yosys.wrote(self.work, file)?;
        Netlist::parse(&text, &self.sources.manifest.top)
            .map_err(|reason| self.yosys.wrong(file, reason))
    }
}

/// A temporary folder to work in.
fn scratch() -> Result<tempfile::TempDir, SynthError> {
    let work = tempfile::Builder::new().prefix("clashfree-").tempdir();
    let io =
        |source| SynthError::Io { doing: "make a folder in", path: std::env::temp_dir(), source };
    work.map_err(io)
}

fn write(work: &Path, name: &str, bytes: &[u8]) -> Result<(), SynthError> {
    let path = work.join(name);
    let folder = path.parent().unwrap_or(work);
    let done = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, bytes));
    done.map_err(|source| SynthError::Io { doing: "write", path, source })
}
