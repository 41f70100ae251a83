//! `policies`: all at the edge, all remote, and split, side by side.

use super::answer::Answer;
use crate::error::Error;
use crate::policies::{Comparison, Data, Heads, Line, REPORTS, compare, tables};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

/// Compare who computes what: all at the edge, all remote, split, split with early exit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The file has the keys of a recipe in [base], a [[network]] each with keys that take the place of the
base's, in `after` the junctions to split it after (all but the last, if not given), and in [branch] the
keys of an exit, which is one junction of all classes at the split: docs/policies.md has all keys.

A head is trained for each network and place and kept in DIR/heads, where the next run finds it: to go
on after Ctrl-C, give the same command again. At the end come policies.md, policies.csv, policies.json
and policies.svg.

Examples:
  clashfree policies examples/policies/mnist.toml -o build/policies
  clashfree policies examples/policies/mnist.toml -o build/policies --json | jq .lines")]
pub struct Args {
    /// The networks; data paths in it are relative to its folder.
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,

    /// Folder for heads and results; one that holds anything else is refused.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Trains what is missing, measures, and writes the reports. A progress bar goes to standard error if
/// that is a terminal.
///
/// # Errors
/// If the file or the folder is not fit, data cannot be read, a training or a compilation fails, or
/// results cannot be written; trained heads are kept.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let comparison = Comparison::read(&args.file)?;
    let heads = Heads::open(&args.output)?;
    let bar = ProgressBar::new(comparison.places.len() as u64).with_style(style());
    bar.tick();
    let mut lines: Vec<Line> = Vec::new();
    let mut trained = 0;
    for alike in comparison.places.chunk_by(Data::is_shared) {
        let data = Data::read(&alike[0], &comparison.folder)?;
        for place in alike {
            bar.set_message(place.label());
            trained += usize::from(!heads.has(place));
            let head = heads.get(place, &data)?;
            lines.extend(compare(&comparison, place, &head, &data)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let markdown = tables::markdown(&comparison, &lines);
    let mut json = json!({
        "title": comparison.title,
        "cycles": comparison.cycles,
        "loss": comparison.loss,
        "lines": lines,
    });
    let texts = [
        markdown.clone(),
        tables::csv(&lines),
        format!("{json:#}\n"),
        tables::picture(&comparison, &lines),
    ];
    for (name, text) in REPORTS.iter().zip(&texts) {
        heads.report(name, text)?;
    }
    let mut text = markdown;
    let (places, folder) = (comparison.places.len(), args.output.display());
    writeln!(text, "\n{trained} of {places} heads trained now; results in {folder}")
        .expect("a string takes all");
    json["output"] = json!(args.output);
    json["files"] = json!(REPORTS);
    json["heads"] = json!({ "planned": places, "trained": trained });
    Ok(Answer { text, json, passed: true })
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} head {pos}/{len}, {eta} left, {msg}")
        .expect("the template is right")
}
