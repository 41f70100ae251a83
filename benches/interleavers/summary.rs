//! What was recorded, and whether the aims hold over all of it.

use super::heads::{Kind, Row};
use super::table::{Compared, Line, Pair};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write as _};
use std::path::Path;

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Record {
    row: Row,
    budget: usize,
    line: Line,
}

/// Adds a design to a file.
pub fn append(file: &Path, row: &Row, budget: usize, line: &Line) {
    let record = Record { row: row.clone(), budget, line: line.clone() };
    let record = serde_json::to_string(&record).expect("a record is JSON");
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let written = opened.and_then(|mut to| writeln!(to, "{record}"));
    written.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
}

/// All rows and budgets of a file, in the order of the paper; none where there is no file. A later
/// line for the same design replaces an earlier one.
pub fn read(file: &Path) -> Vec<Pair> {
    let records = match File::open(file) {
        Ok(opened) => BufReader::new(opened).lines().map(|line| {
            let line = line.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
        }),
        Err(e) if e.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(e) => panic!("{}: {e}", file.display()),
    };
    let mut pairs = BTreeMap::new();
    for Record { row, budget, line } in records {
        let place = Row::ALL.iter().position(|of_paper| *of_paper == row);
        let pair = pairs.entry((place, budget));
        let pair = pair.or_insert_with(|| Pair { row, budget, lines: Vec::new() });
        pair.lines.retain(|old| (old.junction, &old.name) != (line.junction, &line.name));
        pair.lines.push(line);
    }
    pairs.into_values().collect()
}

/// Prints all tables.
pub fn print(pairs: &[Pair]) {
    println!("# What interleavers cost: the figures\n");
    println!(
        "Printed by `cargo bench --bench interleavers -- --summary FILE`, not written by hand; \
         [what they mean](interleaver-table.md).\n"
    );
    println!("## How often the aims hold\n");
    counts(pairs);
    println!("### At most half of (b)'s LUTs, by budget\n");
    by_budget(pairs);
    println!("## Bits an edge that a random pattern holds\n");
    holds();
    println!("## Kinds and index bits an edge\n");
    index_bits(pairs);
    println!("## Area\n");
    pairs.iter().filter(|pair| pair.lines.iter().any(|l| l.area.is_ok())).for_each(Pair::print);
}

/// How many designs of a kind of pattern reach what.
fn counts(pairs: &[Pair]) {
    println!(
        "| pattern | junction | designs | no index bits | at most half of (a)'s bits \
         | bits over what the pattern holds, least | median | with areas | at most half of (b)'s \
         LUTs | either, of those |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let all: Vec<Compared> = pairs.iter().flat_map(Pair::compared).collect();
    for kind in Kind::ALL {
        for junction in 0..junctions(pairs) {
            let ours: Vec<&Compared> = all
                .iter()
                .filter(|c| c.line.junction == junction && c.line.name == kind.name())
                .collect();
            let count = |holds: &dyn Fn(&Compared) -> bool| {
                ours.iter().filter(|compared| holds(compared)).count()
            };
            let mut excess: Vec<f64> = ours
                .iter()
                .filter_map(|c| Some(c.bits / c.holds.filter(|bits| *bits > 0.0)?))
                .collect();
            excess.sort_by(f64::total_cmp);
            let over = |halves: usize| {
                let at = excess.get(halves * excess.len() / 2);
                at.map_or(String::new(), |times| format!("{times:.1}"))
            };
            let half = |share: Option<f64>| share.is_some_and(|share| share <= 0.5);
            println!(
                "| {} | {junction} | {} | {} | {} | {} | {} | {} | {} | {} |",
                kind.name(),
                ours.len(),
                count(&|c| c.line.index_bits == 0),
                count(&|c| half(c.of_bits)),
                over(0),
                over(1),
                count(&|c| c.of_luts.is_some()),
                count(&|c| half(c.of_luts)),
                count(&|c| c.of_luts.is_some() && (half(c.of_bits) || half(c.of_luts))),
            );
        }
    }
    println!();
}

/// How many designs have at most half of the crossbar's LUTs, of those with areas.
fn by_budget(pairs: &[Pair]) {
    let budgets: BTreeSet<usize> = pairs.iter().map(|pair| pair.budget).collect();
    let names: Vec<_> = budgets.iter().map(|cycles| format!("{cycles} cycles")).collect();
    println!("| pattern | junction | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    for kind in Kind::ALL {
        for junction in 0..junctions(pairs) {
            let each = budgets.iter().map(|budget| {
                let lines = pairs.iter().filter(|pair| pair.budget == *budget);
                let shares: Vec<f64> = lines
                    .flat_map(Pair::compared)
                    .filter(|c| c.line.junction == junction && c.line.name == kind.name())
                    .filter_map(|c| c.of_luts)
                    .collect();
                let half = shares.iter().filter(|share| **share <= 0.5).count();
                format!("{half} of {}", shares.len())
            });
            let each: Vec<_> = each.collect();
            println!("| {} | {junction} | {} |", kind.name(), each.join(" | "));
        }
    }
    println!();
}

fn junctions(pairs: &[Pair]) -> usize {
    pairs.iter().map(|pair| pair.row.junctions()).max().unwrap_or(0)
}

/// Bits an edge of random patterns.
fn holds() {
    println!(
        "| out-degrees | junction | half of (a) | holds, in the head's order | right neurons in any order \
         | both in any order |"
    );
    println!("|---|---|---|---|---|---|");
    for row in &Row::ALL {
        for junction in 0..row.junctions() {
            let holds = row.holds(junction);
            let an_edge = |bits: f64| bits / holds.edges as f64;
            if holds.in_order == 0.0 {
                continue; // fully connected
            }
            println!(
                "| {} | {junction} | {:.1} | {:.2} | {:.2} | {:.2} |",
                row.name(),
                f64::from(row.index(junction)) / 2.0,
                an_edge(holds.in_order),
                an_edge(holds.any_right),
                an_edge(holds.any),
            );
        }
    }
    println!();
}

/// Kinds and index bits an edge.
fn index_bits(pairs: &[Pair]) {
    let names = Kind::ALL.map(Kind::name);
    println!("| out-degrees | cycles | junction | (a) | {} |", names.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(names.len()));
    for pair in pairs {
        let lines = pair.compared();
        for junction in 0..pair.row.junctions() {
            let each = names.map(|name| {
                let found =
                    lines.iter().find(|c| c.line.junction == junction && c.line.name == name);
                found.map_or("none".to_owned(), |c| {
                    let kind = c.line.interleaver.split(',').next().unwrap_or_default();
                    format!("{kind} {:.2}", c.bits)
                })
            });
            println!(
                "| {} | {} | {junction} | {} | {} |",
                pair.row.name(),
                pair.budget,
                pair.row.index(junction),
                each.join(" | ")
            );
        }
    }
    println!();
}
