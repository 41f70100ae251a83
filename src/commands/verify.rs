//! `clashfree verify`: hardware against reference, bit for bit.

use super::answer::grouped;
use super::simulation::{CommandError, Common, Data, How, Run, Summary, run};
use crate::manifest::Manifest;
use crate::model::{self, Outcome};
use crate::packet::Content;
use crate::quantise::QuantHead;
use crate::verify::compare::Comparison;
use crate::verify::faults::Scenario;
use crate::verify::locate::Location;
use crate::verify::{Change, Options, SimError, SimResult};
use ndarray::{Array2, Axis, s};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Mismatches that are printed.
const SHOWN: usize = 10;

/// Frames that the fault scenarios draw from.
const FAULT_FRAMES: usize = 64;

/// Compare a compiled head in Verilator with the reference model, bit for bit.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Where a frame differs, it is run once more by itself and the first wrong value inside is named.

Examples:
  clashfree verify BUILD --inputs t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
  clashfree verify BUILD --inputs x.npy --frames 500 --stalls bursts/random:7 --faults
  clashfree verify BUILD --inputs x.npy --frames 200 --netlist BUILD-synth-xcup")]
pub struct Args {
    #[command(flatten)]
    #[allow(missing_docs, reason = "a doc comment here would become the command's help")]
    pub common: Common,
    /// Labels of the inputs, for the accuracy
    #[arg(long, value_name = "DATA")]
    pub labels: Option<String>,
    /// Also sends frames of wrong length and resets in mid-frame
    #[arg(long)]
    pub faults: bool,
    /// Simulates the netlist in a folder of `clashfree synth` in place of the package's Verilog
    #[arg(long, value_name = "DIR")]
    pub netlist: Option<PathBuf>,
    /// Writes exits' thresholds while frames stream, every few frames, drawn from what the frames'
    /// answers reach
    #[arg(long, value_name = "SEED")]
    pub change_thresholds: Option<u64>,
}

/// The outcome of `verify`.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The simulation.
    #[serde(flatten)]
    pub summary: Summary,
    /// Whether every bit was equal.
    pub passed: bool,
    /// Every field of every packet.
    pub comparison: Comparison,
    /// Share of frames whose class, by the hardware, is the label.
    pub accuracy: Option<f64>,
    /// Where the first wrong frame goes wrong; absent if all is right, or if that frame alone does
    /// not show it.
    pub location: Option<Location>,
    /// What was sent besides good frames, where that was asked for.
    pub scenarios: Vec<Scenario>,
}

/// Simulates and compares.
///
/// # Errors
/// If the data, the package or a tool is not fit, or the hardware misbehaves. Bits that differ are
/// no error: `passed` of the verdict tells.
pub fn verify(args: &Args, data: &dyn Data) -> Result<Verdict, CommandError> {
    let build = &args.common.build;
    // first: a folder that is no package has no head either
    Manifest::load(build).map_err(SimError::from)?;
    let head = data.head(build).map_err(CommandError::Data)?;
    let changes = |frames: &Array2<i32>, beats| match args.change_thresholds {
        Some(seed) => changes(&head, frames, beats, seed),
        None => Vec::new(),
    };
    let thresholds = args.change_thresholds.is_some();
    let how = How { thresholds, netlist: args.netlist.as_deref(), ..How::default() };
    let run = run(&args.common, data, how, &changes)?;
    let Run { bench, frames, given, options, result, summary } = run;
    let computed = model::compute(&head, frames.view());
    let judged = result.answers.iter().enumerate();
    let expected: Vec<Outcome> =
        judged.map(|(f, answer)| computed.outcome(&head, f, &answer.thresholds)).collect();
    let comparison = bench.compare(&result, &expected);
    let accuracy = match &args.labels {
        None => None,
        Some(spec) => {
            let classes = classes(&head);
            let labels = data.labels(spec, given, classes).map_err(CommandError::Data)?;
            let pairs = classified(&head, &result).into_iter().zip(&labels);
            let right = pairs.filter(|(class, label)| class == *label).count();
            Some(right as f64 / frames.nrows() as f64)
        }
    };
    let scenarios = if args.faults {
        let n = frames.len_of(Axis(0)).min(FAULT_FRAMES);
        let first = frames.slice(s![..n, ..]);
        let options = Options { changes: Vec::new(), ..options };
        bench.faults(first, &model::outcomes(&head, first), &options)?
    } else {
        Vec::new()
    };
    let location = match comparison.mismatches.first() {
        // what is inside has no names any more
        Some(mismatch) if args.netlist.is_none() => {
            let codes = frames.row(mismatch.frame).to_vec();
            bench.locate(&head, mismatch.frame, &codes).map_err(CommandError::from)?
        }
        _ => None,
    };
    let passed = comparison.is_equal() && scenarios.iter().all(Scenario::is_right);
    Ok(Verdict { summary, passed, comparison, accuracy, location, scenarios })
}

/// A frame of so many, on average, has its threshold changed.
const CHANGED: u32 = 8;

/// Changes, somewhere within frames of so many beats, to thresholds that other frames just reach,
/// some of them to the least and the largest.
fn changes(head: &QuantHead, frames: &Array2<i32>, beats: usize, seed: u64) -> Vec<Change> {
    let computed = model::compute(head, frames.view());
    let gates = head.gates();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let change = |frame| {
        let exit = rng.random_range(0..gates);
        let other = rng.random_range(0..frames.nrows());
        let range = head.exits[exit].thresholds();
        let logits = computed.exits[exit].row(other).to_vec();
        let threshold = match rng.random_range(0..16) {
            0 => *range.start(),
            1 => *range.end(),
            _ => model::confidence(&head.exits[exit], &logits),
        };
        Change { frame, at: rng.random_range(0..=beats as u32), exit, threshold }
    };
    let mut chosen = ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
    let frames = (0..frames.nrows()).filter(|_| gates > 0 && chosen.random_ratio(1, CHANGED));
    frames.map(change).collect()
}

/// The most classes that an end of a head tells apart.
fn classes(head: &QuantHead) -> usize {
    let trunk = head.junctions.last().filter(|j| j.output_format.is_none());
    let trunk = trunk.map_or(0, |junction| junction.pattern.right());
    head.exits.iter().map(|exit| exit.classes()).fold(trunk, usize::max)
}

/// The class of each frame by the hardware's packets, and by the reference of the tail for those
/// that are activations.
fn classified(head: &QuantHead, result: &SimResult) -> Vec<u32> {
    let packets = || result.answers.iter().map(|answer| &answer.packet.content);
    let codes = packets().filter_map(|content| match content {
        Content::Codes { codes, .. } => Some(codes.as_slice()),
        Content::Answer { .. } => None,
    });
    let mut tail = model::tail_classes(head, &codes.collect::<Vec<_>>()).into_iter();
    let class = |content: &Content| match content {
        Content::Answer { answer, .. } => u32::from(answer.class),
        Content::Codes { .. } => tail.next().expect("a class a packet of codes") as u32,
    };
    packets().map(class).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = &self.comparison;
        self.summary.fmt(f)?;
        if let Some(accuracy) = self.accuracy {
            writeln!(f, "accuracy {:.2} %", 100.0 * accuracy)?;
        }
        for scenario in &self.scenarios {
            let verdict = if scenario.is_right() { "right" } else { "WRONG" };
            let Scenario { name, comparison, dropped, resets, .. } = scenario;
            let good = comparison.frames;
            writeln!(
                f,
                "{name}: {verdict} ({good} good frames, {dropped} wrong, {resets} resets)"
            )?;
            scenario.faults.iter().try_for_each(|fault| writeln!(f, "  {fault}"))?;
            let wrong = comparison.mismatches.iter().take(SHOWN);
            wrong.into_iter().try_for_each(|m| writeln!(f, "  {m}"))?;
        }
        all.mismatches.iter().take(SHOWN).try_for_each(|m| writeln!(f, "{m}"))?;
        if all.wrong_fields > SHOWN {
            writeln!(f, "... and {} more", all.wrong_fields - SHOWN)?;
        }
        match self.location {
            Some(location) => writeln!(f, "first wrong value inside: {location}")?,
            None if self.summary.netlist.is_some() && !all.is_equal() => writeln!(
                f,
                "without --netlist, verify tells whether the Verilog does the same, and where"
            )?,
            None if !all.is_equal() => writeln!(
                f,
                "run alone, that frame is right in every junction: the result stage is wrong, or the fault needs other frames or stalls"
            )?,
            None => {}
        }
        for (exit, answered) in all.exits.iter().enumerate() {
            let share = 100.0 * *answered as f64 / all.frames as f64;
            let answered = grouped(*answered);
            writeln!(f, "exit {exit} answers {answered} frames ({share:.2} %)")?;
        }
        if all.codes > 0 {
            writeln!(f, "{} codes of activations compared", grouped(all.codes))?;
        }
        if all.logits > 0 {
            let (wrong, logits) = (grouped(all.wrong_logits), grouped(all.logits));
            writeln!(f, "{wrong} mismatches in {logits} logits")?;
        }
        let (wrong, frames) = (all.wrong_frames, all.frames);
        writeln!(f, "{wrong} of {frames} packets differ in any field")
    }
}
