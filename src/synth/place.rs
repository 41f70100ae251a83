//! Place and route: few pins around a netlist, nextpnr, and what it reports.

use super::area::Area;
use super::error::SynthError;
use super::netlist::{self, Direction, Netlist};
use super::target::{Place, Target};
use super::tools::{Tool, read_lossy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The module with registers for a design's ports.
const PINS: (&str, &str) = ("cf_pins.v", include_str!("../../hw/synth/cf_pins.v"));

/// The design with these around it.
const TOP: &str = "cf_placed";

/// The one clock.
const CLOCK: &str = "aclk";

/// What nextpnr makes of a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Clock that it aimed at, MHz.
    pub goal: f64,
    /// Seed of the placement.
    pub seed: u64,
    /// Fastest clock, MHz; absent where no path goes from register to register.
    pub fmax: Option<f64>,
    /// Where the longest path begins and ends, and where its time goes.
    pub critical: Option<CriticalPath>,
    /// Sites of the part: used, and there at all.
    pub sites: BTreeMap<String, Sites>,
    /// What the registers for its pins take, which is no part of the design.
    pub pins: Area,
}

/// The longest path from register to register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// The register it begins in, by its name in the netlist.
    pub from: String,
    /// The register it ends in.
    pub to: String,
    /// Nanoseconds in cells.
    pub logic: f64,
    /// Nanoseconds in wires.
    pub routing: f64,
}

/// Sites of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sites {
    /// Used, pins included.
    pub used: usize,
    /// In the part.
    pub available: usize,
}

/// nextpnr's report.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    critical_paths: Vec<SaidPath>,
    #[serde(default)]
    fmax: BTreeMap<String, SaidClock>,
    #[serde(default)]
    utilization: BTreeMap<String, Sites>,
}

#[derive(Deserialize)]
struct SaidPath {
    from: String,
    to: String,
    path: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    delay: f64,
    #[serde(rename = "type")]
    kind: String,
    from: End,
    to: End,
}

#[derive(Deserialize)]
struct End {
    #[serde(default)]
    cell: String,
}

#[derive(Deserialize)]
struct SaidClock {
    achieved: f64,
}

/// What is asked of nextpnr.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Clock, MHz.
    pub goal: f64,
    /// Seed.
    pub seed: u64,
}

/// Why a design was not placed.
#[derive(Debug)]
pub enum NotPlaced {
    /// There are too few sites of these kinds.
    TooLarge(BTreeMap<String, Sites>),
    /// Anything else.
    Other(SynthError),
}

impl From<SynthError> for NotPlaced {
    fn from(error: SynthError) -> Self {
        Self::Other(error)
    }
}

/// Places and routes the design whose netlist is `netlist.json` in `work`. Leaves `place.log` there.
///
/// # Errors
/// If a tool fails, or the part is too small.
pub fn place(
    target: Target,
    place: Place,
    [yosys, nextpnr]: [&Tool; 2],
    netlist: &Netlist,
    design: &str,
    aim: Aim,
    work: &Path,
) -> Result<Placed, NotPlaced> {
    let io = |source| SynthError::Io { doing: "write to", path: work.to_owned(), source };
    std::fs::write(work.join(PINS.0), PINS.1).map_err(io)?;
    std::fs::write(work.join("pins.v"), around(netlist, design)).map_err(io)?;
    let script = format!(
        "read_verilog {} pins.v\n{}\ndelete t:$scopeinfo\nwrite_json pins.json\n",
        PINS.0,
        target.synthesise(TOP, Default::default(), false),
    );
    std::fs::write(work.join("pins.ys"), script).map_err(io)?;
    let doing = "synthesising registers for pins";
    yosys.run(&["pins.ys".to_owned()], work, "pins", doing)?;
    let text = yosys.wrote(work, "pins.json")?;
    let wrong = |reason| yosys.wrong("pins.json", reason);
    let pins = Netlist::parse(&text, TOP).map_err(wrong)?;
    let both = netlist::join(&[&text, &yosys.wrote(work, "netlist.json")?]).map_err(wrong)?;
    std::fs::write(work.join("placed.json"), both).map_err(io)?;
    let count = |(cell, n): (&String, &usize)| {
        Area::of(target.family(), cell).map_or(Area::default(), |area| area * *n)
    };
    let pins = pins.cells(TOP).iter().map(count).fold(Area::default(), |sum, area| sum + area);

    let mut arguments = place.part.to_vec();
    arguments.extend(["--json", "placed.json", "--top", TOP]);
    if let Some(places) = place.pins {
        let lines = [CLOCK, "pin_i", "pin_o"].into_iter().zip(places);
        let lines: String = lines.map(|(pin, at)| format!("IO_LOC \"{pin}\" {at};\n")).collect();
        std::fs::write(work.join("pins.cst"), lines).map_err(io)?;
        arguments.extend(["--vopt", "cst=pins.cst"]);
    }
    let doing = format!("placing and routing for {target}");
    route(nextpnr, &arguments, aim, pins, work, &doing)
}

/// Runs nextpnr with these arguments and those that say how to aim; leaves `place.log` and
/// `place.json` in `work`. `pins` is what was put around the design.
///
/// # Errors
/// If it fails, or the part is too small.
pub fn route(
    nextpnr: &Tool,
    arguments: &[&str],
    aim: Aim,
    pins: Area,
    work: &Path,
    doing: &str,
) -> Result<Placed, NotPlaced> {
    let mut arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    arguments.extend(["--report".into(), "place.json".into()]);
    arguments.extend(["--freq".into(), aim.goal.to_string()]);
    arguments.extend(["--seed".into(), aim.seed.to_string(), "--timing-allow-fail".into()]);
    match nextpnr.run(&arguments, work, "place", doing) {
        Ok(()) => {}
        Err(error @ SynthError::Failed { .. }) => {
            let mut sites = sites(&read_lossy(&work.join("place.log")));
            sites.retain(|_, sites| sites.used > sites.available);
            let over = !sites.is_empty();
            return Err(if over { NotPlaced::TooLarge(sites) } else { error.into() });
        }
        Err(error) => return Err(error.into()),
    }
    let text = nextpnr.wrote(work, "place.json")?;
    let said: Said =
        serde_json::from_slice(&text).map_err(|e| nextpnr.wrong("place.json", e.to_string()))?;
    Ok(placed(said, aim, pins))
}

/// Verilog of the design with registers at its ports.
fn around(netlist: &Netlist, design: &str) -> String {
    let (mut ins, mut outs) = (0, 0);
    let (mut head, mut body) = (String::new(), String::new());
    for (name, port) in netlist.ports(design) {
        let width = port.width();
        let range = format!("[{}:0]", width - 1);
        let (word, bus, at) = match port.direction {
            Direction::Output => ("output", "outs", &mut outs),
            Direction::Input | Direction::Inout => ("input", "ins", &mut ins),
        };
        writeln!(head, "  {word} wire {range} \\{name} ,").expect("a string takes all");
        if name == CLOCK {
            writeln!(body, "    .{CLOCK}({CLOCK}),").expect("a string takes all");
        } else {
            writeln!(body, "    .\\{name} ({bus}[{at}+:{width}]),").expect("a string takes all");
            *at += width;
        }
    }
    let (head, body) = (head.trim_end_matches(",\n"), body.trim_end_matches(",\n"));
    format!(
        "(* blackbox *) module {design} (\n{head}\n);\nendmodule\n\n\
         module {TOP} (input wire {CLOCK}, input wire pin_i, output wire pin_o);\n  \
         wire [{}:0] ins;\n  wire [{}:0] outs;\n  cf_pins #(.In({ins}), .Out({outs})) i_pins (\n    \
         .clk_i({CLOCK}), .pin_i(pin_i), .in_o(ins), .out_i(outs), .pin_o(pin_o)\n  );\n  \
         {design} i_design (\n{body}\n  );\nendmodule\n",
        ins - 1,
        outs - 1,
    )
}

/// What the log says of sites: lines such as `ICESTORM_LC:   11719/   5280   221%`.
fn sites(log: &str) -> BTreeMap<String, Sites> {
    let line = |line: &str| {
        let line = line.strip_prefix("Info:")?.trim();
        let (name, numbers) = line.split_once(':')?;
        let (used, rest) = numbers.split_once('/')?;
        rest.trim_end().strip_suffix('%')?;
        let available = rest.split_whitespace().next()?.parse().ok()?;
        Some((name.to_owned(), Sites { used: used.trim().parse().ok()?, available }))
    };
    log.lines().filter_map(line).collect()
}

fn placed(said: Said, aim: Aim, pins: Area) -> Placed {
    let within = |path: &&SaidPath| path.from == path.to && path.from.starts_with("posedge");
    let critical = said.critical_paths.iter().find(within).and_then(|path| {
        let time = |routing: bool| -> f64 {
            let steps = path.path.iter().filter(|step| (step.kind == "routing") == routing);
            steps.map(|step| step.delay).sum()
        };
        let (first, last) = (path.path.first()?, path.path.last()?);
        Some(CriticalPath {
            from: first.from.cell.clone(),
            to: last.to.cell.clone(),
            logic: time(false),
            routing: time(true),
        })
    });
    Placed {
        goal: aim.goal,
        seed: aim.seed,
        fmax: said.fmax.values().map(|clock| clock.achieved).reduce(f64::min),
        critical,
        sites: said.utilization.into_iter().filter(|(_, sites)| sites.used > 0).collect(),
        pins,
    }
}
