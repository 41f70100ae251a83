//! Lines as Markdown, CSV and a picture.

use super::compare::{Line, Policy};
use super::file::Comparison;
use crate::report::{self, Curve, Point};
use std::fmt::Write;

/// What is shown where there is nothing.
const NONE: &str = "–";

/// A column: its heading, and its text in a line.
type Column = (&'static str, fn(&Line) -> String);

/// The columns of every table; the first two are words.
const COLUMNS: [Column; 12] = [
    ("network", |l| l.network.clone()),
    ("policy", |l| l.policy.name().to_owned()),
    ("accuracy %", |l| percent(l.traffic.accuracy)),
    ("in one place %", |l| percent(l.accuracy_in_one_place)),
    ("answered at the edge %", |l| percent(l.traffic.answered)),
    ("bytes a frame", |l| format!("{:.2}", l.traffic.bytes_per_frame)),
    ("image / bytes", |l| format!("{:.1}", l.image_bytes as f64 / l.traffic.bytes_per_frame)),
    ("edge multiplications", |l| l.multiplications.to_string()),
    ("edge weight bits", |l| l.weight_bits.to_string()),
    ("cycles", |l| or_none(l.hardware.map(|h| h.initiation_interval))),
    ("latency", |l| or_none(l.hardware.map(|h| h.latency))),
    ("of an exit", |l| or_none(l.hardware.and_then(|h| h.exit_latency))),
];

/// Columns of words.
const WORDS: usize = 2;

/// `policies.md`: the networks, then a table for each group and place.
pub fn markdown(comparison: &Comparison, lines: &[Line]) -> String {
    let mut text = format!("# {}\n\n", comparison.title);
    writeln!(
        text,
        "Accuracies and bytes are those of the test set, in the arithmetic of the emitted hardware; \
         *in one place* is the accuracy of the same trunk without split or exit. *Bytes a frame* are \
         the mean of packets with their headers, activations packed as the hardware packs them; the \
         image counts a byte for each pixel and no header. *Edge multiplications* are those of a \
         frame: edges of the junctions on the edge, the branch included. *Cycles* are those from a \
         frame to the next of an edge compiled for {} cycles, *latency* those from a frame's last \
         beat in to the first beat of its packet, *of an exit* of the answer where only some frames \
         are answered. Thresholds were chosen on the validation split, to lose at most {} points \
         there.",
        comparison.cycles, comparison.loss
    )
    .expect("a string takes all");
    let sections = sections(lines);
    for (group, after) in &sections {
        let own: Vec<&Line> =
            lines.iter().filter(|l| l.group.as_deref() == *group && l.after == *after).collect();
        let group = group.map_or_else(String::new, |group| format!("{group}: "));
        write!(text, "\n## {group}split after junction {after}\n\n").expect("a string takes all");
        for line in own.iter().filter(|line| line.policy == Policy::Remote) {
            let threshold = own.iter().filter(|l| l.network == line.network);
            let threshold = threshold.filter_map(|l| l.threshold).next();
            writeln!(
                text,
                "- {}: {}, out-degrees {}, {} parameters, threshold {}",
                line.network,
                joined(&line.neurons, "-"),
                joined(&line.out_degrees, ", "),
                line.parameters,
                or_none(threshold)
            )
            .expect("a string takes all");
        }
        text.push('\n');
        text += &table(&own);
    }
    text
}

/// Groups and places, in the order in which groups first appear; a group's places ascend.
fn sections(lines: &[Line]) -> Vec<(Option<&str>, usize)> {
    let mut groups = Vec::new();
    for line in lines {
        if !groups.contains(&line.group.as_deref()) {
            groups.push(line.group.as_deref());
        }
    }
    let places = |group: Option<&str>| {
        let own = lines.iter().filter(|line| line.group.as_deref() == group);
        let mut places: Vec<usize> = own.map(|line| line.after).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    groups.into_iter().flat_map(|g| places(g).into_iter().map(move |after| (g, after))).collect()
}

fn table(lines: &[&Line]) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = row(COLUMNS.iter().map(|(heading, _)| (*heading).to_owned()).collect());
    let rule = |at: usize| if at < WORDS { "---" } else { "---:" }.to_owned();
    text += &row((0..COLUMNS.len()).map(rule).collect());
    for line in lines {
        text += &row(COLUMNS.iter().map(|(_, cell)| cell(line).replace('|', "\\|")).collect());
    }
    text
}

/// `policies.csv`: a line each, accuracies and shares in parts of 1.
///
/// # Panics
/// Never: it is written to memory.
pub fn csv(lines: &[Line]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut put =
        |cells: Vec<String>| writer.write_record(cells).expect("memory takes lines of one length");
    let headings = "network group layers out_degrees parameters after policy accuracy \
                    accuracy_in_one_place answered bytes_per_frame image_bytes multiplications \
                    weight_bits initiation_interval latency exit_latency threshold";
    put(headings.split_whitespace().map(str::to_owned).collect());
    for line in lines {
        let policy = serde_json::to_value(line.policy).ok();
        put(vec![
            line.network.clone(),
            line.group.clone().unwrap_or_default(),
            joined(&line.neurons, "-"),
            joined(&line.out_degrees, "-"),
            line.parameters.to_string(),
            line.after.to_string(),
            policy.as_ref().and_then(|p| p.as_str()).unwrap_or_default().to_owned(),
            line.traffic.accuracy.to_string(),
            line.accuracy_in_one_place.to_string(),
            line.traffic.answered.to_string(),
            line.traffic.bytes_per_frame.to_string(),
            line.image_bytes.to_string(),
            line.multiplications.to_string(),
            line.weight_bits.to_string(),
            or_empty(line.hardware.map(|h| h.initiation_interval)),
            or_empty(line.hardware.map(|h| h.latency)),
            or_empty(line.hardware.and_then(|h| h.exit_latency)),
            or_empty(line.threshold),
        ]);
    }
    let bytes = writer.into_inner().expect("memory takes all");
    String::from_utf8(bytes).expect("made of strings")
}

/// `policies.svg`: accuracy against bytes a frame, a colour for each network and place; from left to
/// right all at the edge, split with exit, split, all remote.
pub fn picture(comparison: &Comparison, lines: &[Line]) -> String {
    let same = |a: &Line, b: &Line| a.network == b.network && a.after == b.after;
    let curve = |own: &[Line]| {
        let dot = |l: &Line| Point {
            x: l.traffic.bytes_per_frame,
            y: 100.0 * l.traffic.accuracy,
            spread: 0.0,
            reference: None,
        };
        let mut points: Vec<Point> = own.iter().map(dot).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let name = format!("{} @{}", own[0].network, own[0].after);
        Curve { name, points, connected: true }
    };
    let curves: Vec<Curve> = lines.chunk_by(same).map(curve).collect();
    let title = format!("{}: accuracy against bytes a frame", comparison.title);
    report::scatter(&curves, &[], "bytes a frame that leave the edge, headers included", &title)
}

fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| value.to_string())
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn joined(values: &[usize], between: &str) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
