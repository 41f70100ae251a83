//! What `simulate` and `verify` share: arguments, data, errors, and the run itself.

use crate::emit::REFERENCE;
use crate::exit::Exit;
use crate::load;
use crate::packet::{Content, ResultKind};
use crate::quantise::{Format, QuantHead, quantise};
use crate::synth::target::Target;
use crate::verify::netlist::Netlist;
use crate::verify::stalls::Stalls;
use crate::verify::{Bench, Change, Options, SimError, SimResult, Timing};
use ndarray::Array2;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Any error of another stage.
pub type OtherError = Box<dyn miette::Diagnostic + Send + Sync + 'static>;

/// What these commands need of the stages before hardware; the command line hands it in.
pub trait Data {
    /// Codes `[frames, neurons]` of the data that `spec` names (`.npy`, `.npz:key` or IDX), in
    /// `format` and padded with zeros up to `neurons`.
    ///
    /// # Errors
    /// If the data cannot be read or is not of that width.
    fn inputs(&self, spec: &str, neurons: usize, format: Format)
    -> Result<Array2<i32>, OtherError>;

    /// The labels that `spec` names, one for each of the `frames` of the data.
    ///
    /// # Errors
    /// If they cannot be read or are not as many.
    fn labels(&self, spec: &str, frames: usize, classes: usize) -> Result<Vec<u32>, OtherError>;

    /// The head inside the package, in integers.
    ///
    /// # Errors
    /// If it cannot be read.
    fn head(&self, build: &Path) -> Result<QuantHead, OtherError>;
}

/// Options that both commands have.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// The package: a folder that `compile` wrote
    pub build: PathBuf,
    /// Input data: .npy, .npz:KEY or IDX, plain or gzipped
    #[arg(long, value_name = "DATA")]
    pub inputs: String,
    /// Only the first N frames
    #[arg(long, value_name = "N")]
    pub frames: Option<usize>,
    /// Stalls on both sides: none, alternate, three-in-four, bursts or random; IN/OUT where the sides
    /// differ
    #[arg(long, value_name = "PATTERN[:SEED]", default_value = "none", value_parser = stalls)]
    pub stalls: Stalls,
    /// Writes an FST trace (slow: give --frames, too)
    #[arg(long, value_name = "FILE")]
    pub waves: Option<PathBuf>,
}

/// clap prints the message alone, so the help goes into it.
fn stalls(text: &str) -> Result<Stalls, String> {
    text.parse().map_err(|e: crate::verify::stalls::StallError| {
        let help = miette::Diagnostic::help(&e).map(|h| format!("; {h}")).unwrap_or_default();
        format!("{e}{help}")
    })
}

/// A command that cannot do its work.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CommandError {
    /// The simulation.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Simulation(#[from] SimError),
    /// The data or the head.
    #[error("{0}")]
    #[diagnostic(transparent)]
    Data(OtherError),
    /// Logits were asked for, and the packets carry none.
    #[error("not all packets of {} carry logits of the same classes", .build.display())]
    #[diagnostic(
        code(clashfree::simulate::logits),
        help("compile with `--result logits`, or leave out -o")
    )]
    NoLogits {
        /// The package.
        build: PathBuf,
    },
    /// The manifest's hash is none.
    #[error("the head_sha256 in the manifest of {} is not 64 hexadecimal digits", .build.display())]
    #[diagnostic(
        code(clashfree::simulate::hash),
        help("compile the head again into another folder")
    )]
    NoHash {
        /// The package.
        build: PathBuf,
    },
    /// Thresholds were to be changed, and cannot be.
    #[error("{} has no thresholds that can be written", .build.display())]
    #[diagnostic(
        code(clashfree::verify::thresholds),
        help("compile a head with an exit, without `--no-control`")
    )]
    NoThresholds {
        /// The package.
        build: PathBuf,
    },
}

impl CommandError {
    /// What the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Simulation(error) => error.exit(),
            Self::Data(_)
            | Self::NoLogits { .. }
            | Self::NoHash { .. }
            | Self::NoThresholds { .. } => Exit::BadInput,
        }
    }
}

/// What both commands say of a simulation.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Name of the head.
    pub name: String,
    /// What the netlist was made for that was simulated; absent where it was the package's Verilog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netlist: Option<Target>,
    /// Frames simulated.
    pub frames: usize,
    /// Processes.
    pub processes: usize,
    /// Cycles of all processes together.
    pub cycles: u64,
    /// Stalls, as they can be typed.
    pub stalls: String,
    /// Whether there are any.
    pub stalled: bool,
    /// What was measured.
    pub timing: Timing,
    /// The initiation interval that the compiler predicted, without stalls.
    pub predicted_interval: u64,
    /// The latency to the first beat that the compiler predicted, without stalls.
    pub predicted_latency: u64,
    /// Files that are not as the compiler wrote them.
    pub changed: Vec<crate::manifest::Changed>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, frames, cycles, processes, stalls, timing, predicted_interval, .. } = self;
        for file in &self.changed {
            writeln!(f, "warning: {file}")?;
        }
        if let Some(target) = self.netlist {
            writeln!(f, "the netlist for {target}, not the Verilog it was made of")?;
        }
        writeln!(
            f,
            "{name}: {frames} frames in {cycles} cycles, {processes} processes, stalls {stalls}"
        )?;
        let unstalled = if self.stalled { " without stalls" } else { "" };
        if let Some(interval) = timing.interval {
            let places = if interval.fract() == 0.0 { 0 } else { 2 };
            writeln!(
                f,
                "initiation interval {interval:.places$} cycles, predicted {predicted_interval}{unstalled}"
            )?;
        }
        let Timing { latency, latency_to_last, .. } = timing;
        let predicted = self.predicted_latency;
        writeln!(
            f,
            "latency {latency} cycles to the first beat, predicted {predicted}{unstalled}; {latency_to_last} to the last"
        )
    }
}

/// A simulation that was run.
pub(super) struct Run {
    pub(super) bench: Bench,
    pub(super) frames: Array2<i32>,
    /// Frames of the data, of which `frames` may be the first few.
    pub(super) given: usize,
    pub(super) options: Options,
    pub(super) result: SimResult,
    pub(super) summary: Summary,
}

/// What a command wants of its simulation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How<'a> {
    /// A folder of `synth` whose netlist is simulated in place of the package's Verilog.
    pub netlist: Option<&'a Path>,
    /// The packets must carry logits.
    pub logits: bool,
    /// There must be registers with thresholds.
    pub thresholds: bool,
    /// Frames must be numbered in order, so one process has them all.
    pub in_order: bool,
}

/// Simulates: what both commands begin with; `changes` makes the changes of thresholds for the
/// frames, which have so many beats.
pub(super) fn run(
    common: &Common,
    data: &dyn Data,
    how: How<'_>,
    changes: &dyn Fn(&Array2<i32>, usize) -> Vec<Change>,
) -> Result<Run, CommandError> {
    let (manifest, _) = crate::manifest::Manifest::load(&common.build).map_err(SimError::from)?;
    let mut classes = manifest.packet.answers().map(|(_, format)| format.classes);
    let first = classes.next();
    let alike = manifest.split.is_none() && classes.all(|classes| Some(classes) == first);
    if how.logits && (manifest.result == ResultKind::Class || !alike) {
        return Err(CommandError::NoLogits { build: common.build.clone() });
    }
    if how.thresholds
        && !(manifest.control && manifest.exits.iter().any(|exit| exit.rule.is_some()))
    {
        return Err(CommandError::NoThresholds { build: common.build.clone() });
    }
    let input = &manifest.input;
    let format = Format { bits: input.bits, frac: input.frac, signed: input.signed };
    let mut frames =
        data.inputs(&common.inputs, input.neurons, format).map_err(CommandError::Data)?;
    let given = frames.nrows();
    if let Some(n) = common.frames.filter(|&n| n < frames.nrows()) {
        frames.slice_collapse(ndarray::s![..n, ..]);
    }
    let netlist = how.netlist.map(|folder| Netlist::read(folder, &common.build)).transpose();
    let netlist = netlist.map_err(SimError::from)?;
    let bench = Bench::open_as(&common.build, netlist.as_ref(), common.waves.is_some())?;
    let options = Options {
        stalls: common.stalls,
        waves: common.waves.clone(),
        progress: true,
        changes: changes(&frames, bench.manifest.input.beats),
        processes: how.in_order.then_some(1),
        ..Options::default()
    };
    let result = bench.simulate(frames.view(), &options)?;
    let summary = Summary {
        name: bench.manifest.name.clone(),
        netlist: netlist.map(|netlist| netlist.target),
        frames: frames.nrows(),
        processes: result.processes,
        cycles: result.cycles,
        stalls: common.stalls.to_string(),
        stalled: common.stalls.any(),
        timing: result.timing,
        predicted_interval: bench.manifest.initiation_interval,
        predicted_latency: predicted_latency(&bench.manifest, &result),
        changed: bench.changed.clone(),
    };
    Ok(Run { bench, frames, given, options, result, summary })
}

/// What the compiler predicts for the packet of the first frame.
fn predicted_latency(manifest: &crate::manifest::Manifest, result: &SimResult) -> u64 {
    let first = result.answers.first().map(|answer| &answer.packet.content);
    match first {
        Some(Content::Answer { exit: Some(exit), .. }) => manifest.exits[*exit].latency,
        _ => manifest.latency,
    }
}

/// Logits `[frames, classes]` of a simulation whose packets carry them.
pub(super) fn logits(bench: &Bench, result: &SimResult) -> Array2<i64> {
    let classes = bench.manifest.packet.answers().map(|(_, format)| format.classes).max();
    let shape = (result.answers.len(), classes.unwrap_or(0));
    Array2::from_shape_fn(shape, |(f, c)| {
        let logits = result.answers[f].packet.answer().map(|answer| &answer.logits);
        logits.and_then(|logits| logits.get(c)).copied().unwrap_or(0)
    })
}

/// [`Data`] from files: what the program itself uses.
#[derive(Clone, Copy, Debug)]
pub struct Files;

impl Data for Files {
    fn inputs(
        &self,
        spec: &str,
        neurons: usize,
        format: Format,
    ) -> Result<Array2<i32>, OtherError> {
        Ok(load::inputs(spec, neurons, format)?.codes)
    }

    fn labels(&self, spec: &str, frames: usize, classes: usize) -> Result<Vec<u32>, OtherError> {
        Ok(load::labels(spec, frames, classes)?)
    }

    fn head(&self, build: &Path) -> Result<QuantHead, OtherError> {
        Ok(quantise(&load::head(&build.join(REFERENCE))?)?)
    }
}
