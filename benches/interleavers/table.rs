//! What was measured, and its table.

use super::baseline::{CROSSBAR, SPARSE_ROWS};
use super::heads::{Kind, Row};
use super::synthesis::Area;
use serde::{Deserialize, Serialize};

/// A row of the paper within a budget.
pub struct Pair {
    /// The row.
    pub row: Row,
    /// Cycles.
    pub budget: usize,
    /// Designs.
    pub lines: Vec<Line>,
}

/// A line of the table.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from the input.
    pub junction: usize,
    /// Name of the pattern, or of what to compare with.
    pub name: String,
    /// Edges a cycle.
    pub lanes: usize,
    /// Of one frame.
    pub cycles: usize,
    /// How operands are found.
    pub interleaver: String,
    /// Of the junction.
    pub edges: usize,
    /// Bits that say where operands come from.
    pub index_bits: usize,
    /// The same for designs that are the same; empty where none was made.
    pub key: String,
    /// What it takes, or why nobody knows.
    pub area: Result<Area, String>,
}

/// A line with what it is to be compared with.
pub struct Compared<'a> {
    /// The line.
    pub line: &'a Line,
    /// Index bits an edge.
    pub bits: f64,
    /// Bits an edge that the pattern holds.
    pub holds: Option<f64>,
    /// Share of those.
    pub of_bits: Option<f64>,
    /// Share of the crossbar's LUTs.
    pub of_luts: Option<f64>,
}

impl Pair {
    /// All lines, by junction.
    pub fn compared(&self) -> Vec<Compared<'_>> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        let names = [Kind::Foreign.name(), SPARSE_ROWS, CROSSBAR];
        let place = |name: &str| names.iter().position(|n| *n == name).unwrap_or(names.len());
        lines.sort_by_key(|line| (line.junction, place(&line.name)));
        let compare = |line| self.compare(line);
        lines.into_iter().map(compare).collect()
    }

    /// A line.
    pub fn line(&self, junction: usize, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.junction == junction && line.name == name)
    }

    fn compare<'a>(&'a self, line: &'a Line) -> Compared<'a> {
        let of = |name| self.line(line.junction, name);
        let an_edge = |bits: f64| bits / line.edges as f64;
        let bits = an_edge(line.index_bits as f64);
        let sparse = of(SPARSE_ROWS).map(|l| an_edge(l.index_bits as f64));
        let crossbar = of(CROSSBAR).and_then(|l| l.area.as_ref().ok());
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == line.name);
        let luts = line.area.as_ref().ok().zip(crossbar);
        Compared {
            line,
            bits,
            holds: kind.and_then(|kind| kind.holds(&self.row, line.junction)).map(an_edge),
            of_bits: sparse.map(|whole| bits / whole),
            of_luts: luts.map(|(part, whole)| part.luts() as f64 / whole.luts() as f64),
        }
    }

    /// Prints it.
    pub fn print(&self) {
        println!("### {} in {} cycles\n", self.row, self.budget);
        println!(
            "| junction | pattern | z × C | interleaver | index bits/edge | pattern holds | logic LUT \
             | LUT RAM | LUTs | FF | BRAM18 | of (a)'s bits | of (b)'s LUTs |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        let share = |x: Option<f64>| x.map_or(String::new(), |x| format!("{:.0} %", 100.0 * x));
        for Compared { line, bits, holds, of_bits, of_luts, .. } in self.compared() {
            let sites = match &line.area {
                Ok(a) => format!(
                    "{} | {} | {} | {} | {}",
                    a.logic,
                    a.memory,
                    a.luts(),
                    a.flip_flops,
                    a.bram18
                ),
                Err(reason) => format!("{reason} | | | |"),
            };
            println!(
                "| {} | {} | {} × {} | {} | {bits:.2} | {} | {sites} | {} | {} |",
                line.junction,
                line.name,
                line.lanes,
                line.cycles,
                line.interleaver,
                holds.map_or(String::new(), |bits| format!("{bits:.2}")),
                share(of_bits),
                share(of_luts),
            );
        }
        println!();
    }
}
