//! `compile`: a head becomes a package of Verilog.

use super::answer::{Answer, grouped, padding};
use super::layout::{LayoutArgs, interleavers};
use crate::emit::Package;
use crate::error::Error;
use crate::lower::{Design, EndStage};
use crate::packet::ResultKind;
use crate::pipeline::{Compiled, SplitAt, Target, compile};
use crate::schedule::{FrameRate, Site};
use crate::speed::Speed;
use comfy_table::{Table, presets};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// Compile a head into a package: Verilog, ROM files, simulation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
--fps says how many frames a second are wanted, --cycles how many cycles a junction may take for one,
--parallelism how many lanes each has. Without any, as with --bus-matched, junctions are as fast as
the bus brings frames.

Examples:
  clashfree compile HEAD -o build/head
  clashfree compile HEAD -o build/head --cycles 100
  clashfree compile HEAD -o build/head --fps 100000@100
  clashfree compile HEAD -o build/head --cycles 50 --whole --exit-rate 0.8 --result class
  clashfree compile HEAD -o build/head --parallelism 32,8,8 --bus 128 --result class")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// Folder for the package; only a package is replaced.
    #[arg(short, long, value_name = "BUILD")]
    output: PathBuf,

    #[command(flatten)]
    layout: LayoutArgs,

    /// What a packet carries besides class, frame number and margin.
    #[arg(long, value_enum, default_value_t = ResultKind::Logits)]
    result: ResultKind,

    /// Add edges of weight 0 where degrees are not fixed, up to the largest found.
    #[arg(long)]
    pad: bool,

    /// Split the head after this trunk junction, counted from 0, and not where it says.
    #[arg(long, value_name = "K", conflicts_with = "whole")]
    after: Option<usize>,

    /// Compile all of a head that is split.
    #[arg(long)]
    whole: bool,
}

/// Compiles and writes the package.
///
/// # Errors
/// If the head, the budget or the output folder is not fit; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    Package::check(&args.output)?;
    let target = Target {
        speed: args.layout.speed().unwrap_or_default(),
        preferences: args.layout.preferences(),
        interface: args.layout.interface(args.result),
        pad: args.pad,
        split: match args.after {
            Some(after) => SplitAt::After(after),
            None if args.whole => SplitAt::Nowhere,
            None => SplitAt::File,
        },
    };
    let compiled = compile(&args.head, &target)?;
    compiled.package.write(&args.output)?;
    let notes = notes(args, &target.speed, &compiled);
    Ok(answer(args, &compiled, &notes))
}

/// What the user should know and might not expect.
fn notes(args: &Args, speed: &Speed, compiled: &Compiled) -> Vec<String> {
    let mut notes: Vec<String> = speed.note(&compiled.head).into_iter().collect();
    if let Speed::FrameRate(rate) = speed
        && rate.cycles() < compiled.design.initiation_interval
    {
        notes.push(format!(
            "{rate} are not reached: results need more than the {} cycles that there are for a frame",
            rate.cycles()
        ));
    }
    let junctions = Site::all(&compiled.head).zip(compiled.design.stages());
    for (number, ((site, junction), stage)) in junctions.enumerate() {
        let added = compiled.padding[number];
        notes.extend(padding(&site.to_string(), added, stage.edges));
        let saturated = junction.saturated.weights;
        if saturated > 0 {
            let format = junction.weight_format;
            let all = stage.edges;
            notes.push(format!(
                "{site}: {saturated} of {all} weights do not fit {format} and were clamped"
            ));
        }
        let asked = args.layout.parallelism.as_ref().map_or(stage.lanes, |lanes| lanes[number]);
        if asked != stage.lanes {
            let (lanes, cycles) = (stage.lanes, stage.cycles);
            notes.push(format!(
                "{site}: {lanes} lanes need the same {cycles} cycles as the {asked} asked for"
            ));
        }
    }
    notes
}

/// A frame rate that was asked for, and what came of it.
#[derive(serde::Serialize)]
struct Reached {
    /// Frames a second that were asked for, as a decimal number.
    asked: String,
    /// MHz at which, likewise.
    mhz: String,
    /// Cycles that there are for a frame, rounded down.
    cycles: usize,
    /// Frames a second, rounded down.
    frames_per_second: u64,
    /// How many times what was asked for, in hundredths, rounded down.
    hundredths: u128,
}

impl Reached {
    fn of(rate: FrameRate, interval: usize) -> Self {
        Self {
            asked: rate.wanted(),
            mhz: rate.mhz(),
            cycles: rate.cycles(),
            frames_per_second: rate.reached(interval),
            hundredths: rate.hundredths(interval),
        }
    }
}

impl std::fmt::Display for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mhz, frames_per_second, hundredths, .. } = self;
        let (frames, whole) = (grouped(frames_per_second), grouped(hundredths / 100));
        let places = hundredths % 100;
        write!(
            f,
            "at {mhz} MHz: {frames} frames a second, {whole}.{places:02} × what was asked for"
        )
    }
}

/// Exits, split and registers, a line each.
fn ends(design: &Design) -> String {
    let mut text = String::new();
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a string takes all");
    for (number, exit) in design.exits.iter().enumerate() {
        let latency = design.exit_latency(number);
        match (&exit.result.rule, &exit.gate) {
            (Some(rule), Some(gate)) => put(format_args!(
                "exit {number} after junction {}: {} >= {}, answers after {latency} cycles; a queue of {} beats\n",
                exit.after, rule.rule, rule.threshold, gate.fifo_beats
            )),
            _ => put(format_args!(
                "exit {number} after junction {}: answers every frame, after {latency} cycles\n",
                exit.after
            )),
        }
    }
    if let EndStage::Split(split) = &design.end {
        put(format_args!(
            "split after junction {}: {} codes of {} bits, {} a cycle, at most {} bytes\n",
            design.junctions.len() - 1,
            split.format.neurons(),
            split.format.bits,
            split.group,
            split.format.longest()
        ));
    }
    for stage in design.stages().filter(|stage| stage.gated) {
        let (site, frames) = (stage.site, stage.frames);
        put(format_args!("{site} has places for {frames} frames\n"));
    }
    if design.control {
        put(format_args!("registers on s_axil: thresholds, counters, identity\n"));
    }
    text
}

fn answer(args: &Args, compiled: &Compiled, notes: &[String]) -> Answer {
    let Compiled { head, arranged, design, package, padding } = compiled;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "junction",
        "left",
        "right",
        "edges",
        "lanes",
        "cycles",
        "busy",
        "interleaver",
        "units",
        "copies",
        "weight bits",
        "index bits",
        "memory bits",
    ]);
    for (stage, j) in design.stages().zip(package.manifest.all_junctions()) {
        table.add_row([
            stage.site.to_string(),
            j.left.to_string(),
            j.right.to_string(),
            j.edges.to_string(),
            j.lanes.to_string(),
            j.cycles.to_string(),
            format!("{:.1} %", 100.0 * j.utilisation),
            j.interleaver.to_string(),
            j.units.to_string(),
            j.copies.to_string(),
            j.weight_bits.to_string(),
            j.index_bits.to_string(),
            j.memory_bits.to_string(),
        ]);
    }
    let junctions = package.manifest.all_junctions();
    let rom_bits: usize = junctions.map(|j| j.weight_bits + j.bias_bits + j.index_bits).sum();
    let dense_bits: usize = Site::all(head)
        .map(|(_, j)| {
            let p = &j.pattern;
            p.left() * p.right() * j.weight_format.bits as usize + p.right() * j.acc_bits as usize
        })
        .sum();
    let bus = design.input.bus;
    let table = table.to_string();
    let mut text = format!("{}: module {}\n", design.name, design.top);
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    writeln!(
        text,
        "a frame every {} cycles, {}; {} beats in, {} beats out on {} bits",
        design.initiation_interval,
        design.bound(),
        bus.beats(),
        design.beats_out(),
        bus.bus_bits
    )
    .expect("a string takes all");
    let rate = args.layout.frame_rate().map(|rate| Reached::of(rate, design.initiation_interval));
    if let Some(rate) = &rate {
        writeln!(text, "{rate}").expect("a string takes all");
    }
    text += &ends(design);
    writeln!(
        text,
        "ROM {rom_bits} bits; fully connected {dense_bits} bits in weights and biases alone\n{} files in {}",
        package.files.len(),
        args.output.display()
    )
    .expect("a string takes all");
    text.push_str(&interleavers(&arranged.choices));
    for note in notes {
        writeln!(text, "note: {note}").expect("a string takes all");
    }
    let json = json!({
        "notes": notes,
        "frame_rate": rate,
        "padding": padding,
        "padding_share": padding.iter().zip(Site::all(head))
            .map(|(&added, (_, j))| added as f64 / j.pattern.edges() as f64).collect::<Vec<_>>(),
        "output": args.output,
        "rom_bits": rom_bits,
        "dense_rom_bits": dense_bits,
        "files": package.files.len(),
        "interleavers": arranged.choices,
        "manifest": {
            "name": package.manifest.name,
            "top": package.manifest.top,
            "initiation_interval": package.manifest.initiation_interval,
            "junctions": package.manifest.junctions,
            "exits": package.manifest.exits,
            "split": package.manifest.split,
            "control": package.manifest.control,
            "identity": package.manifest.identity,
        },
    });
    Answer { text, json, passed: true }
}
