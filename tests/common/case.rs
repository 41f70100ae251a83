//! Heads as hardware, run in Verilator and compared.

use super::heads::frames;
use clashfree::lower::{Control, Interface};
use clashfree::model;
use clashfree::packet::{Content, ResultKind};
use clashfree::pipeline::{Compiled, SplitAt, Target, compile_quantised};
use clashfree::quantise::QuantHead;
use clashfree::schedule::{Adders, Budget, Interleaver, Preferences};
use clashfree::speed::Speed;
use clashfree::verify::stalls::{Pattern, Stalls};
use clashfree::verify::{Bench, Change, Options, SimResult};
use ndarray::ArrayView2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Two builds at a time, whichever tests run: each worker of a test waits for its own.
static BUILDS: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

/// Frames of a run: as many as one process takes, so that the measured interval is of all of them.
const FRAMES: usize = 64;

/// A design to be built and run.
pub struct Case {
    pub about: String,
    pub head: QuantHead,
    budget: Budget,
    bus: u32,
    result: ResultKind,
    preferences: Preferences,
    control: Control,
}

impl Case {
    pub fn new(head: QuantHead, budget: Budget, bus: u32, result: ResultKind) -> Self {
        let about = format!("{}, {budget:?}, bus {bus}, {result:?}", head.name);
        let preferences = Preferences::default();
        let control = Control::Auto;
        Self { about, head, budget, bus, result, preferences, control }
    }

    /// With one kind of interleaver for each junction, and no other.
    pub fn of(self, interleavers: &[Interleaver]) -> Self {
        let interleavers = interleavers.to_vec();
        let about = format!("{}, {interleavers:?}", self.about);
        let preferences = Preferences { interleavers, ..self.preferences };
        Self { about, preferences, ..self }
    }

    /// With a share of frames that exit at each exit, and bursts of so many that do not.
    pub fn rates(mut self, rates: &[&str], burst: usize) -> Self {
        self.preferences.exit_rates = rates.iter().map(|rate| rate.parse().unwrap()).collect();
        self.preferences.burst = burst;
        self.about = format!("{}, exit rates {rates:?}", self.about);
        self
    }

    /// With sums built like this.
    pub fn adders(mut self, adders: Adders) -> Self {
        self.about = format!("{}, {adders:?}", self.about);
        self.preferences.adders = adders;
        self
    }

    /// With or without registers.
    pub fn control(self, control: Control) -> Self {
        Self { control, ..self }
    }

    /// With inputs in whatever order suits the first junction.
    pub fn permuted(mut self) -> Self {
        self.preferences.permute_input = true;
        self
    }

    pub fn cycles(head: QuantHead, cycles: usize, bus: u32) -> Self {
        Self::new(head, Budget::Cycles(cycles), bus, ResultKind::Logits)
    }

    pub fn compiled(&self) -> Compiled {
        let (head, budget) = (self.head.clone(), self.budget.clone());
        let preferences = self.preferences.clone();
        let interface =
            Interface { bus_bits: self.bus, result: self.result, control: self.control };
        let target = Target {
            speed: Speed::Budget(budget),
            preferences,
            interface,
            pad: false,
            split: SplitAt::File,
        };
        let compiled = compile_quantised(head, &target).unwrap();
        for (stage, kind) in compiled.design.junctions.iter().zip(&self.preferences.interleavers) {
            assert_eq!(stage.interleaver(), *kind, "{}", self.about);
        }
        compiled
    }

    /// Builds and runs the design; what is wrong, in words.
    pub fn run(&self) -> Result<(), String> {
        let compiled = self.compiled();
        let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rtl").join(&self.head.name);
        compiled.package.write(&build).map_err(|e| e.to_string())?;
        let bench = Bench::open(&build, false).map_err(|e| e.to_string())?;
        let inputs = frames(&self.head, FRAMES, 17);
        let outcomes = model::outcomes(&self.head, inputs.view());
        for (i, input) in Pattern::ALL.into_iter().enumerate() {
            // Each pattern on each side, and the sides out of step.
            let output = if i == 0 { input } else { Pattern::ALL[1 + i % 4] };
            let stalls = Stalls { input, output, seed: 3 + i as u64 };
            let options = Options { stalls, ..Options::default() };
            let result =
                bench.simulate(inputs.view(), &options).map_err(|e| format!("{stalls}: {e}"))?;
            let comparison = bench.compare(&result, &outcomes);
            if let Some(first) = comparison.mismatches.first() {
                let wrong = comparison.wrong_fields;
                return Err(format!("{stalls}: {first} ({wrong} wrong fields)"));
            }
            if i == 0 {
                self.timing(&bench, &result)?;
            }
        }
        if bench.manifest.control && bench.manifest.exits.iter().any(|e| e.rule.is_some()) {
            self.changed_thresholds(&bench, inputs.view())?;
        }
        for stalls in ["none", "random:9"] {
            let options = Options { stalls: stalls.parse().unwrap(), ..Options::default() };
            let scenarios =
                bench.faults(inputs.view(), &outcomes, &options).map_err(|e| e.to_string())?;
            if let Some(wrong) = scenarios.iter().find(|s| !s.is_right()) {
                return Err(format!("{stalls}: {wrong:?}"));
            }
        }
        Ok(())
    }

    /// Interval and latency are as predicted; where packets differ in length, the interval is that
    /// of the input.
    fn timing(&self, bench: &Bench, result: &SimResult) -> Result<(), String> {
        let predicted = bench.manifest.initiation_interval;
        let gated = !bench.manifest.exits.is_empty() || bench.manifest.split.is_some();
        let accepted: Vec<u64> = result.answers.iter().map(|a| a.accepted.last).collect();
        let steps: Vec<u64> = accepted[FRAMES / 2..].windows(2).map(|w| w[1] - w[0]).collect();
        let slow = steps.iter().sum::<u64>() > predicted * steps.len() as u64;
        let measured = (result.timing.interval, result.timing.longest_interval);
        if !gated && measured != (Some(predicted as f64), Some(predicted)) {
            return Err(format!("initiation interval {measured:?}, predicted {predicted}"));
        }
        if gated && slow && self.preferences.exit_rates.is_empty() {
            return Err(format!("input intervals {steps:?}, predicted {predicted}"));
        }
        let (found, first) = (result.timing.latency, &result.answers[0].packet.content);
        let (least, most) = match first {
            Content::Answer { exit: Some(exit), .. } => {
                let latency = bench.manifest.exits[*exit].latency;
                (latency, latency)
            }
            Content::Answer { exit: None, .. } => (bench.manifest.latency, bench.manifest.latency),
            Content::Codes { .. } => (0, bench.manifest.latency),
        };
        if !(least..=most).contains(&found) {
            return Err(format!("latency {found}, predicted {least} to {most}"));
        }
        Ok(())
    }

    /// Thresholds written in mid-stream count for the frames that the manual says.
    fn changed_thresholds(&self, bench: &Bench, inputs: ArrayView2<i32>) -> Result<(), String> {
        let computed = model::compute(&self.head, inputs);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let gates: Vec<usize> = (0..self.head.exits.len())
            .filter(|&exit| bench.manifest.exits[exit].rule.is_some())
            .collect();
        let change = |frame| {
            let exit = gates[rng.random_range(0..gates.len())];
            let other = computed.exits[exit].row(rng.random_range(0..FRAMES)).to_vec();
            let threshold = model::confidence(&self.head.exits[exit], &other);
            let beats = bench.manifest.input.beats as u32;
            Change { frame, at: rng.random_range(0..=beats), exit, threshold }
        };
        let changes: Vec<Change> = (1..FRAMES).step_by(3).map(change).collect();
        for stalls in ["none", "random:5", "bursts:6"] {
            let stalls = stalls.parse().unwrap();
            let options = Options { stalls, changes: changes.clone(), ..Options::default() };
            let result = bench.simulate(inputs, &options).map_err(|e| e.to_string())?;
            let judged = result.answers.iter().enumerate();
            let expected: Vec<_> =
                judged.map(|(f, a)| computed.outcome(&self.head, f, &a.thresholds)).collect();
            let comparison = bench.compare(&result, &expected);
            if let Some(first) = comparison.mismatches.first() {
                return Err(format!("thresholds changed, {stalls}: {first}"));
            }
        }
        Ok(())
    }
}

/// Runs all, two at a time, and fails with everything that is wrong.
pub fn run(cases: Vec<Case>) {
    let todo = Mutex::new(cases.into_iter());
    let wrong = Mutex::new(Vec::new());
    let worker = |slot: usize| {
        loop {
            let _turn = BUILDS[slot].lock().unwrap_or_else(PoisonError::into_inner);
            let Some(case) = todo.lock().unwrap().next() else { return };
            // A panic of the compiler must not lose the case's name.
            let done = std::panic::catch_unwind(|| case.run());
            let error = match done {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(_) => "panics, see above".into(),
            };
            wrong.lock().unwrap().push(format!("{}: {error}", case.about));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| worker(0));
        scope.spawn(|| worker(1));
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
