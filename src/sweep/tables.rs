//! Figures as Markdown and CSV.

use super::figures::{Cost, Figures, Line, Statistics, cheapest};
use super::file::{Row, Sweep};
use std::fmt::Write;

/// What is shown where there is nothing.
const NONE: &str = "–";

/// A column of a group's table: its heading, and its text in a line.
type Column = (&'static str, fn(&Line<'_>) -> Option<String>);

/// All columns; one that has nothing to say in any line of a group is left out of its table.
const COLUMNS: [Column; 13] = [
    ("run", |l| Some(l.row.name.clone())),
    ("varied", |l| (!l.row.varied.is_empty()).then(|| varied(l.row))),
    ("layers", |l| Some(joined(layers(l.row), "-"))),
    ("out-degrees", |l| Some(joined(out_degrees(l.row), ", "))),
    ("paper %", |l| l.row.paper_accuracy.map(|accuracy| format!("{accuracy:.2}"))),
    ("float %", |l| l.figures.float.map(spread)),
    ("hardware %", |l| l.figures.hardware.map(spread)),
    ("seeds", |l| Some(seeds(&l.figures))),
    ("parameters", |l| l.figures.parameters.map(|n| n.to_string())),
    ("weight bits", |l| l.figures.weight_bits.map(|n| n.to_string())),
    ("bit products", |l| l.figures.bit_products.map(|n| n.to_string())),
    ("cycles", |l| l.figures.cycles.map(|n| n.to_string())),
    ("multipliers", |l| l.figures.multipliers.map(|n| n.to_string())),
];

/// Columns of words; the others are numbers, and stand to the right.
const WORDS: [&str; 4] = ["run", "varied", "layers", "out-degrees"];

/// `results.md`: a table for each group, in the order in which groups first appear, and one of the
/// cheapest rows for each target.
pub fn markdown(sweep: &Sweep, lines: &[Line<'_>]) -> String {
    let mut text = format!("# {}\n\n", sweep.title);
    text += "Accuracies are those of the test set in per cent: mean ± sample standard deviation over \
             seeds; *float* with unrounded weights and activations, *hardware* in the arithmetic of the \
             emitted hardware. *Weight bits* are edges × bits of a weight, *bit products* edges × bits \
             of a weight × bits of an incoming activation, added over junctions. *Multipliers* are the \
             lanes of all junctions.\n";
    for group in groups(lines) {
        if let Some(name) = group {
            write!(text, "\n## {name}\n").expect("a string takes all");
        }
        let own: Vec<&Line<'_>> = lines.iter().filter(|l| l.row.group.as_ref() == group).collect();
        text.push('\n');
        text += &group_table(&own);
    }
    if !sweep.targets.is_empty() {
        text += "\n## Targets\n\nFor each accuracy, in the hardware's arithmetic, the run with the \
                 fewest weight bits and the one with the fewest bit products whose mean reaches it.\n\n";
        text += &targets(sweep, lines);
    }
    text
}

/// Groups in the order in which they first appear.
pub(super) fn groups<'a>(lines: &[Line<'a>]) -> Vec<Option<&'a String>> {
    let mut groups = Vec::new();
    for line in lines {
        let group = line.row.group.as_ref();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

fn group_table(lines: &[&Line<'_>]) -> String {
    let said = |(_, text): &&Column| lines.iter().any(|line| text(line).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(said).collect();
    let rows = lines.iter().map(|line| {
        columns.iter().map(|(_, text)| text(line).unwrap_or_else(|| NONE.to_owned())).collect()
    });
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
    table(&headings, rows)
}

fn targets(sweep: &Sweep, lines: &[Line<'_>]) -> String {
    let figures: Vec<&Figures> = lines.iter().map(|line| &line.figures).collect();
    let rows = sweep.targets.iter().flat_map(|&target| {
        let figures = &figures;
        [(Cost::WeightBits, "weight bits"), (Cost::BitProducts, "bit products")].map(
            |(cost, name)| {
                let mut row = vec![format!("{target:.2}"), name.to_owned()];
                match cheapest(figures, target, cost).map(|at| &lines[at]) {
                    None => row.extend([NONE, NONE, NONE, NONE].map(str::to_owned)),
                    Some(line) => {
                        let f = &line.figures;
                        let text =
                            |n: Option<u64>| n.map_or_else(|| NONE.to_owned(), |n| n.to_string());
                        let settings = varied(line.row);
                        let comma = if settings.is_empty() { "" } else { ", " };
                        row.push(format!("{}{comma}{settings}", line.row.name));
                        row.push(f.hardware.map_or_else(|| NONE.to_owned(), spread));
                        row.extend([text(f.weight_bits), text(f.bit_products)]);
                    }
                }
                row
            },
        )
    });
    let headings = ["target %", "fewest", "run", "hardware %", "weight bits", "bit products"];
    table(&headings, rows)
}

fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = |heading: &&str| if is_word(heading) { "---" } else { "---:" }.to_owned();
    let mut text = line(headings.iter().map(|h| (*h).to_owned()).collect());
    text += &line(headings.iter().map(rule).collect());
    for row in rows {
        text += &line(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
    }
    text
}

fn is_word(heading: &str) -> bool {
    WORDS.contains(&heading) || heading == "fewest"
}

/// `results.csv`: a line for each row, whatever its group; accuracies in per cent.
pub fn csv(lines: &[Line<'_>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put = |row: Vec<String>| writer.write_record(&row).expect("memory takes all");
    let headings = "run group varied layers out_degrees paper_accuracy float_mean float_deviation \
                    hardware_mean hardware_deviation finished planned parameters weight_bits \
                    bit_products cycles multipliers";
    put(headings.split_whitespace().map(str::to_owned).collect());
    for Line { row, figures: f } in lines {
        let accuracy = |s: Option<Statistics>| {
            [or_empty(s.map(|s| s.mean)), or_empty(s.and_then(|s| s.deviation))]
        };
        let [float, float_deviation] = accuracy(f.float);
        let [hardware, hardware_deviation] = accuracy(f.hardware);
        put(vec![
            row.name.clone(),
            row.group.clone().unwrap_or_default(),
            varied(row),
            joined(layers(row), "-"),
            joined(out_degrees(row), "-"),
            or_empty(row.paper_accuracy),
            float,
            float_deviation,
            hardware,
            hardware_deviation,
            f.finished.to_string(),
            f.planned.to_string(),
            or_empty(f.parameters),
            or_empty(f.weight_bits),
            or_empty(f.bit_products),
            or_empty(f.cycles),
            or_empty(f.multipliers),
        ]);
    }
    let bytes = writer.into_inner().expect("memory takes all");
    String::from_utf8(bytes).expect("made of strings")
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// `key = value, key = value`.
fn varied(row: &Row) -> String {
    let settings: Vec<String> =
        row.varied.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    settings.join(", ")
}

/// Neurons of a row's layers; its trainings differ in nothing but the seed.
fn layers(row: &Row) -> &[usize] {
    row.trainings.first().map_or(&[], |training| &training.recipe.neurons)
}

fn out_degrees(row: &Row) -> &[usize] {
    row.trainings.first().map_or(&[], |training| &training.recipe.out_degrees)
}

fn joined(values: &[usize], between: &str) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// `95.30 ± 0.08`.
fn spread(statistics: Statistics) -> String {
    let Statistics { mean, deviation } = statistics;
    deviation
        .map_or_else(|| format!("{mean:.2}"), |deviation| format!("{mean:.2} ± {deviation:.2}"))
}

fn seeds(figures: &Figures) -> String {
    let Figures { planned, finished, .. } = figures;
    if figures.complete() { planned.to_string() } else { format!("{finished} of {planned}") }
}
