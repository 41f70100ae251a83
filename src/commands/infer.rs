//! `infer`: the reference model over a file of frames.

use super::answer::Answer;
use crate::error::Error;
use crate::load::{self, Head};
use crate::model::{self, Computed, End, Outcome, classify};
use crate::quantise::{QuantHead, quantise};
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
    // a head whose trunk ends in an exit has that one's logits
    let last = match quant.exits.last() {
        Some(exit) if !quant.trunk_answers() => exit.last(),
        _ => &quant.junctions[quant.junctions.len() - 1],
    };
    let classes = last.pattern.right();
    let labels = args.labels.as_ref().map(|spec| load::labels(spec, frames.len(), classes));
    let labels = labels.transpose()?;

    let start = Instant::now();
    let (logits, exits) = if quant.exits.is_empty() {
        (model::run(&quant, frames.codes.view()), None)
    } else {
        let computed = model::compute(&quant, frames.codes.view());
        let logits = match computed.end {
            End::LastExit => computed.exits[quant.exits.len() - 1].clone(),
            End::Logits(ref logits) => logits.clone(),
            End::Activations(ref codes) => model::tail(&quant, codes.view()),
        };
        let exits = Exits::of(&quant, &computed, &logits, labels.as_deref());
        (logits, Some(exits))
    };
    let rate = frames.len() as f64 / start.elapsed().as_secs_f64();
    if let Some(path) = &args.output {
        load::write_logits(path, logits.view())?;
    }

    let accuracy = labels.as_ref().map(|labels| Accuracy {
        right: model::right(logits.view(), labels),
        float: quant.trunk_answers().then(|| float(&head, &frames, labels)).flatten(),
    });
    let mut answer = answer(&quant.name, frames.len(), rate, logits.view(), accuracy);
    if let Some(exits) = exits {
        answer.text += &exits.text(frames.len());
        answer.json["exits"] = exits.json(frames.len());
    }
    Ok(answer)
}

/// What the exits of a head answer, by its own thresholds.
struct Exits {
    /// Of each exit, frames answered.
    answered: Vec<usize>,
    /// Of each exit, and of the trunk for all other frames, those that are right.
    right: Option<Vec<usize>>,
}

impl Exits {
    /// `logits` are the trunk's for every frame.
    fn of(
        head: &QuantHead,
        computed: &Computed,
        logits: &Array2<i64>,
        labels: Option<&[u32]>,
    ) -> Self {
        let thresholds: Vec<i64> = head.exits.iter().map(|exit| exit.threshold).collect();
        let mut answered = vec![0; head.exits.len()];
        let mut right = vec![0; head.exits.len() + 1];
        for (frame, logits) in logits.rows().into_iter().enumerate() {
            let (by, class) = match computed.outcome(head, frame, &thresholds) {
                Outcome::Answer { exit: Some(exit), decision, .. } => {
                    answered[exit] += 1;
                    (exit, decision.class)
                }
                _ => (head.exits.len(), classify(logits).class),
            };
            let is_right = labels.is_some_and(|labels| labels[frame] as usize == class);
            right[by] += usize::from(is_right);
        }
        Self { answered, right: labels.map(|_| right) }
    }

    fn text(&self, frames: usize) -> String {
        let percent = |n: usize, of: usize| format!("{:.2} %", 100.0 * n as f64 / of.max(1) as f64);
        let mut text = String::new();
        for (exit, &answered) in self.answered.iter().enumerate() {
            let share = percent(answered, frames);
            write!(text, "exit {exit} answers {share}").expect("a string takes all");
            if let Some(right) = &self.right {
                let right = percent(right[exit], answered);
                write!(text, ", right in {right} of them").expect("a string takes all");
            }
            text.push('\n');
        }
        if let Some(right) = &self.right {
            let all = percent(right.iter().sum(), frames);
            writeln!(text, "accuracy with exits {all}; above is the trunk alone")
                .expect("a string takes all");
        }
        text
    }

    fn json(&self, frames: usize) -> serde_json::Value {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        json!({
            "answered": self.answered.iter().map(|&n| share(n, frames)).collect::<Vec<_>>(),
            "answered_accuracy": self.right.as_ref().map(|right| {
                let pairs = right.iter().zip(&self.answered);
                pairs.map(|(&right, &of)| share(right, of)).collect::<Vec<_>>()
            }),
            "accuracy": self.right.as_ref().map(|right| share(right.iter().sum(), frames)),
        })
    }
}

/// Frames classified right.
struct Accuracy {
    right: usize,
    /// By the head in floats; `None` where its weights are codes already.
    float: Option<usize>,
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
