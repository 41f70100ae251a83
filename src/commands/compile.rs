//! `compile`: a head becomes a package of Verilog.

use super::answer::{Answer, padding};
use super::layout::{LayoutArgs, interleavers};
use crate::emit::Package;
use crate::error::Error;
use crate::packet::ResultKind;
use crate::pipeline::{Compiled, Target, compile};
use comfy_table::{Table, presets};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// Compile a head into a package: Verilog, ROM files, simulation.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --cycles or --parallelism the junctions are as fast as the bus brings frames.

Examples:
  clashfree compile HEAD -o build/head
  clashfree compile HEAD -o build/head --cycles 100
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
}

/// Compiles and writes the package.
///
/// # Errors
/// If the head, the budget or the output folder is not fit; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    Package::check(&args.output)?;
    let target = Target {
        budget: args.layout.budget(),
        preferences: args.layout.preferences(),
        interface: args.layout.interface(args.result),
        pad: args.pad,
    };
    let compiled = compile(&args.head, &target)?;
    compiled.package.write(&args.output)?;
    Ok(answer(args, &compiled))
}

/// What the user should know and might not expect.
fn notes(args: &Args, compiled: &Compiled) -> Vec<String> {
    let mut notes = Vec::new();
    let junctions = compiled.head.junctions.iter().zip(&compiled.design.junctions);
    for (number, (junction, stage)) in junctions.enumerate() {
        let added = compiled.padding[number];
        notes.extend(padding(&format!("junction {number}"), added, stage.edges));
        let saturated = junction.saturated.weights;
        if saturated > 0 {
            let format = junction.weight_format;
            let all = stage.edges;
            notes.push(format!(
                "junction {number}: {saturated} of {all} weights do not fit {format} and were clamped"
            ));
        }
        let asked = args.layout.parallelism.as_ref().map_or(stage.lanes, |lanes| lanes[number]);
        if asked != stage.lanes {
            let (lanes, cycles) = (stage.lanes, stage.cycles);
            notes.push(format!(
                "junction {number}: {lanes} lanes need the same {cycles} cycles as the {asked} asked for"
            ));
        }
    }
    notes
}

fn answer(args: &Args, compiled: &Compiled) -> Answer {
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
    for (n, j) in package.manifest.junctions.iter().enumerate() {
        table.add_row([
            n.to_string(),
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
    let rom_bits: usize =
        package.manifest.junctions.iter().map(|j| j.weight_bits + j.bias_bits + j.index_bits).sum();
    let dense_bits: usize = head
        .junctions
        .iter()
        .map(|j| {
            let p = &j.pattern;
            p.left() * p.right() * j.weight_format.bits as usize + p.right() * j.acc_bits as usize
        })
        .sum();
    let (bus, output) = (design.input.bus, &design.output);
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
        output.beats,
        bus.bus_bits
    )
    .expect("a string takes all");
    writeln!(
        text,
        "ROM {rom_bits} bits; fully connected {dense_bits} bits in weights and biases alone\n{} files in {}",
        package.files.len(),
        args.output.display()
    )
    .expect("a string takes all");
    text.push_str(&interleavers(&arranged.choices));
    let notes = notes(args, compiled);
    for note in &notes {
        writeln!(text, "note: {note}").expect("a string takes all");
    }
    let json = json!({
        "notes": notes,
        "padding": padding,
        "padding_share": padding.iter().zip(&head.junctions)
            .map(|(&added, j)| added as f64 / j.pattern.edges() as f64).collect::<Vec<_>>(),
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
        },
    });
    Answer { text, json, passed: true }
}
