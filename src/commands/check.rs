//! `check`: what is in a head, junction by junction.

use super::answer::{Answer, padding};
use super::layout::{LayoutArgs, interleavers};
use crate::error::Error;
use crate::load::{self, Head, HeadJunction};
use crate::quantise::{QuantHead, QuantJunction, quantise};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Check a head and show its junctions.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Formats read s6.4: signed (u: unsigned), 6 bits, 4 of them binary places.

Examples:
  clashfree check examples/heads/mnist-2-9-10
  clashfree check examples/heads/mnist-2-9-10 --interleavers --cycles 50
  clashfree check examples/heads/mnist-2-9-10 --interleavers --fps 100k@100
  clashfree check head.toml --json | jq .overall_density")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// Add edges of weight 0 where degrees are not fixed, up to the largest found.
    #[arg(long)]
    pad: bool,

    /// Show which interleavers the junctions could have, and what each would cost.
    #[arg(long)]
    interleavers: bool,

    #[command(flatten)]
    layout: LayoutArgs,
}

/// Loads and quantises the head, and describes what came of it.
///
/// # Errors
/// If the head is wrong.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let head = load::head_with(&args.head, args.pad)?;
    let trunk = quantise(&head)?;
    let (mut text, mut json) = (text(&head, &trunk), json(&head, &trunk));
    if args.interleavers {
        let (arranged, note) = args.layout.arranged(&trunk)?;
        text = format!("{text}\n{}", interleavers(&arranged.choices));
        if let Some(note) = &note {
            writeln!(text, "note: {note}").expect("a string takes all");
        }
        json["interleavers"] = serde_json::json!(arranged.choices);
        json["notes"] = serde_json::json!(note.as_slice());
    }
    Ok(Answer { text, json, passed: true })
}

/// Sums over the junctions of a chain.
struct Totals {
    edges: usize,
    cells: usize,
    biases: usize,
    weight_bits: u64,
    dense_bits: u64,
}

impl Totals {
    fn of(junctions: &[QuantJunction]) -> Self {
        let cells = |j: &QuantJunction| j.pattern.left() * j.pattern.right();
        let bits = |j: &QuantJunction| u64::from(j.weight_format.bits);
        Self {
            edges: junctions.iter().map(|j| j.pattern.edges()).sum(),
            cells: junctions.iter().map(cells).sum(),
            biases: junctions.iter().map(|j| j.pattern.right()).sum(),
            weight_bits: junctions.iter().map(|j| j.pattern.edges() as u64 * bits(j)).sum(),
            dense_bits: junctions.iter().map(|j| cells(j) as u64 * bits(j)).sum(),
        }
    }

    /// Overall density, `Σ|W_i| / ΣN_l·N_r`.
    fn density(&self) -> f64 {
        self.edges as f64 / self.cells as f64
    }
}

/// The share of a junction's weights that quantisation clamped.
fn saturated(j: &QuantJunction) -> f64 {
    j.saturated.weights as f64 / j.pattern.edges() as f64
}

fn layers(head: &QuantHead) -> Vec<usize> {
    std::iter::once(head.inputs).chain(head.junctions.iter().map(|j| j.pattern.right())).collect()
}

fn text(head: &Head, trunk: &QuantHead) -> String {
    let layers: Vec<String> = layers(trunk).iter().map(ToString::to_string).collect();
    let mut text = format!("{}: [{}]\n\n", head.name, layers.join(", "));
    let mut put = |line: std::fmt::Arguments<'_>| {
        text.write_fmt(line).expect("a string takes all");
    };
    put(format_args!("{}\n\n", table(&trunk.junctions).trim_fmt()));
    let totals = Totals::of(&trunk.junctions);
    put(format_args!(
        "overall density {:.2} %: {} of {} edges\n",
        100.0 * totals.density(),
        totals.edges,
        totals.cells
    ));
    put(format_args!(
        "parameters {}: {} weights, {} biases\n",
        totals.edges + totals.biases,
        totals.edges,
        totals.biases
    ));
    put(format_args!(
        "weight bits {}, fully connected {} ({:.1} times as many)\n",
        totals.weight_bits,
        totals.dense_bits,
        totals.dense_bits as f64 / totals.weight_bits as f64
    ));
    for (i, exit) in trunk.exits.iter().enumerate() {
        let (after, rule, threshold) = (exit.after, exit.rule, exit.threshold);
        let thresholds = exit.thresholds();
        put(format_args!(
            "\nexit {i} after junction {after}, if {rule} >= {threshold} (of {} to {})\n",
            thresholds.start(),
            thresholds.end()
        ));
        put(format_args!("{}\n", table(&exit.junctions).trim_fmt()));
    }
    if let Some(split) = head.split {
        put(format_args!("\nsplit after junction {}\n", split.after));
    }
    for (number, j) in trunk.junctions.iter().enumerate().filter(|(_, j)| j.saturated.weights > 0) {
        let (n, all, format) = (j.saturated.weights, j.pattern.edges(), j.weight_format);
        writeln!(
            text,
            "note: junction {number}: {n} of {all} weights do not fit {format} and were clamped"
        )
        .expect("a string takes all");
    }
    for note in paddings(head) {
        writeln!(text, "note: {note}").expect("a string takes all");
    }
    text
}

/// What `--pad` did to each junction, those of exits too.
fn paddings(head: &Head) -> Vec<String> {
    let of = |(place, j): (String, &HeadJunction)| padding(&place, j.padding, j.pattern.edges());
    let trunk = head.trunk.iter().enumerate().map(|(n, j)| (format!("junction {n}"), j));
    let branches = head.exits.iter().enumerate().flat_map(|(e, exit)| {
        let place = move |(n, j)| (format!("exit {e}, junction {n}"), j);
        exit.junctions.iter().enumerate().map(place)
    });
    trunk.chain(branches).filter_map(of).collect()
}

fn table(junctions: &[QuantJunction]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let titles = [
        "junction",
        "N_l",
        "N_r",
        "d_out",
        "d_in",
        "edges",
        "density",
        "in",
        "weights",
        "out",
        "activation",
        "acc bits",
        "saturated",
    ];
    table.set_header(titles);
    for (i, j) in junctions.iter().enumerate() {
        let p = &j.pattern;
        table.add_row([
            i.to_string(),
            p.left().to_string(),
            p.right().to_string(),
            p.d_out().to_string(),
            p.d_in().to_string(),
            p.edges().to_string(),
            format!("{:.2} %", 100.0 * p.density()),
            j.input_format.to_string(),
            j.weight_format.to_string(),
            j.output_format.map_or_else(|| "logits".to_owned(), |f| f.to_string()),
            format!("{:?}", j.activation).to_lowercase(),
            j.acc_bits.to_string(),
            format!("{:.2} %", 100.0 * saturated(j)),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn json(head: &Head, trunk: &QuantHead) -> Value {
    let totals = Totals::of(&trunk.junctions);
    let exits = head.exits.iter().zip(&trunk.exits).map(|(from, exit)| {
        json!({
            "after": exit.after,
            "rule": exit.rule,
            "threshold": exit.threshold,
            "thresholds": [exit.thresholds().start(), exit.thresholds().end()],
            "junctions": junctions(&from.junctions, &exit.junctions),
        })
    });
    json!({
        "name": head.name,
        "layers": layers(trunk),
        "input_format": head.input_format,
        "junctions": junctions(&head.trunk, &trunk.junctions),
        "overall_density": totals.density(),
        "edges": totals.edges,
        "parameters": totals.edges + totals.biases,
        "weight_bits": totals.weight_bits,
        "weight_bits_fully_connected": totals.dense_bits,
        "exits": exits.collect::<Vec<_>>(),
        "split": head.split,
    })
}

fn junctions(heads: &[HeadJunction], quant: &[QuantJunction]) -> Vec<Value> {
    quant.iter().zip(heads).map(|(j, head)| junction(j, head.padding)).collect()
}

fn junction(j: &QuantJunction, padding: usize) -> Value {
    json!({
        "left": j.pattern.left(),
        "right": j.pattern.right(),
        "d_out": j.pattern.d_out(),
        "d_in": j.pattern.d_in(),
        "edges": j.pattern.edges(),
        "density": j.pattern.density(),
        "padding": padding,
        "padding_share": padding as f64 / j.pattern.edges() as f64,
        "input_format": j.input_format,
        "weight_format": j.weight_format,
        "output_format": j.output_format,
        "activation": j.activation,
        "accumulator_bits": j.acc_bits,
        "saturated": j.saturated,
        "saturated_share": saturated(j),
    })
}
