//! `pattern`: masks to train with, before there is a head.

use super::answer::{Answer, grouped};
use super::layout::{LayoutArgs, interleavers};
use crate::bus::BusFormat;
use crate::error::Error;
use crate::lower::InterfaceError;
use crate::masks::{Destination, Mask, MaskError, Request, Widths, untrained};
use crate::packet::ResultKind;
use crate::pattern::{Choice, Count, Counted, Family, Starts, advise};
use crate::schedule::{self, Budget, Interleaver};
use crate::speed::Speed;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Numbers with more digits are shown as powers of ten.
const SHOWN_DIGITS: usize = 40;

/// Ways to run a junction that are shown.
const SHOWN_CHOICES: usize = 3;

/// A deviation of the numbers of common left neurons that is worth a note, as a multiple of that of
/// random sets.
const UNEVEN: f64 = 1.5;

/// Make masks to train with: patterns of fixed degrees.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Families: random-structured, clash-free-free-addresses, clash-free-starts-per-sweep,
clash-free-starts-once; the last three also with -dithered behind. docs/patterns.md says what they
are, what is counted, and how to train with the masks in PyTorch.

Clash-free families need --parallelism, --cycles, --fps or --bus-matched; a pattern made for the
lanes that a number of cycles takes is one whose addresses the hardware counts. The table of interleavers is what `check --interleavers`
says of a head with these masks; layout options are the same. Its widths are --input-bits and so on.
The same command gives the same masks, and a
recipe of `train` with the same values has the same patterns.

Examples:
  clashfree pattern --layers 800,40,40,10 --out-degrees 2,9,10 --cycles 50
  clashfree pattern --layers 800,40,40,10 --out-degrees 2,9,10 --parallelism 32,8,8 -o masks
  clashfree pattern --layers 64,16,4 --out-degrees 4,2 --family random-structured --json")]
pub struct Args {
    /// Neurons of each layer, the input first.
    #[arg(long, value_name = "N0,N1,…", value_delimiter = ',', required = true)]
    layers: Vec<usize>,

    /// Out-degree of each junction.
    #[arg(long, value_name = "D1,D2,…", value_delimiter = ',', required = true)]
    out_degrees: Vec<usize>,

    /// Pattern family, one for all junctions or one for each.
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "clash-free-starts-per-sweep"
    )]
    family: Vec<String>,

    /// Decides all that is random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Folder for the masks, as safetensors and .npy; only masks are replaced. Without it nothing
    /// is written.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Bits of an input of the head to be, for the table of interleavers.
    #[arg(long, value_name = "BITS", default_value_t = 4)]
    input_bits: u32,

    /// Bits of its weights.
    #[arg(long, value_name = "BITS", default_value_t = 6)]
    weight_bits: u32,

    /// Bits of its activations between junctions.
    #[arg(long, value_name = "BITS", default_value_t = 6)]
    activation_bits: u32,

    #[command(flatten)]
    layout: LayoutArgs,
}

/// Draws the masks, writes them if asked to, and says what is known of them.
///
/// # Errors
/// If there are no such patterns or the folder cannot be written; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let families: Result<Vec<Family>, _> = args.family.iter().map(|name| name.parse()).collect();
    let request = Request {
        layers: args.layers.clone(),
        out_degrees: args.out_degrees.clone(),
        families: families.map_err(MaskError::from)?,
        budget: budget(args)?,
        seed: args.seed,
    };
    let destination = args.output.as_deref().map(Destination::check).transpose()?;
    let masks = request.draw()?;
    let (arranged, note) = args.layout.arranged(&untrained(&masks, widths(args))?)?;
    let hardware = arranged.choices;
    if let Some(destination) = destination {
        destination.write(&request, &masks)?;
    }
    let cycles = match request.budget {
        Some(Budget::Cycles(cycles)) => Some(cycles),
        Some(Budget::Parallelism(_)) | None => None,
    };
    let notes: Vec<String> = note.into_iter().chain(notes(cycles, &masks, &hardware)).collect();
    Ok(Answer {
        text: text(args, cycles, &masks, &hardware, &notes),
        json: json(args, &masks, &hardware, &notes),
        passed: true,
    })
}

/// Bits of the numbers of the head to be.
fn widths(args: &Args) -> Widths {
    Widths { input: args.input_bits, weight: args.weight_bits, activation: args.activation_bits }
}

/// What clash-free families take their parallelism from, known before there are patterns.
fn budget(args: &Args) -> Result<Option<Budget>, Error> {
    let speed = match args.layout.speed() {
        None => return Ok(None),
        Some(Speed::Budget(budget)) => return Ok(Some(budget)),
        Some(speed) => speed,
    };
    widths(args).check()?;
    let bus_bits = args.layout.interface(ResultKind::Logits).bus_bits;
    let inputs = args.layers.first().copied().unwrap_or(0);
    let bus = BusFormat::new(bus_bits, args.input_bits, inputs).map_err(InterfaceError::from)?;
    let edges = args.layers.iter().zip(&args.out_degrees).map(|(n, d)| n.saturating_mul(*d));
    Ok(Some(speed.cycles(bus.beats(), edges.max().unwrap_or(1))))
}

fn text(
    args: &Args,
    cycles: Option<usize>,
    masks: &[Mask],
    hardware: &[schedule::Choice],
    notes: &[String],
) -> String {
    let layers: Vec<String> = args.layers.iter().map(ToString::to_string).collect();
    let mut text = format!("[{}], seed {}\n\n", layers.join(", "), args.seed);
    let put = |text: &mut String, table: Table| {
        for line in table.to_string().lines() {
            writeln!(text, "{}", line.trim_end()).expect("a string takes all");
        }
        text.push('\n');
    };
    put(&mut text, shapes(masks));
    put(&mut text, figures(masks));
    if cycles.is_some() {
        for (n, mask) in masks.iter().enumerate().filter(|(_, mask)| !mask.choices.is_empty()) {
            let shown: Vec<String> =
                mask.choices.iter().take(SHOWN_CHOICES).map(describe).collect();
            writeln!(text, "junction {n} could have: {}", shown.join("; "))
                .expect("a string takes all");
        }
    }
    let Args { input_bits, weight_bits, activation_bits, .. } = args;
    write!(
        text,
        "\nwith {input_bits}-bit inputs, {weight_bits}-bit weights and {activation_bits}-bit activations, {}\n",
        interleavers(hardware)
    )
    .expect("a string takes all");
    if let Some(folder) = &args.output {
        let (files, folder) = (masks.len() + 2, folder.display());
        writeln!(text, "{files} files in {folder}").expect("a string takes all");
    }
    for note in notes {
        writeln!(text, "note: {note}").expect("a string takes all");
    }
    text
}

/// `z 8 in 4 lines (lanes 32, cycles 50)`.
fn describe(choice: &Choice) -> String {
    let Choice { z, lines, lanes, cycles } = choice;
    let line = if *lines == 1 { "line" } else { "lines" };
    format!("z {z} in {lines} {line} (lanes {lanes}, cycles {cycles})")
}

/// What the user asked for, and what follows from it.
fn shapes(masks: &[Mask]) -> Table {
    let mut table = right_aligned([
        "junction", "N_l", "N_r", "d_out", "d_in", "edges", "density", "z", "lines", "cycles",
        "family",
    ]);
    for (n, mask) in masks.iter().enumerate() {
        let d = mask.degrees;
        let of = |value: fn(&Choice) -> usize| {
            mask.choice().map_or_else(|| "-".to_owned(), |choice| value(choice).to_string())
        };
        table.add_row([
            n.to_string(),
            d.left.to_string(),
            d.right.to_string(),
            d.d_out.to_string(),
            d.d_in.to_string(),
            d.edges().to_string(),
            format!("{:.2} %", 100.0 * d.density()),
            of(|choice| choice.z),
            of(|choice| choice.lines),
            of(|choice| choice.cycles),
            mask.family.to_string(),
        ]);
    }
    aligned(table)
}

/// What is known of the patterns.
fn figures(masks: &[Mask]) -> Table {
    let mut table = right_aligned([
        "junction",
        "distinct right neurons",
        "common left neurons: least",
        "mean",
        "most",
        "deviation",
        "if random",
        "patterns",
    ]);
    for (n, mask) in masks.iter().enumerate() {
        let common = mask.spread.common;
        let of = |value: fn(crate::pattern::Common) -> String| {
            common.map_or_else(|| "-".to_owned(), value)
        };
        table.add_row([
            n.to_string(),
            format!("{} of {}", mask.spread.distinct, mask.degrees.right),
            of(|c| c.least.to_string()),
            of(|c| format!("{:.2}", c.mean)),
            of(|c| c.most.to_string()),
            of(|c| format!("{:.2}", c.deviation)),
            of(|c| format!("{:.2}", c.random_deviation)),
            number(&mask.count),
        ]);
    }
    aligned(table)
}

/// `46,656 address tables`, `10^1610.2 address tables`, `about 10^44.1 graphs`.
fn number(count: &Count) -> String {
    let what = match count.counted {
        Counted::AddressTables => "address tables",
        Counted::Graphs => "graphs",
    };
    let digits = count.exact.as_ref().map(ToString::to_string);
    if count.counted == Counted::Graphs && digits.as_deref() == Some("1") {
        return "1 graph".to_owned();
    }
    let about = if count.estimate { "about " } else { "" };
    match digits.filter(|digits| digits.len() <= SHOWN_DIGITS) {
        Some(digits) => format!("{} {what}", grouped(digits)),
        None => format!("{about}10^{:.1} {what}", count.log10),
    }
}

/// What the user should know and might not expect.
fn notes(cycles: Option<usize>, masks: &[Mask], hardware: &[schedule::Choice]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(cycles) = cycles {
        let junctions = masks.iter().zip(hardware).enumerate();
        notes.extend(junctions.filter_map(|(n, (mask, choice))| {
            let (choice, kind) = (next_counted(mask, choice.kind, cycles)?, choice.kind);
            let Choice { z, cycles, .. } = choice;
            Some(format!(
                "junction {n}: an interleaver of kind {kind} is cheaper than counting on so many lanes; with --cycles {cycles} or a little more, one line of {z} lanes counts"
            ))
        }));
    }
    for (n, mask) in masks.iter().enumerate() {
        let (distinct, right) = (mask.spread.distinct, mask.degrees.right);
        if mask.degrees.d_out == right {
            continue; // all have all, and it cannot be otherwise
        }
        let uneven = mask
            .spread
            .common
            .is_some_and(|common| common.deviation > UNEVEN * common.random_deviation);
        let what = if distinct < right {
            format!("{right} right neurons have only {distinct} different sets of left neurons")
        } else if uneven {
            "some right neurons have much more in common than random ones would".to_owned()
        } else {
            continue;
        };
        notes.push(format!(
            "junction {n}: {what}; a family with a freer choice (free-addresses, random-structured), a larger --parallelism or another --seed may spread them better"
        ));
    }
    notes
}

/// Where the hardware would not count a pattern that was made for it: the one line with the fewest
/// cycles beyond those allowed.
fn next_counted(mask: &Mask, kind: Interleaver, cycles: usize) -> Option<Choice> {
    let Family::ClashFree { starts: Starts::PerSweep | Starts::Once, dither: false } = mask.family
    else {
        return None;
    };
    if matches!(kind, Interleaver::Counter | Interleaver::Starts) {
        return None;
    }
    let all = advise(mask.degrees, mask.degrees.edges(), mask.family);
    let later = all.into_iter().filter(|choice| choice.lines == 1 && choice.cycles > cycles);
    later.min_by_key(|choice| choice.cycles)
}

fn right_aligned<const N: usize>(titles: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(titles);
    table
}

fn aligned(mut table: Table) -> Table {
    let last = table.column_count() - 1;
    for column in table.column_iter_mut().take(last) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn json(args: &Args, masks: &[Mask], hardware: &[schedule::Choice], notes: &[String]) -> Value {
    json!({
        "layers": args.layers,
        "seed": args.seed,
        "output": args.output,
        "junctions": masks.iter().map(junction).collect::<Vec<_>>(),
        "interleavers": hardware,
        "notes": notes,
    })
}

fn junction(mask: &Mask) -> Value {
    let (d, choice) = (mask.degrees, mask.choice());
    json!({
        "left": d.left,
        "right": d.right,
        "d_out": d.d_out,
        "d_in": d.d_in,
        "edges": d.edges(),
        "density": d.density(),
        "family": mask.family,
        "z": choice.map(|choice| choice.z),
        "lines": choice.map(|choice| choice.lines),
        "lanes": choice.map(|choice| choice.lanes),
        "cycles": choice.map(|choice| choice.cycles),
        "choices": mask.choices,
        "count": {
            "of": mask.count.counted,
            "exact": mask.count.exact.as_ref().map(ToString::to_string),
            "log10": mask.count.log10,
            "estimate": mask.count.estimate,
        },
        "spread": mask.spread,
    })
}
