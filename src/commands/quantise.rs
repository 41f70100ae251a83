//! `quantise`: formats for a head in floats, chosen on data.

use super::answer::Answer;
use crate::calibrate::{
    CalibrateError, Calibration, Destination, Formats, Score, Widths, float_format, pixel_format,
};
use crate::error::Error;
use crate::load::{self, Content, Frames, Head};
use crate::quantise::{Format, MAX_BITS, quantise};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// Widths of the weights in the table.
const WEIGHT_BITS: std::ops::RangeInclusive<u32> = 2..=8;

/// Widths of the activations in the table, and of pixels.
const CODE_BITS: std::ops::RangeInclusive<u32> = 1..=8;

/// Choose the formats of a head in floats by what data do in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The head's own formats are replaced; only the input format counts, until --input-bits is given. Each
scale is the power of two with the least squared error: over a junction's weights, and over a layer's
activations when the head runs in floats on the frames. Give frames of the training set, not those
that the head is to be judged by: formats are fitted to them, and so is what you pick from the table.

Without the bits of weights and activations a table of all widths is printed, in the arithmetic of
the hardware: the accuracy where there are labels, else the share of frames whose class is not that
of the head in floats.

Examples:
  clashfree quantise HEAD --inputs train.npy --labels classes.npy
  clashfree quantise HEAD --inputs train.npy --weight-bits 6 --activation-bits 6 -o quantised
  clashfree quantise HEAD --inputs x.npz:x --labels x.npz:y --weight-bits 6,4,6 --activation-bits 5 \\
      --refine -o quantised")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// The frames to calibrate on.
    #[arg(long, value_name = "FILE")]
    inputs: String,

    /// Their classes.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,

    /// Folder for the head with its new formats; only such a folder is replaced.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Bits of the weights, one number for all junctions or one for each.
    #[arg(long, value_name = "BITS,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(2..=i64::from(MAX_BITS)))]
    weight_bits: Vec<u32>,

    /// Bits of the hidden activations, one number for all layers or one for each.
    #[arg(long, value_name = "BITS,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BITS)))]
    activation_bits: Vec<u32>,

    /// Bits of the input; without it the head's own input format stays.
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BITS)))]
    input_bits: Option<u32>,

    /// Use the first N frames only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Print the table even if all bits are given.
    #[arg(long)]
    table: bool,

    /// Try each scale one place up and down, and keep what classifies more frames right; with
    /// --labels.
    #[arg(long, requires = "labels")]
    refine: bool,

    /// Add edges of weight 0 where degrees are not fixed; the head that is written needs --pad, too.
    #[arg(long)]
    pad: bool,
}

/// What everything is measured with.
struct Bench<'a> {
    head: &'a Head,
    calibration: Calibration,
    labels: Option<Vec<u32>>,
}

/// A measured combination of widths.
struct Cell {
    formats: Formats,
    widths: Widths,
    score: Score,
}

/// What there is to say.
#[derive(Default)]
struct Report {
    /// Weights by activations, row by row.
    table: Vec<Vec<Cell>>,
    /// Some widths by the bits of pixels, row by row.
    by_input: Vec<Vec<Cell>>,
    chosen: Option<Cell>,
}

/// Chooses formats, measures them, and writes the head where asked to.
///
/// # Errors
/// If the head, the inputs or the labels are wrong, or the folder cannot be written.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let head = load::head_with(&args.head, args.pad)?;
    let junctions = head.trunk.len();
    let weights = spread("--weight-bits", &args.weight_bits, junctions, "junctions")?;
    let hidden = "hidden layers";
    let activations = spread("--activation-bits", &args.activation_bits, junctions - 1, hidden)?;
    let activations = if junctions == 1 { Some(Vec::new()) } else { activations };
    let chosen = match (&weights, &activations) {
        (Some(w), Some(a)) => Some(Widths { weights: w.clone(), activations: a.clone() }),
        _ => None,
    };
    if let Some(with) = args.needs_bits().filter(|_| chosen.is_none()) {
        let option = if weights.is_none() { "--weight-bits" } else { "--activation-bits" };
        let help = "without `-o` and `--refine` a table is printed, to choose the bits from";
        return Err(CalibrateError::Missing { option, with, help }.into());
    }
    let destination = args.output.as_deref().map(Destination::check).transpose()?;

    let own = load::inputs(&args.inputs, head.inputs, head.input_format)?;
    let count = args.frames.map_or(own.len(), |n| own.len().min(n as usize));
    let classes = head.trunk[junctions - 1].pattern.right();
    let labels = args.labels.as_ref().map(|spec| load::labels(spec, own.len(), classes));
    let labels = labels.transpose()?.map(|mut labels| {
        labels.truncate(count);
        labels
    });
    let input = args.input_format(&head, &own, count)?;
    let calibration = Calibration::new(&head, &own, count)?;
    let content = own.content();
    let frames = if input == head.input_format { own } else { args.read(&head, input)? };
    let bench = Bench { head: &head, calibration, labels };

    let mut report = Report::default();
    if chosen.is_none() || args.table {
        let rows = choices(weights.as_ref(), junctions, WEIGHT_BITS);
        let columns = choices(activations.as_ref(), junctions - 1, CODE_BITS);
        for weights in &rows {
            let cell = |activations: &Vec<u32>| {
                let widths = Widths { weights: weights.clone(), activations: activations.clone() };
                bench.cell(input, &widths, &frames)
            };
            report.table.push(columns.iter().map(cell).collect::<Result<_, _>>()?);
        }
        if content == Content::Pixels && args.input_bits.is_none() {
            let all = |bits| Widths {
                weights: weights.clone().unwrap_or_else(|| vec![bits; junctions]),
                activations: activations.clone().unwrap_or_else(|| vec![bits; junctions - 1]),
            };
            let rows = chosen.clone().map_or_else(|| [8, 6, 4].map(all).to_vec(), |w| vec![w]);
            report.by_input = rows.iter().map(|_| Vec::new()).collect();
            for bits in CODE_BITS {
                let format = pixel_format(head.input_format, bits);
                let frames = args.read(&head, format)?;
                for (row, widths) in report.by_input.iter_mut().zip(&rows) {
                    row.push(bench.cell(format, widths, &frames)?);
                }
            }
        }
    }
    if let Some(widths) = chosen {
        let mut cell = bench.cell(input, &widths, &frames)?;
        if let (true, Some(labels)) = (args.refine, &bench.labels) {
            let codes = bench.codes(&frames);
            cell.formats = bench.calibration.refine(&head, cell.formats, codes, labels)?;
            cell.score = bench.score(&cell.formats, &frames)?;
        }
        report.chosen = Some(cell);
    }
    let mut answer = answer(&bench, input, &report)?;
    if let (Some(destination), Some(cell)) = (&destination, &report.chosen) {
        let record = json!({
            "frames": count,
            "refined": args.refine,
            "formats": cell.formats,
            "measured": bench.json(cell),
        });
        destination.write(&load::files(&args.head)?, &cell.formats, record)?;
        let folder = args.output.as_ref().expect("it was checked").display();
        writeln!(answer.text, "written to {folder}").expect("a string takes all");
        answer.json["output"] = json!(args.output);
    }
    Ok(answer)
}

impl Args {
    /// The option that can do nothing without all bits.
    fn needs_bits(&self) -> Option<&'static str> {
        if self.output.is_some() { Some("-o") } else { self.refine.then_some("--refine") }
    }

    /// The input format: the head's, or the best of as many bits as asked for.
    fn input_format(
        &self,
        head: &Head,
        frames: &Frames,
        count: usize,
    ) -> Result<Format, CalibrateError> {
        let own = head.input_format;
        let Some(bits) = self.input_bits else { return Ok(own) };
        match frames.content() {
            Content::Codes if bits == own.bits => Ok(own),
            Content::Codes => {
                let spec = self.inputs.clone();
                Err(CalibrateError::InputCodes { spec, bits, own: own.bits })
            }
            Content::Pixels => {
                let format = pixel_format(own, bits);
                if format.frac > load::MAX_FRAC || format.frac < -load::MAX_FRAC {
                    return Err(CalibrateError::Scale { frac: format.frac, bits });
                }
                Ok(format)
            }
            Content::Floats => Ok(float_format(own, frames, count, bits)),
        }
    }

    /// The frames in another format.
    fn read(&self, head: &Head, format: Format) -> Result<Frames, Error> {
        Ok(load::inputs(&self.inputs, head.inputs, format)?)
    }
}

/// One value for each of `n`, of one for all or a list; nothing where nothing is given.
fn spread(
    option: &'static str,
    given: &[u32],
    wanted: usize,
    what: &'static str,
) -> Result<Option<Vec<u32>>, CalibrateError> {
    match given {
        [] => Ok(None),
        [one] => Ok(Some(vec![*one; wanted])),
        list if list.len() == wanted => Ok(Some(list.to_vec())),
        list => Err(CalibrateError::Length { option, given: list.len(), wanted, what }),
    }
}

/// Rows or columns of the table: what is given, or the same width everywhere.
fn choices(
    given: Option<&Vec<u32>>,
    n: usize,
    all: std::ops::RangeInclusive<u32>,
) -> Vec<Vec<u32>> {
    given.map_or_else(|| all.map(|bits| vec![bits; n]).collect(), |list| vec![list.clone()])
}

impl Bench<'_> {
    fn codes<'a>(&self, frames: &'a Frames) -> ndarray::ArrayView2<'a, i32> {
        frames.codes.slice(ndarray::s![..self.calibration.frames(), ..])
    }

    fn score(&self, formats: &Formats, frames: &Frames) -> Result<Score, Error> {
        let labels = self.labels.as_deref();
        Ok(self.calibration.score(self.head, formats, self.codes(frames), labels)?)
    }

    fn cell(&self, input: Format, widths: &Widths, frames: &Frames) -> Result<Cell, Error> {
        let formats = self.calibration.formats(input, widths);
        let score = self.score(&formats, frames)?;
        Ok(Cell { formats, widths: widths.clone(), score })
    }

    fn share(&self, n: usize) -> f64 {
        n as f64 / self.calibration.frames() as f64
    }

    /// What the tables show: the accuracy, or without labels how many classes changed.
    fn measure(&self, score: &Score) -> String {
        format!("{:.2}", 100.0 * self.share(score.right.unwrap_or(score.changed)))
    }

    fn json(&self, cell: &Cell) -> Value {
        json!({
            "input_bits": cell.formats.input.bits,
            "weight_bits": cell.widths.weights,
            "activation_bits": cell.widths.activations,
            "accuracy": cell.score.right.map(|n| self.share(n)),
            "changed_share": self.share(cell.score.changed),
            "logit_error": cell.score.error,
        })
    }
}

fn answer(bench: &Bench<'_>, input: Format, report: &Report) -> Result<Answer, Error> {
    let calibration = &bench.calibration;
    let float = bench.labels.as_ref().map(|labels| calibration.right(labels));
    let mut text = format!("{}: {} frames", bench.head.name, calibration.frames());
    let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a string takes all");
    if let Some(right) = float {
        put(format_args!(", accuracy in floats {:.2} %", 100.0 * bench.share(right)));
    }
    put(format_args!("\n"));
    for layer in calibration.dead() {
        put(format_args!(
            "note: hidden layer {layer} is 0 in all frames; its scale is arbitrary\n"
        ));
    }
    let what = match float {
        Some(_) => "accuracy in hardware arithmetic, %",
        None => "frames of another class than in floats, % (no labels were given)",
    };
    if let [first, ..] = report.table.as_slice() {
        let columns = first.iter().map(|cell| list(&cell.widths.activations)).collect();
        let name = |cell: &Cell| list(&cell.widths.weights);
        let table = table(bench, &report.table, "weights \\ activations", columns, name);
        put(format_args!("\n{what}, by bits; input {input}\n{table}\n"));
    }
    if let [first, ..] = report.by_input.as_slice() {
        let columns = first.iter().map(|cell| cell.formats.input.bits.to_string()).collect();
        let name =
            |c: &Cell| format!("{} / {}", list(&c.widths.weights), list(&c.widths.activations));
        let table = table(bench, &report.by_input, "weights / activations \\ input", columns, name);
        put(format_args!("\n{what}, by bits of the pixels\n{table}\n"));
    }
    let mut json = json!({
        "name": bench.head.name,
        "frames": calibration.frames(),
        "float_accuracy": float.map(|n| bench.share(n)),
        "table": cells(bench, &report.table),
        "by_input_bits": cells(bench, &report.by_input),
        "dead_layers": calibration.dead(),
    });
    if let Some(cell) = &report.chosen {
        let quant = quantise(&cell.formats.of(bench.head))?;
        put(format_args!("\ninput {}\n", cell.formats.input));
        for (i, j) in quant.junctions.iter().enumerate() {
            let clamped = 100.0 * j.saturated.weights as f64 / j.pattern.edges() as f64;
            let out = j.output_format.map_or_else(|| "logits".to_owned(), |f| f.to_string());
            let weights = j.weight_format;
            put(format_args!(
                "junction {i}: weights {weights}, {clamped:.2} % clamped; out {out}\n"
            ));
        }
        if let Some(right) = cell.score.right {
            let share = 100.0 * bench.share(right);
            put(format_args!("accuracy in hardware arithmetic {share:.2} %\n"));
        }
        let (changed, error) = (bench.share(cell.score.changed), cell.score.error);
        put(format_args!(
            "frames of another class than in floats {:.2} %, logits off by {:.2} % (RMS)\n",
            100.0 * changed,
            100.0 * error
        ));
        json["chosen"] = bench.json(cell);
        json["chosen"]["formats"] = json!(cell.formats);
    }
    Ok(Answer { text, json, passed: true })
}

/// A width where all are the same, else all.
fn list(bits: &[u32]) -> String {
    match bits {
        [] => "-".to_owned(),
        [first, rest @ ..] if rest.iter().all(|b| b == first) => first.to_string(),
        _ => bits.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
    }
}

fn table(
    bench: &Bench<'_>,
    rows: &[Vec<Cell>],
    corner: &str,
    columns: Vec<String>,
    name: impl Fn(&Cell) -> String,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(std::iter::once(corner.to_owned()).chain(columns));
    for row in rows {
        let cells = row.iter().map(|cell| bench.measure(&cell.score));
        table.add_row(row.first().map(&name).into_iter().chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn cells(bench: &Bench<'_>, rows: &[Vec<Cell>]) -> Vec<Value> {
    rows.iter().flatten().map(|cell| bench.json(cell)).collect()
}
