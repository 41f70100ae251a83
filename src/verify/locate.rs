//! Where a wrong answer comes from: one frame again, every lane and unit compared with what the
//! schedule and the reference say they do.

use super::build::{self, Design, Kind};
use super::run::{self, RunError, RunOptions};
use super::{Bench, Options, SimError};
use crate::ids::{Cycle, Lane, Neuron};
use crate::manifest::Manifest;
use crate::model;
use crate::quantise::{QuantHead, QuantJunction};
use crate::schedule::{Arranged, Arrangement, Schedule, Site, Work, arrange};
use serde::Serialize;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};

/// A value inside the datapath.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The activation that a lane was given: left memory, interleaver tables, selector.
    Activation,
    /// The weight that a lane was given: weight ROM.
    Weight,
    /// The sum of a unit's products: multipliers, adder tree.
    Sum,
    /// What a neuron's accumulator came to, the rounding constant included: bias ROM, accumulator.
    Accumulator,
    /// The code handed on: requantisation.
    Code,
}

/// The first value that is not what it should be, junctions in order, in each the parts in the order
/// in which data pass them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The frame, counted from 0.
    pub frame: usize,
    /// The junction.
    #[serde(rename = "junction")]
    pub site: Site,
    /// What is wrong.
    pub part: Part,
    /// The right neuron whose value it is, in the user's order.
    pub neuron: Neuron,
    /// The lane; of a unit, its first.
    pub lane: Lane,
    /// Cycle of the frame; of a neuron's accumulator or code, its last.
    pub cycle: Cycle,
    /// By schedule and reference.
    pub expected: i64,
    /// In the hardware.
    pub found: i64,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { frame, site, neuron, lane, cycle, expected, found, .. } = self;
        let part = match self.part {
            Part::Activation => "activation",
            Part::Weight => "weight",
            Part::Sum => "sum of products",
            Part::Accumulator => "accumulator",
            Part::Code => "output code",
        };
        write!(
            f,
            "frame {frame}, {site}, neuron {neuron}, lane {lane}, cycle {cycle}: {part}: expected {expected}, found {found}"
        )
    }
}

/// What the hardware said of one junction.
#[derive(Default)]
struct Said {
    /// Activation and weight of each lane, a pair a cycle.
    operands: HashMap<usize, Vec<(i64, i64)>>,
    /// Sum of each unit, one a cycle.
    sums: HashMap<usize, Vec<i64>>,
    /// Product of each shared lane, one a cycle.
    shared: HashMap<usize, Vec<i64>>,
    /// Accumulators of each unit's neurons in order.
    accumulators: HashMap<usize, Vec<i64>>,
    /// Codes of each unit's neurons in order.
    codes: HashMap<usize, Vec<i64>>,
}

impl Bench {
    /// Runs `codes`, frame number `frame` of the user's data, alone in a model that tells
    /// everything, and finds the first wrong value. `None` if everything inside is right: then the
    /// result stage is wrong, or the fault needs other frames or stalls to show.
    ///
    /// # Errors
    /// If the model cannot be built or run, or `head` is not what the package was made of.
    pub fn locate(
        &self,
        head: &QuantHead,
        frame: usize,
        codes: &[i32],
    ) -> Result<Option<Location>, SimError> {
        let Manifest { budget, preferences, .. } = &self.manifest;
        let Ok(arranged) = arrange(head, budget, preferences, self.bus.codes_per_beat()) else {
            return Ok(None);
        };
        let model =
            build::build(&self.model.package, &self.manifest, Design::Package, Kind::Trace)?;
        let options = self.run_options(&Options::default());
        let said = listen(&model, self.frame(codes), &options)?;
        let input = self.ordered(codes);
        let trace = model::trace(&arranged.head, &input);
        let said = said_of(said);
        for (site, junction, schedule) in arranged.sites() {
            // a junction behind an exit that answered says nothing
            let Some(said) = said.get(&site) else { continue };
            let expected = Expected {
                arranged: &arranged,
                site,
                junction,
                schedule,
                left: left_of(site, &arranged.head, &trace, &input),
                trace: trace_of(site, &trace),
            };
            if let Some(location) = expected.first_difference(said, frame) {
                return Ok(Some(location));
            }
        }
        Ok(None)
    }
}

/// What a junction computes of a traced frame.
fn trace_of(site: Site, trace: &model::Trace) -> &model::JunctionTrace {
    match site {
        Site::Trunk(number) => &trace.junctions[number],
        Site::Exit { exit, junction } => &trace.exits[exit][junction],
    }
}

/// The codes that come to a junction in a traced frame.
fn left_of<'a>(
    site: Site,
    head: &QuantHead,
    trace: &'a model::Trace,
    input: &'a [i32],
) -> &'a [i32] {
    let before = match site {
        Site::Trunk(0) => return input,
        Site::Trunk(number) => Site::Trunk(number - 1),
        Site::Exit { exit, junction: 0 } => Site::Trunk(head.exits[exit].after),
        Site::Exit { exit, junction } => Site::Exit { exit, junction: junction - 1 },
    };
    trace_of(before, trace).codes.as_deref().unwrap_or_default()
}

/// Runs one frame and returns the lines that begin with `CF_TRACE`.
fn listen(
    model: &super::Model,
    frame: run::Op,
    options: &RunOptions,
) -> Result<Vec<String>, RunError> {
    let mut child = run::spawn(model, options)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let bus = model.bus_bytes;
    let lines = std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|pipe| run::feed(pipe, std::iter::once(frame), bus)));
        scope.spawn(move || stdout.map(|mut out| std::io::copy(&mut out, &mut std::io::sink())));
        let lines = stderr.into_iter().flat_map(|pipe| BufReader::new(pipe).lines());
        lines.map_while(Result::ok).filter(|l| l.starts_with("CF_TRACE")).collect()
    });
    // However it ended: what it said until then is what counts.
    let _ = child.wait();
    Ok(lines)
}

/// Sorts the lines by junction. A line is `CF_TRACE <hierarchical name> <what> <values>`.
fn said_of(lines: Vec<String>) -> HashMap<Site, Said> {
    let mut all: HashMap<Site, Said> = HashMap::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, name, what, values @ ..] = words.as_slice() else { continue };
        let trunk = index_after(name, "i_junction_").map(Site::Trunk);
        let exit = index_after(name, "i_exit_").zip(index_after(name, "_junction_"));
        let site = trunk.or(exit.map(|(exit, junction)| Site::Exit { exit, junction }));
        let Some(site) = site else { continue };
        let said = all.entry(site).or_default();
        let values: Vec<i64> = values.iter().filter_map(|v| v.parse().ok()).collect();
        let at = |block: &str| index_after(name, &format!("{block}["));
        match (*what, values.as_slice()) {
            ("operands", &[activation, weight]) => {
                let lane = at("g_trace").unwrap_or(0);
                said.operands.entry(lane).or_default().push((activation, weight));
            }
            ("sum", &[sum]) => match at("g_unit") {
                Some(unit) => said.sums.entry(unit).or_default().push(sum),
                None => said.shared.entry(at("g_lane").unwrap_or(0)).or_default().push(sum),
            },
            ("acc", &[acc]) => {
                said.accumulators.entry(at("g_result").unwrap_or(0)).or_default().push(acc);
            }
            ("out", &[code]) => {
                said.codes.entry(at("g_result").unwrap_or(0)).or_default().push(code);
            }
            _ => {}
        }
    }
    all
}

/// The number that follows the last `mark` in a hierarchical name.
fn index_after(name: &str, mark: &str) -> Option<usize> {
    let rest = &name[name.rfind(mark)? + mark.len()..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What one junction should do.
struct Expected<'a> {
    arranged: &'a Arranged,
    site: Site,
    junction: &'a QuantJunction,
    schedule: &'a Schedule,
    left: &'a [i32],
    trace: &'a model::JunctionTrace,
}

impl Expected<'_> {
    fn first_difference(&self, said: &Said, frame: usize) -> Option<Location> {
        let found = self.operand(said).or_else(|| self.sum(said)).or_else(|| self.result(said));
        found.map(|(part, neuron, lane, cycle, expected, found)| Location {
            frame,
            site: self.site,
            part,
            neuron: Neuron::new(self.arranged.right_neuron(self.site, neuron)),
            lane: Lane::new(lane),
            cycle: Cycle::new(cycle),
            expected,
            found,
        })
    }

    /// Activation, weight and right neuron of a lane in a cycle.
    fn work(&self, cycle: usize, lane: usize) -> Option<(i64, i64, usize)> {
        let junction = self.junction;
        self.schedule.table.edge(cycle, lane).map(|edge| {
            let activation = self.left[junction.pattern.left_ends()[edge].at()];
            let weight = junction.weights[edge];
            (i64::from(activation), i64::from(weight), edge / junction.pattern.d_in())
        })
    }

    fn operand(&self, said: &Said) -> Option<Difference> {
        let format = self.junction.input_format;
        // the hardware prints the code's bits as they are
        let bits = |code: i64| code & ((1 << format.bits) - 1);
        for cycle in 0..self.schedule.cycles() {
            for lane in 0..self.schedule.lanes() {
                let Some(&(activation, weight)) =
                    said.operands.get(&lane).and_then(|l| l.get(cycle))
                else {
                    continue;
                };
                match self.work(cycle, lane) {
                    Some((a, _, neuron)) if bits(a) != activation => {
                        return Some((Part::Activation, neuron, lane, cycle, bits(a), activation));
                    }
                    Some((_, w, neuron)) if w != weight => {
                        return Some((Part::Weight, neuron, lane, cycle, w, weight));
                    }
                    None if weight != 0 => {
                        return Some((Part::Weight, 0, lane, cycle, 0, weight));
                    }
                    _ => {}
                }
            }
        }
        None
    }

    fn sum(&self, said: &Said) -> Option<Difference> {
        // units of so many lanes, and lanes with a product of their own
        let (units, width, shared) = match &self.schedule.kind {
            Arrangement::Copies(copies) => {
                let shape = copies.shape;
                (shape.units(self.schedule.right), shape.lanes_per_unit(), shape.shared_lanes())
            }
            Arrangement::Tied(tied) => match tied.work {
                Work::Aligned { .. } => (tied.lines, tied.width, 0),
                Work::Straddling { .. } => return None,
            },
            // products go to partial sums one by one, or there are none
            Arrangement::Network(_) | Arrangement::Unrolled(_) => return None,
        };
        for cycle in 0..self.schedule.cycles() {
            let own = (0..units).map(|u| (said.sums.get(&u), u * width, width));
            let shared = (0..shared).map(|k| (said.shared.get(&k), units * width + k, 1));
            for (sums, first, lanes) in own.chain(shared) {
                let Some(&found) = sums.and_then(|s| s.get(cycle)) else { continue };
                let work: Vec<_> =
                    (first..first + lanes).filter_map(|lane| self.work(cycle, lane)).collect();
                let expected = work.iter().map(|(a, w, _)| a * w).sum();
                if found != expected {
                    let neuron = work.first().map_or(0, |w| w.2);
                    return Some((Part::Sum, neuron, first, cycle, expected, found));
                }
            }
        }
        None
    }

    /// The first lane that works for a right neuron, and the last cycle in which one does.
    fn last_work(&self, neuron: usize) -> (usize, usize) {
        let d_in = self.junction.pattern.d_in();
        let (mut first, mut last) = (usize::MAX, 0);
        for cycle in 0..self.schedule.cycles() {
            for lane in 0..self.schedule.lanes() {
                if self.schedule.table.edge(cycle, lane).is_some_and(|e| e / d_in == neuron) {
                    first = first.min(lane);
                    last = cycle;
                }
            }
        }
        (first, last)
    }

    fn result(&self, said: &Said) -> Option<Difference> {
        let (junction, trace) = (self.junction, self.trace);
        let half = junction.rounding();
        let out = self.schedule.layout_out(&junction.pattern);
        for neuron in 0..self.schedule.right {
            let (unit, row) = out.place[neuron];
            let (unit, row) = (unit as usize, row as usize);
            let at = |values: &HashMap<usize, Vec<i64>>| {
                values.get(&unit).and_then(|v| v.get(row)).copied()
            };
            let expected = trace.accumulators[neuron] + half;
            if let Some(found) = at(&said.accumulators).filter(|&found| found != expected) {
                let (lane, cycle) = self.last_work(neuron);
                return Some((Part::Accumulator, neuron, lane, cycle, expected, found));
            }
            if let (Some(codes), Some(format)) = (&trace.codes, junction.output_format) {
                let expected = i64::from(codes[neuron]) & ((1 << format.bits) - 1);
                if let Some(found) = at(&said.codes).filter(|&found| found != expected) {
                    let (lane, cycle) = self.last_work(neuron);
                    return Some((Part::Code, neuron, lane, cycle, expected, found));
                }
            }
        }
        None
    }
}

/// Part, right neuron, lane, cycle, expected, found.
type Difference = (Part, usize, usize, usize, i64, i64);
