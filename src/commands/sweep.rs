//! `sweep`: many recipes of one file become tables and pictures.

use super::answer::Answer;
use crate::error::Error;
use crate::sweep::figures::{Cost, Figures, Line, cheapest, lines};
use crate::sweep::{
    Failure, Ledger, REPORTS, RESULTS, Sweep, SweepError, missing, pictures, tables,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Train many recipes, and make tables and pictures of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A sweep file has the keys of a recipe in [base], a [[run]] for each line of the table, with keys that
take the place of the base's, and in [vary] lists of values to try, such as seed = [1, 2, 3]:
docs/sweeps.md has all keys, and examples/sweeps has sweeps.

Each training has one core, and --jobs of them run at a time; the results do not depend on it. A
finished training is a line of DIR/results.jsonl and is not run again: to go on after Ctrl-C, give the
same command again. At the end come results.md, results.csv, accuracy.svg, weight-bits.svg and
bit-products.svg. Exit code 1 if trainings failed; the others are reported then.

Examples:
  clashfree sweep examples/sweeps/tables.toml -o build/tables
  clashfree sweep examples/sweeps/bits.toml -o build/bits --jobs 4 --heads
  clashfree sweep examples/sweeps/tables.toml -o build/tables --report-only --json | jq .targets")]
pub struct Args {
    /// The sweep; data paths in it are relative to its folder.
    #[arg(value_name = "SWEEP.toml")]
    sweep: PathBuf,

    /// Folder for results; one that holds anything else is refused.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Trainings at a time; as many as there are cores if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,

    /// Keep each trained head, in DIR/heads.
    #[arg(long, conflicts_with = "report_only")]
    heads: bool,

    /// Train nothing: make tables and pictures of the results that there are.
    #[arg(long)]
    report_only: bool,
}

/// Trains what has no result yet, and writes the reports. A progress bar goes to standard error if
/// that is a terminal.
///
/// # Errors
/// If the sweep or the folder is not fit, data cannot be read, or results cannot be written;
/// finished trainings are kept.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let sweep = Sweep::read(&args.sweep)?;
    let (ledger, trained, failures) = if args.report_only {
        (Ledger::open_existing(&args.output)?, 0, Vec::new())
    } else {
        train(args, &sweep)?
    };
    let lines = lines(&sweep, &ledger);
    let markdown = tables::markdown(&sweep, &lines);
    let texts = [
        markdown.clone(),
        tables::csv(&lines),
        pictures::accuracy(&sweep, &lines),
        pictures::cost(&sweep, &lines, Cost::WeightBits),
        pictures::cost(&sweep, &lines, Cost::BitProducts),
    ];
    for (name, text) in REPORTS.iter().zip(&texts) {
        ledger.report(name, text)?;
    }
    let planned = sweep.trainings().count();
    let mut text = format!("{markdown}\n{trained} trainings run, ");
    let finished: usize = lines.iter().map(|line| line.figures.finished).sum();
    writeln!(text, "{finished} of {planned} have results in {}", args.output.display())
        .expect("a string takes all");
    for Failure { training, message } in &failures {
        writeln!(text, "failed: {training}: {message}").expect("a string takes all");
    }
    let files: Vec<&str> = [RESULTS].into_iter().chain(REPORTS).collect();
    let json = json!({
        "output": args.output,
        "files": files,
        "trainings": { "planned": planned, "run": trained, "finished": finished },
        "failures": failures,
        "rows": lines.iter().map(row).collect::<Vec<_>>(),
        "targets": targets(&sweep, &lines),
    });
    Ok(Answer { text, json, passed: failures.is_empty() })
}

/// Trains what is missing; tells how many that were.
fn train(args: &Args, sweep: &Sweep) -> Result<(Ledger, usize, Vec<Failure>), SweepError> {
    let mut ledger = Ledger::open(&args.output)?;
    let waiting = missing(sweep, &ledger, args.heads);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or_else(cores, usize::from);
    let bar = ProgressBar::new(waiting.len() as u64).with_style(style());
    bar.tick();
    let failures =
        crate::sweep::run(sweep, &waiting, &mut ledger, jobs, args.heads, &mut |row, training| {
            bar.set_message(format!("{}, seed {}", row.name, training.recipe.seed));
            bar.inc(1);
        })?;
    bar.finish_and_clear();
    Ok((ledger, waiting.len() - failures.len(), failures))
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} training {pos}/{len}, {eta} left, last {msg}")
        .expect("the template is right")
}

fn row(line: &Line<'_>) -> Value {
    let Line { row, figures } = line;
    json!({
        "name": row.name,
        "group": row.group,
        "varied": row.varied,
        "paper_accuracy": row.paper_accuracy,
        "figures": figures,
    })
}

/// For each target, the numbers of rows, from 0.
fn targets(sweep: &Sweep, lines: &[Line<'_>]) -> Vec<Value> {
    let figures: Vec<&Figures> = lines.iter().map(|line| &line.figures).collect();
    let target = |&accuracy: &f64| {
        json!({
            "accuracy": accuracy,
            "fewest_weight_bits": cheapest(&figures, accuracy, Cost::WeightBits),
            "fewest_bit_products": cheapest(&figures, accuracy, Cost::BitProducts),
        })
    };
    sweep.targets.iter().map(target).collect()
}
