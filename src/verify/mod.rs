//! Runs a package in Verilator and compares what comes out with what should.
//!
//! A package becomes a program ([`build`]); frames are streamed into child processes of it, one a
//! core ([`run`]), with the stalls that were asked for ([`stalls`]). Nothing here knows the model:
//! expected logits are handed in.

pub mod build;
pub mod compare;
pub mod faults;
pub mod locate;
pub mod netlist;
pub mod run;
pub mod stalls;
mod thresholds;
pub mod tools;
pub mod vectors;

use crate::bus::{BusError, BusFormat};
use crate::exit::Exit;
use crate::manifest::{Changed, Manifest, ManifestError};
use crate::packet::{Packet, PacketError, PacketFormat};
use build::{Design, Kind};
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{ArrayView2, Axis};
use netlist::{Netlist, NetlistError};
use run::{Op, RunError, RunOptions, Span, Transcript};
use serde::Serialize;
use stalls::Stalls;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use thresholds::Change;

/// The driver's sources, by their names in `sim/` of a package; [`build`] compiles these.
pub const DRIVER: &[(&str, &str)] = &[
    ("cf_driver.cpp", include_str!("../../sim/cf_driver.cpp")),
    ("cf_ports.h", include_str!("../../sim/cf_ports.h")),
];

/// Every file of `sim/` that is the same in each package.
pub const SIM_FILES: &[(&str, &str)] = &[
    DRIVER[0],
    DRIVER[1],
    ("cf_tb.v", include_str!("../../sim/cf_tb.v")),
    ("Makefile", include_str!("../../sim/Makefile")),
];

/// Fewest frames that are worth a process of their own.
const SHARD: usize = 64;

/// A built simulation.
#[derive(Clone, Debug)]
pub struct Model {
    /// The program.
    pub program: PathBuf,
    /// The package; the program's working folder.
    pub package: PathBuf,
    /// Bytes of a beat.
    pub bus_bytes: usize,
    /// Whether it was built by an earlier run.
    pub cached: bool,
    /// Holds the program where the package cannot.
    work: Option<Arc<tempfile::TempDir>>,
}

impl Model {
    /// Whether the program vanishes with this value, since the package cannot be written.
    pub fn is_temporary(&self) -> bool {
        self.work.is_some()
    }
}

/// A package that is ready to run.
#[derive(Clone, Debug)]
pub struct Bench {
    /// What the package is.
    pub manifest: Manifest,
    /// Files that are not as the compiler wrote them: told, not refused.
    pub changed: Vec<Changed>,
    /// The simulation.
    pub model: Model,
    bus: BusFormat,
    packet: PacketFormat,
}

/// How to simulate.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// On both sides of the stream.
    pub stalls: Stalls,
    /// Where to write an FST trace; this makes one process of the run. [`Bench::open`] must have
    /// been told.
    pub waves: Option<PathBuf>,
    /// Most processes at a time; as many as there are cores where absent.
    pub processes: Option<usize>,
    /// Whether to show a progress bar (on a terminal only).
    pub progress: bool,
    /// Plusargs for the model, as `+name=value`.
    pub plusargs: Vec<String>,
    /// Cycles without a handshake that count as a hang; by the manifest where absent.
    pub watchdog: Option<u64>,
    /// Thresholds to change, one a frame at most, ascending.
    pub changes: Vec<Change>,
}

/// One frame's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The packet.
    pub packet: Packet,
    /// The packet's bytes, as they came.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// The frame's number among those of its process: what `packet.frame` must be, modulo 65,536.
    pub number: u64,
    /// Cycles in which the frame was accepted.
    pub accepted: Span,
    /// Cycles in which the packet was taken.
    pub taken: Span,
    /// The threshold of each exit by which the frame was judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<i64>,
}

/// What a simulation gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimResult {
    /// One a frame, in order.
    pub answers: Vec<Answer>,
    /// Cycles of all processes together.
    pub cycles: u64,
    /// Frames that the design says it dropped.
    pub dropped: u64,
    /// Processes.
    pub processes: usize,
    /// What was measured; with stalls this is the stalls' doing, too.
    pub timing: Timing,
}

/// What was measured, in clock cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Initiation interval: cycles from one packet's end to the next, the mean over the second half
    /// of the longest process's frames. Absent with fewer than two frames.
    pub interval: Option<f64>,
    /// The largest single interval there.
    pub longest_interval: Option<u64>,
    /// From the last input beat of the first frame, into an empty pipeline, to its packet's first
    /// beat.
    pub latency: u64,
    /// The same, to its packet's last beat.
    pub latency_to_last: u64,
    /// The longest from a frame's last input beat to its packet's last beat.
    pub worst_latency: u64,
}

/// A simulation that cannot be made or trusted.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SimError {
    /// The folder is no package.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest's stream cannot be.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Bus(#[from] BusError),
    /// The netlist is not of the package, or cannot be simulated.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Netlist(#[from] NetlistError),
    /// It cannot be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] build::BuildError),
    /// It does not come to its end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
    /// A packet is not of the package's format.
    #[error("frame {frame}: {source}")]
    #[diagnostic(code(clashfree::verify::packet))]
    Packet {
        /// Which frame's.
        frame: usize,
        /// What is wrong.
        source: PacketError,
    },
    /// A packet was marked as what it is not.
    #[error("frame {frame}: its packet has m_axis_tuser {found}, and is {}", if *.found { "no answer" } else { "an answer" })]
    #[diagnostic(code(clashfree::verify::user))]
    User {
        /// Which frame's.
        frame: usize,
        /// The mark.
        found: bool,
    },
    /// A register's write was refused.
    #[error("a write to register {address:#05x} was answered with {resp}, not OKAY")]
    #[diagnostic(code(clashfree::verify::refused))]
    Refused {
        /// The register.
        address: u32,
        /// The response.
        resp: u8,
    },
    /// Not one packet a frame.
    #[error("{found} packets came for {expected} frames")]
    #[diagnostic(code(clashfree::verify::count))]
    Count {
        /// Packets.
        found: usize,
        /// Frames.
        expected: usize,
    },
    /// The frames are not as wide as the head.
    #[error("frames of {found} codes, where the package takes {expected}")]
    #[diagnostic(code(clashfree::verify::width))]
    Width {
        /// Columns of the frames.
        found: usize,
        /// Neurons of the input.
        expected: usize,
    },
    /// There is nothing to simulate.
    #[error("there are no frames to simulate")]
    #[diagnostic(
        code(clashfree::verify::empty),
        help("give inputs with at least one row, and --frames of at least 1")
    )]
    Empty,
}

impl SimError {
    /// What the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Build(build::BuildError::Tool(_)) => Exit::MissingTool,
            Self::Manifest(_)
            | Self::Bus(_)
            | Self::Netlist(_)
            | Self::Width { .. }
            | Self::Empty => Exit::BadInput,
            Self::Build(
                build::BuildError::Files { .. }
                | build::BuildError::Io { .. }
                | build::BuildError::Space { .. },
            )
            | Self::Run(RunError::Waves { .. } | RunError::Start { .. }) => Exit::BadInput,
            Self::Build(_) | Self::Run(_) => Exit::Failed,
            Self::Packet { .. } | Self::User { .. } | Self::Refused { .. } | Self::Count { .. } => {
                Exit::Failed
            }
        }
    }
}

impl Bench {
    /// Reads the package at `build` and builds its simulation; `waves` if a trace will be asked for.
    ///
    /// # Errors
    /// If the folder is no package, a tool is missing, or the build fails.
    pub fn open(build: &Path, waves: bool) -> Result<Self, SimError> {
        Self::open_as(build, None, waves)
    }

    /// The same with a netlist of the package in place of its Verilog.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_as(build: &Path, netlist: Option<&Netlist>, waves: bool) -> Result<Self, SimError> {
        let (manifest, mut changed) = Manifest::load(build)?;
        changed.extend(netlist.into_iter().flat_map(|netlist| netlist.changed.clone()));
        let (bus, packet) = (manifest.bus()?, manifest.packet.clone());
        let kind = if waves { Kind::Waves } else { Kind::Plain };
        let design = netlist.map_or(Design::Package, Design::Netlist);
        let model = build::build(build, &manifest, design, kind)?;
        Ok(Self { manifest, changed, model, bus, packet })
    }

    /// Streams `frames` `[frames, neurons]` through the hardware.
    ///
    /// # Errors
    /// If a process fails, the model misbehaves, or there is not one right packet a frame. Wrong
    /// contents are no error: [`compare`](Self::compare) tells them.
    pub fn simulate(
        &self,
        frames: ArrayView2<i32>,
        options: &Options,
    ) -> Result<SimResult, SimError> {
        self.check(frames)?;
        let shards = self.shards(frames.nrows(), options);
        let bar = progress(frames.nrows(), options.progress);
        let stop = AtomicBool::new(false);
        let run = self.run_options(options);
        let one = |range: Range<usize>| {
            let mut changes = changes_of(&options.changes, &range).iter().peekable();
            let ops = range.clone().flat_map(|r| {
                let codes = frames.index_axis(Axis(0), r).to_vec();
                match changes.next_if(|change| change.frame == r) {
                    None => vec![self.frame(&codes)],
                    Some(change) => {
                        let beats = self.bus.pack(&self.ordered(&codes));
                        change.ops(beats, self.is_wide(change.exit))
                    }
                }
            });
            let result = run::play(&self.model, ops, &run, &stop, || bar.inc(1));
            if result.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            result
        };
        let one = &one;
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                shards.iter().map(|r| (r, scope.spawn(move || one(r.clone())))).collect();
            threads.into_iter().map(|(r, t)| (r.clone(), t.join().expect("no panic"))).collect()
        });
        bar.finish_and_clear();
        // The failure that called the others off comes first.
        if results.iter().any(|(_, r)| r.is_err()) {
            let mut errors: Vec<_> = results.into_iter().filter_map(|(_, r)| r.err()).collect();
            errors.sort_by_key(|e| matches!(e, RunError::Cancelled));
            return Err(errors.remove(0).into());
        }
        let mut all = SimResult {
            answers: Vec::with_capacity(frames.nrows()),
            cycles: 0,
            dropped: 0,
            processes: shards.len(),
            timing: Timing::default(),
        };
        for (range, transcript) in results {
            let transcript = transcript?;
            let changes = changes_of(&options.changes, &range);
            let answers = self.answers(&transcript, range.clone(), changes)?;
            all.cycles += transcript.cycles;
            all.dropped += u64::from(transcript.dropped);
            all.timing.worst_latency = all.timing.worst_latency.max(worst_latency(&answers));
            // The first shard is the longest.
            if range.start == 0 {
                all.timing = timing(&answers);
            }
            all.answers.extend(answers);
        }
        Ok(all)
    }

    fn check(&self, frames: ArrayView2<i32>) -> Result<(), SimError> {
        if frames.nrows() == 0 {
            return Err(SimError::Empty);
        }
        if frames.ncols() != self.bus.neurons {
            return Err(SimError::Width { found: frames.ncols(), expected: self.bus.neurons });
        }
        Ok(())
    }

    /// A frame of the user's data, its codes in the order in which the hardware takes them.
    fn ordered(&self, codes: &[i32]) -> Vec<i32> {
        match &self.manifest.input.order {
            Some(order) => order.iter().map(|&n| codes[n as usize]).collect(),
            None => codes.to_vec(),
        }
    }

    fn frame(&self, codes: &[i32]) -> Op {
        Op::Frame { beats: self.bus.pack(&self.ordered(codes)), last: true }
    }

    /// Equal shares, the larger ones first.
    fn shards(&self, frames: usize, options: &Options) -> Vec<Range<usize>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = if options.waves.is_some() { 1 } else { options.processes.unwrap_or(cores) };
        let n = frames.div_ceil(SHARD).min(most).max(1);
        let mut start = 0;
        let share = |i: usize| {
            let end = start + frames / n + usize::from(i < frames % n);
            std::mem::replace(&mut start, end)..end
        };
        (0..n).map(share).collect()
    }

    fn run_options(&self, options: &Options) -> RunOptions {
        // No design is silent for longer than it takes a frame through all of it, unless it hangs.
        let busy = self.manifest.busy();
        let beats = (self.bus.beats() + self.manifest.output.beats) as u64;
        RunOptions {
            stalls: options.stalls,
            waves: options.waves.clone(),
            frame_beats: self.bus.beats(),
            watchdog: options.watchdog.unwrap_or(10_000 + 20 * (busy + beats)),
            plusargs: options.plusargs.clone(),
        }
    }

    /// The answers of a run of right frames, number `range` of all.
    fn answers(
        &self,
        run: &Transcript,
        range: Range<usize>,
        changes: &[Change],
    ) -> Result<Vec<Answer>, SimError> {
        if run.packets.len() != range.len() || run.frames.len() != range.len() {
            return Err(SimError::Count { found: run.packets.len(), expected: range.len() });
        }
        let thresholds = self.thresholds(run, changes)?;
        let pairs = run.packets.iter().zip(&run.frames).zip(range).zip(thresholds).enumerate();
        let answer = |(number, (((raw, &accepted), frame), thresholds))| {
            let packet = self.decode(raw, frame)?;
            let bytes = raw.bytes.clone();
            let (number, taken) = (number as u64, raw.span);
            Ok(Answer { packet, bytes, number, accepted, taken, thresholds })
        };
        pairs.map(answer).collect()
    }

    fn decode(&self, raw: &run::RawPacket, frame: usize) -> Result<Packet, SimError> {
        let decoded = self.packet.decode(&raw.bytes);
        let packet = decoded.map_err(|source| SimError::Packet { frame, source })?;
        if raw.user != packet.user() {
            return Err(SimError::User { frame, found: raw.user });
        }
        Ok(packet)
    }
}

/// The changes of a range of frames.
fn changes_of<'a>(changes: &'a [Change], range: &Range<usize>) -> &'a [Change] {
    let at = |frame| changes.partition_point(|change| change.frame < frame);
    &changes[at(range.start)..at(range.end)]
}

fn latency(answer: &Answer) -> u64 {
    answer.taken.last.saturating_sub(answer.accepted.last)
}

fn worst_latency(answers: &[Answer]) -> u64 {
    answers.iter().map(latency).max().unwrap_or(0)
}

/// What one process's answers show.
fn timing(answers: &[Answer]) -> Timing {
    let half = if answers.len() < 4 { 0 } else { answers.len() / 2 };
    let ends: Vec<u64> = answers[half..].iter().map(|a| a.taken.last).collect();
    let steps = ends.len().saturating_sub(1);
    let first = answers.first();
    Timing {
        interval: (steps > 0).then(|| (ends[steps] - ends[0]) as f64 / steps as f64),
        longest_interval: ends.windows(2).map(|w| w[1] - w[0]).max(),
        latency: first.map_or(0, |a| a.taken.first.saturating_sub(a.accepted.last)),
        latency_to_last: first.map_or(0, latency),
        worst_latency: worst_latency(answers),
    }
}

fn progress(frames: usize, shown: bool) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("simulating {bar:40} {pos}/{len} frames, {eta} left");
    ProgressBar::new(frames as u64).with_style(style.expect("the template is constant"))
}
