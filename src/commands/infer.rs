//! `infer`: the reference model over a file of frames.

use super::answer::Answer;
use crate::error::Error;
use crate::load::{self, Head};
use crate::model::{self, classify};
use crate::quantise::quantise;
use ndarray::{Array2, ArrayView2};
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

/// Compute a head's logits with the bit-accurate reference.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Inputs and labels are .npy, file.npz:key or IDX (MNIST's format), plain or gzipped. Integers are
codes in the head's input format already, floats are quantised, pixels lose their low bits.

Examples:
  clashfree infer HEAD --inputs t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
  clashfree infer HEAD --inputs frames.npz:x -o logits.npy")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// The frames.
    #[arg(long, value_name = "FILE")]
    inputs: String,

    /// Their classes: shows the accuracy instead of counts.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,

    /// Where to write the logits: int64 [frames, classes], .npy.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Add edges of weight 0 where degrees are not fixed, up to the largest found.
    #[arg(long)]
    pad: bool,
}

/// Runs the model over all frames.
///
/// # Errors
/// If the head, the inputs or the labels are wrong, or the logits cannot be written.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let head = load::head_with(&args.head, args.pad)?;
    let quant = quantise(&head)?;
    let frames = load::inputs(&args.inputs, quant.inputs, quant.input_format)?;
    let classes = quant.junctions[quant.junctions.len() - 1].pattern.right();
    let labels = args.labels.as_ref().map(|spec| load::labels(spec, frames.len(), classes));
    let labels = labels.transpose()?;

    let start = Instant::now();
    let logits = model::run(&quant, frames.codes.view());
    let rate = frames.len() as f64 / start.elapsed().as_secs_f64();
    if let Some(path) = &args.output {
        load::write_logits(path, logits.view())?;
    }

    let accuracy = labels.as_ref().map(|labels| Accuracy {
        right: right(&logits, labels),
        float: float(&head, &frames, labels),
    });
    let mut answer = answer(&quant.name, frames.len(), rate, logits.view(), accuracy);
    if !head.exits.is_empty() {
        answer.text += "these are the trunk's answers; its early exits are not computed here\n";
    }
    Ok(answer)
}

/// Frames classified right.
struct Accuracy {
    right: usize,
    /// By the head in floats; `None` where its weights are codes already.
    float: Option<usize>,
}

fn right(logits: &Array2<i64>, labels: &[u32]) -> usize {
    let rows = logits.rows().into_iter();
    rows.zip(labels).filter(|(row, label)| classify(*row).class == **label as usize).count()
}

fn float(head: &Head, frames: &load::Frames, labels: &[u32]) -> Option<usize> {
    let logits = load::float_logits(head, frames)?;
    let rows = logits.rows().into_iter();
    Some(
        rows.zip(labels).filter(|(row, label)| load::float_class(*row) == **label as usize).count(),
    )
}

fn answer(
    name: &str,
    frames: usize,
    rate: f64,
    logits: ArrayView2<'_, i64>,
    accuracy: Option<Accuracy>,
) -> Answer {
    let mut counts = vec![0usize; logits.ncols()];
    for row in logits.rows() {
        counts[classify(row).class] += 1;
    }
    let share = |n: usize| n as f64 / frames as f64;
    let mut text = format!("{name}: {frames} frames, {rate:.0} frames/s\n");
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a string takes all");
    match &accuracy {
        Some(a) => {
            let percent = |n: usize| format!("{:.2} %", 100.0 * share(n));
            let float = a.float.map_or_else(|| "-".to_owned(), percent);
            put(format_args!("accuracy: float {float}, quantised {}\n", percent(a.right)));
        }
        None => {
            const SHOWN: usize = 32;
            for (class, n) in counts.iter().enumerate().take(SHOWN) {
                put(format_args!("class {class:3} {n:8} frames {:6.2} %\n", 100.0 * share(*n)));
            }
            if counts.len() > SHOWN {
                put(format_args!("and {} more classes\n", counts.len() - SHOWN));
            }
        }
    }
    let json = json!({
        "name": name,
        "frames": frames,
        "frames_per_second": rate,
        "class_counts": counts,
        "accuracy": accuracy.as_ref().map(|a| share(a.right)),
        "float_accuracy": accuracy.and_then(|a| a.float).map(share),
    });
    Answer { text, json, passed: true }
}
