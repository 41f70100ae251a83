//! `draw`: pictures of a head and of how it is laid out.

use super::answer::{Answer, padding};
use super::layout::LayoutArgs;
use crate::error::Error;
use crate::load;
use crate::lower::{Design, lower};
use crate::packet::ResultKind;
use crate::pattern::Pattern;
use crate::quantise::quantise;
use crate::report::{self, BankCell, Destination, StageSpan};
use crate::schedule::{Schedule, Site};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// Frames of the timeline.
const FRAMES: usize = 5;

/// Draw a head's patterns, its weights, its reads of banks and its timing, as SVG.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For each junction N, jN_pattern.svg has a mark for each edge, in the head's order of neurons,
jN_weights.svg is a histogram of its weights as the hardware has them, and jN_banks.svg shows which lane reads which bank in which cycle, copies of the left memory one below
the other. schedule.svg shows five frames that follow each other as fast as they can. Exits are not
drawn. Layout options are those of check and compile: what is drawn is what they would make.

Examples:
  clashfree draw examples/heads/mnist-2-9-10 -o pictures
  clashfree draw examples/heads/mnist-2-9-10 -o pictures --cycles 100 --interleaver copies
  clashfree draw head.toml -o pictures --json | jq -r '.files[]'")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// Folder for the pictures; only pictures of draw are replaced.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Add edges of weight 0 where degrees are not fixed, up to the largest found.
    #[arg(long)]
    pad: bool,

    #[command(flatten)]
    layout: LayoutArgs,
}

/// Draws and writes the pictures.
///
/// # Errors
/// If the head, the layout or the output folder is not fit; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let destination = Destination::check(&args.output)?;
    let float = load::head_with(&args.head, args.pad)?;
    let head = quantise(&float)?;
    let (arranged, note) = args.layout.arranged(&head)?;
    let interface = args.layout.interface(ResultKind::Logits);
    let design = lower(&arranged, interface)?;

    let mut pictures = BTreeMap::new();
    let sites = Site::all(&head).zip(arranged.sites());
    for ((site, junction), (_, ordered, schedule)) in sites {
        let (title, prefix) = (format!("{}, {site}", head.name), site.prefix());
        let pattern = report::pattern(&junction.pattern, &title);
        pictures.insert(format!("{prefix}_pattern.svg"), pattern);
        let format = junction.weight_format;
        let (range, unit) = ((format.min(), format.max()), format.unit());
        let about = format!("{title}: weights, {format}");
        let weights = report::histogram(&junction.weights, range, unit, &about);
        pictures.insert(format!("{prefix}_weights.svg"), weights);
        pictures.insert(format!("{prefix}_banks.svg"), banks(schedule, &ordered.pattern, &title));
    }
    pictures.insert("schedule.svg".to_owned(), timeline(&design));
    destination.write(&pictures)?;

    let folder = args.output.display();
    let mut text = format!("{} pictures in {folder}\n", pictures.len());
    for name in pictures.keys() {
        writeln!(text, "  {name}").expect("a string takes all");
    }
    let notes: Vec<String> = float
        .trunk
        .iter()
        .enumerate()
        .filter_map(|(n, j)| padding(&format!("junction {n}"), j.padding, j.pattern.edges()))
        .chain(note)
        .collect();
    for note in &notes {
        writeln!(text, "note: {note}").expect("a string takes all");
    }
    let files: Vec<&String> = pictures.keys().collect();
    let json = json!({ "output": args.output, "files": files, "notes": notes });
    Ok(Answer { text, json, passed: true })
}

/// Copies of the left memory one below the other: bank `b` of copy `c` is row `c·banks + b`.
fn banks(schedule: &Schedule, pattern: &Pattern, title: &str) -> String {
    let (copies, banks) = schedule.memory();
    let cell = |read: crate::schedule::Read| BankCell {
        cycle: read.cycle.at(),
        bank: read.copy * banks + read.bank.at(),
        lane: read.lane.at(),
    };
    let cells: Vec<BankCell> = schedule.reads(pattern).into_iter().map(cell).collect();
    let memory = match copies {
        1 => String::new(),
        _ => format!(", {copies} copies of {banks} bank{}", if banks == 1 { "" } else { "s" }),
    };
    let title = format!("{title}: {}{memory}", schedule.interleaver());
    report::banks(&cells, schedule.cycles(), copies * banks, schedule.lanes(), &title)
}

/// Frames that follow each other in the initiation interval.
fn timeline(design: &Design) -> String {
    let (busy, interval) = (design.busy(), design.initiation_interval);
    let mut stages = vec![("bus in".to_owned(), busy.bus_in)];
    stages
        .extend(busy.junctions.into_iter().enumerate().map(|(n, j)| (format!("junction {n}"), j)));
    stages.extend([("result".to_owned(), busy.result), ("bus out".to_owned(), busy.bus_out)]);
    let spans: Vec<StageSpan> = stages
        .into_iter()
        .flat_map(|(name, work)| {
            (0..FRAMES).map(move |frame| {
                let at = |cycle: usize| (frame * interval + cycle) as u64;
                StageSpan { name: name.clone(), start: at(work.start), end: at(work.end), frame }
            })
        })
        .collect();
    let title = format!("{}: latency {} cycles", design.name, design.latency());
    report::timeline(&spans, &title, interval as u64)
}
