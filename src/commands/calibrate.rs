//! `calibrate`: thresholds of early exits, chosen on data.

use super::answer::Answer;
use crate::error::Error;
use crate::files::whole_file;
use crate::load;
use crate::packet::ResultKind;
use crate::quantise::{QuantHead, Rule, quantise};
use crate::thresholds::{
    Curve, Destination, KeptOut, Observed, Point, ThresholdError, Want, Yardstick, with_rule,
};
use comfy_table::{CellAlignment, Table, presets};
use ndarray::{Array2, Axis};
use serde_json::{Value, json};
use std::fmt::Write;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Rows of the printed table, but for the chosen one.
const ROWS: usize = 16;

/// Choose the thresholds of a head's early exits.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Give frames that the head was not trained on, and not those that it is to be judged by. For a head of
`clashfree train`, --validation-of takes the samples that its training kept out. One of --loss,
--accuracy, --exit-rate and --bytes says what is wanted; without, at most 0.2 points are lost. What is
lost is lost against the same head without exits: its trunk, with the tail behind a split, answers all.

Bytes are those of packets with their headers; the image is a byte for each value of an input row.

Examples:
  clashfree calibrate HEAD --validation-of HEAD/recipe.toml
  clashfree calibrate HEAD --inputs valid.npz:x --labels valid.npz:y --exit-rate 0.9 -o calibrated
  clashfree calibrate HEAD --validation-of recipe.toml --loss 0.5 --rule softmax \\
      --test-inputs test.npz:x --test-labels test.npz:y --curve curve.csv --plot curve.svg
  clashfree calibrate HEAD --inputs x.npy --labels y.npy --frames 50000..60000 --json | jq .chosen")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// The frames to choose by.
    #[arg(
        long,
        value_name = "FILE",
        requires = "labels",
        required_unless_present = "validation_of"
    )]
    inputs: Option<String>,

    /// Their classes.
    #[arg(long, value_name = "FILE", requires = "inputs")]
    labels: Option<String>,

    /// Use the samples that the training by this recipe (or with this metrics.jsonl) kept out, of
    /// its own training files unless --inputs and --labels say where these are.
    #[arg(long, value_name = "RECIPE.toml", conflicts_with = "frames")]
    validation_of: Option<PathBuf>,

    /// Use frames A to B - 1 only, from 0.
    #[arg(long, value_name = "A..B", value_parser = range)]
    frames: Option<Range<usize>>,

    /// At most so many percentage points of accuracy lost (0.2 unless something else is wanted).
    #[arg(long, value_name = "POINTS", group = "want", value_parser = |s: &str| number(s, 0.0, 100.0))]
    loss: Option<f64>,

    /// At least this accuracy of all answers, in per cent.
    #[arg(long, value_name = "PERCENT", group = "want", value_parser = percent)]
    accuracy: Option<f64>,

    /// At least this share of frames exits, 0 to 1.
    #[arg(long, value_name = "SHARE", group = "want", value_parser = |s: &str| number(s, 0.0, 1.0))]
    exit_rate: Option<f64>,

    /// At most so many bytes a frame leave the edge in the mean.
    #[arg(long, value_name = "BYTES", group = "want", value_parser = |s: &str| number(s, 0.0, f64::MAX))]
    bytes: Option<f64>,

    /// Try another rule than the head's, at all exits.
    #[arg(long)]
    rule: Option<Rule>,

    /// What an answer's packet carries besides class and margin.
    #[arg(long, default_value = "class")]
    result: ResultKind,

    /// Frames to measure the chosen thresholds on; nothing is chosen by them.
    #[arg(long, value_name = "FILE", requires = "test_labels")]
    test_inputs: Option<String>,

    /// Their classes.
    #[arg(long, value_name = "FILE", requires = "test_inputs")]
    test_labels: Option<String>,

    /// Folder for the head with the chosen thresholds; only such a folder is replaced.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Write the trade-off as CSV.
    #[arg(long, value_name = "FILE.csv")]
    curve: Option<PathBuf>,

    /// Draw the trade-off as SVG.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,

    /// Add edges of weight 0 where degrees are not fixed; the head that is written needs --pad, too.
    #[arg(long)]
    pad: bool,
}

/// Labelled frames.
struct Data {
    codes: Array2<i32>,
    /// Values of a frame in its file.
    width: usize,
    labels: Vec<u32>,
}

/// The chosen thresholds on some frames, and what to compare them with.
struct Measured {
    point: Point,
    yardstick: Yardstick,
}

/// Chooses thresholds, measures them, and writes what is asked for.
///
/// # Errors
/// If the head has no exits, the data are wrong, the wish cannot be granted, or something cannot be
/// written.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let mut head = quantise(&load::head_with(&args.head, args.pad)?)?;
    if let Some(rule) = args.rule {
        head = with_rule(&head, rule);
    }
    let destination = args.output.as_deref().map(Destination::check).transpose()?;
    let data = args.data(&head)?;
    let observed = Observed::new(&head, data.codes.view(), &data.labels, args.result)?;
    let want = args.want();
    let (point, curve) = observed.choose(want)?;
    let yardstick = Yardstick::new(&observed, data.width, head.input_format.bits);
    let test = args.test(&head, &point)?;
    let chosen = Measured { point, yardstick };

    let mut answer = answer(&head, want, &chosen, &curve, test.as_ref(), observed.split());
    let write = |path: &Path, text: &str| {
        whole_file(path, |file| file.write_all(text.as_bytes()))
            .map_err(|source| ThresholdError::Write { path: path.to_owned(), source })
    };
    if let Some(path) = &args.curve {
        write(path, &curve.csv(&yardstick))?;
    }
    if let Some(path) = &args.plot {
        write(path, &curve.svg(&head.name, &chosen.point, &yardstick, observed.split()))?;
    }
    if let (Some(destination), Some(folder)) = (&destination, &args.output) {
        let exits = head.exits.iter().enumerate().map(|(e, exit)| {
            // An exit that ends the trunk keeps what it has.
            (exit.rule, chosen.point.thresholds.get(e).copied().unwrap_or(exit.threshold))
        });
        let record = json!({
            "wanted": answer.json["wanted"],
            "rules": answer.json["rules"],
            "frames": answer.json["frames"],
            "chosen": answer.json["chosen"],
            "test": answer.json["test"],
        });
        destination.write(&load::files(&args.head)?, &exits.collect::<Vec<_>>(), record)?;
        writeln!(answer.text, "written to {}", folder.display()).expect("a string takes all");
        answer.json["output"] = json!(folder);
    }
    Ok(answer)
}

impl Args {
    fn want(&self) -> Want {
        let loss = self.loss.map(Want::Loss);
        let or = loss.or(self.accuracy.map(Want::Accuracy));
        let or = or.or(self.exit_rate.map(Want::ExitRate)).or(self.bytes.map(Want::Bytes));
        or.unwrap_or(Want::Loss(0.2))
    }

    /// The frames to choose by.
    fn data(&self, head: &QuantHead) -> Result<Data, Error> {
        let kept_out = self.validation_of.as_deref().map(|path| KeptOut::read(path, head));
        let kept_out = kept_out.transpose()?;
        let given = self.inputs.clone().zip(self.labels.clone()).map(|(x, y)| [x, y]);
        let files = given.or_else(|| kept_out.as_ref().map(KeptOut::files));
        let [inputs, labels] = files.expect("the command line asks for one of them");
        let mut data = Data::read(head, &inputs, &labels)?;
        let frames = data.labels.len();
        if let Some(kept_out) = kept_out {
            data.select(&kept_out.samples(frames)?);
        }
        if let Some(Range { start, end }) = self.frames.clone() {
            if start >= end || end > frames {
                return Err(ThresholdError::Frames { from: start, to: end, frames }.into());
            }
            data.select(&(start..end).collect::<Vec<_>>());
        }
        Ok(data)
    }

    /// What the chosen thresholds do on frames that did not choose them.
    fn test(&self, head: &QuantHead, chosen: &Point) -> Result<Option<Measured>, Error> {
        let (Some(inputs), Some(labels)) = (&self.test_inputs, &self.test_labels) else {
            return Ok(None);
        };
        let data = Data::read(head, inputs, labels)?;
        let observed = Observed::new(head, data.codes.view(), &data.labels, self.result)?;
        Ok(Some(Measured {
            point: observed.measure(&chosen.thresholds),
            yardstick: Yardstick::new(&observed, data.width, head.input_format.bits),
        }))
    }
}

impl Data {
    fn read(head: &QuantHead, inputs: &str, labels: &str) -> Result<Self, Error> {
        let frames = load::inputs(inputs, head.inputs, head.input_format)?;
        let last = head.junctions.last().filter(|_| head.trunk_answers());
        let last = last.or_else(|| head.exits.last().map(|exit| exit.last()));
        let classes = last.expect("something answers").pattern.right();
        let labels = load::labels(labels, frames.len(), classes)?;
        Ok(Self { width: frames.width, codes: frames.codes, labels })
    }

    fn select(&mut self, frames: &[usize]) {
        self.codes = self.codes.select(Axis(0), frames);
        self.labels = frames.iter().map(|&frame| self.labels[frame]).collect();
    }
}

fn range(text: &str) -> Result<Range<usize>, String> {
    let wrong = || format!("{text:?} is not two numbers A..B");
    let (from, to) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str| text.parse().map_err(|_| wrong());
    Ok(number(from)?..number(to)?)
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(if most < f64::MAX {
        format!("must be {least} to {most}")
    } else {
        format!("must be {least} or above")
    })
}

fn percent(text: &str) -> Result<f64, String> {
    let value = number(text, 0.0, 100.0)?;
    if value > 1.0 {
        Ok(value)
    } else {
        Err(format!("is in per cent: {} for this share?", 100.0 * value))
    }
}

fn answer(
    head: &QuantHead,
    want: Want,
    chosen: &Measured,
    curve: &Curve,
    test: Option<&Measured>,
    split: bool,
) -> Answer {
    let Measured { point, yardstick } = chosen;
    let rules: Vec<Rule> = head.exits.iter().map(|exit| exit.rule).collect();
    let mut text = format!(
        "{}: {} frames, accuracy without exits {:.2} %\n",
        head.name,
        point.frames,
        100.0 * yardstick.accuracy
    );
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a string takes all");
    let Yardstick { image, codes, packed, .. } = yardstick;
    let what = if split { "uncompressed activations" } else { "an answer of the trunk" };
    put(format_args!(
        "bytes a frame: the image {image}, its codes packed {codes}, {what} {packed}\n\n{}\n\n",
        table(curve, chosen, split)
    ));
    put(format_args!("wanted: {want}\n"));
    for (e, threshold) in point.thresholds.iter().enumerate() {
        let (rule, after) = (rules[e], head.exits[e].after);
        put(format_args!("exit {e}, after junction {after}: {rule}, threshold {threshold}\n"));
    }
    put(format_args!("{}", summary("on these frames", chosen, split)));
    if let Some(test) = test {
        let what = format!("on {} test frames", test.point.frames);
        put(format_args!("{}", summary(&what, test, split)));
    }
    let wanted = match want {
        Want::Loss(v) => json!({ "loss": v }),
        Want::Accuracy(v) => json!({ "accuracy": v }),
        Want::ExitRate(v) => json!({ "exit_rate": v }),
        Want::Bytes(v) => json!({ "bytes": v }),
    };
    let json = json!({
        "name": head.name,
        "wanted": wanted,
        "rules": rules,
        "frames": point.frames,
        "accuracy_without_exits": yardstick.accuracy,
        "image_bytes": image,
        "input_code_bytes": codes,
        "packed_activation_bytes": packed,
        "chosen": yardstick.json(point),
        "curve": curve.points.iter().map(|point| yardstick.json(point)).collect::<Vec<_>>(),
        "test": test.map(of_test),
    });
    Answer { text, json, passed: true }
}

fn of_test(test: &Measured) -> Value {
    let mut json = test.yardstick.json(&test.point);
    json["frames"] = json!(test.point.frames);
    json["accuracy_without_exits"] = json!(test.yardstick.accuracy);
    json
}

/// Two lines on the chosen thresholds.
fn summary(what: &str, Measured { point, yardstick }: &Measured, split: bool) -> String {
    let right = point.exited().accuracy().map_or_else(String::new, |share| {
        format!(" ({:.2} % of these answers are right)", 100.0 * share)
    });
    let mut text = format!(
        "{what}: {:.2} % exit{right}; accuracy {:.2} %, {:.2} points lost against {:.2} %\n  ",
        100.0 * point.exit_rate(),
        100.0 * point.accuracy(),
        yardstick.lost(point),
        100.0 * yardstick.accuracy,
    );
    let bytes = point.mean_bytes();
    write!(
        text,
        "{bytes:.2} bytes a frame, {:.1} times fewer than the image",
        yardstick.image as f64 / bytes
    )
    .expect("a string takes all");
    if split {
        let packed = yardstick.packed as f64 / bytes;
        write!(text, ", {packed:.1} times fewer than uncompressed activations")
            .expect("a string takes all");
    }
    writeln!(text, "; {:.0} products a frame on the edge", point.mean_products())
        .expect("a string takes all");
    text
}

/// Some points of the curve, the chosen one marked.
fn table(curve: &Curve, Measured { point: chosen, yardstick }: &Measured, split: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let thresholds = (0..chosen.exits.len()).map(|e| match chosen.exits.len() {
        1 => "threshold".to_owned(),
        _ => format!("threshold {e}"),
    });
    let cost = if split { "image / bytes" } else { "products" };
    let rest = ["exit, %", "right of these, %", "accuracy, %", "lost", "bytes", cost];
    table.set_header(
        std::iter::once(String::new()).chain(thresholds).chain(rest.map(str::to_owned)),
    );
    let mut next = 0.0;
    for (at, point) in curve.points.iter().enumerate() {
        let last = at + 1 == curve.points.len();
        if point != chosen && point.exit_rate() < next && !last {
            continue;
        }
        if point != chosen {
            next = ((point.exit_rate() * ROWS as f64).floor() + 1.0) / ROWS as f64;
        }
        let mut cells = vec![if point == chosen { "*" } else { "" }.to_owned()];
        cells.extend(point.thresholds.iter().map(i64::to_string));
        let percent = |share: f64| format!("{:.2}", 100.0 * share);
        let cost = if split {
            format!("{:.1}", yardstick.image as f64 / point.mean_bytes())
        } else {
            format!("{:.0}", point.mean_products())
        };
        cells.extend([
            percent(point.exit_rate()),
            point.exited().accuracy().map_or_else(|| "-".to_owned(), percent),
            percent(point.accuracy()),
            format!("{:.2}", yardstick.lost(point)),
            format!("{:.2}", point.mean_bytes()),
            cost,
        ]);
        table.add_row(cells);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}
