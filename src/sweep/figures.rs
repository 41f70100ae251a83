//! Means, spreads and what is best, from results.

use super::file::{Row, Sweep};
use super::ledger::Ledger;
use super::record::{Hardware, Record};
use serde::Serialize;

/// Accuracies that differ by less than this, in per cent, are the same: means are sums of shares
/// that floats do not hold exactly.
const ROUNDING: f64 = 1e-9;

/// Mean and spread of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation, `sqrt(Σ(x − mean)²/(n − 1))`; absent of one value.
    pub deviation: Option<f64>,
}

impl Statistics {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let deviation = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
        Some(Self { mean, deviation })
    }
}

/// What a row's trainings have in common. Accuracies are in per cent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Trainings that the sweep asks for.
    pub planned: usize,
    /// Trainings with a result; all that follows is of those.
    pub finished: usize,
    /// On the test set, with unrounded weights and activations.
    pub float: Option<Statistics>,
    /// On the test set, in the hardware's arithmetic.
    pub hardware: Option<Statistics>,
    /// Edges and biases.
    pub parameters: Option<u64>,
    /// Bits of all weights.
    pub weight_bits: Option<u64>,
    /// Edges times weight bits times input bits, added over junctions.
    pub bit_products: Option<u64>,
    /// Clock cycles a frame; the most, where seeds differ.
    pub cycles: Option<usize>,
    /// Lanes of all junctions; the most, where seeds differ.
    pub multipliers: Option<usize>,
}

impl Figures {
    /// Of a row's results.
    pub fn of(planned: usize, records: &[&Record]) -> Self {
        let accuracy = |of: fn(&Record) -> f64| {
            let values: Vec<f64> = records.iter().map(|r| 100.0 * of(r)).collect();
            Statistics::of(&values)
        };
        let most = |of: fn(&Record) -> u64| records.iter().map(|r| of(r)).max();
        let built =
            |of: fn(Hardware) -> usize| records.iter().filter_map(|r| r.hardware.map(of)).max();
        Self {
            planned,
            finished: records.len(),
            float: accuracy(|r| r.test_accuracy_float),
            hardware: accuracy(|r| r.test_accuracy),
            parameters: most(|r| r.parameters),
            weight_bits: most(|r| r.weight_bits),
            bit_products: most(|r| r.bit_products),
            cycles: built(|h| h.cycles),
            multipliers: built(|h| h.multipliers),
        }
    }

    /// Whether every training has a result.
    pub fn complete(&self) -> bool {
        self.finished == self.planned
    }
}

/// A row with its figures.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// What was asked for.
    pub row: &'a Row,
    /// What came out.
    pub figures: Figures,
}

/// All rows with their figures, in the sweep's order.
pub fn lines<'a>(sweep: &'a Sweep, ledger: &Ledger) -> Vec<Line<'a>> {
    let line = |row: &'a Row| {
        let found: Vec<&Record> =
            row.trainings.iter().filter_map(|training| ledger.find(row, training)).collect();
        Line { row, figures: Figures::of(row.trainings.len(), &found) }
    };
    sweep.rows.iter().map(line).collect()
}

/// What is to be small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// [`Figures::weight_bits`].
    WeightBits,
    /// [`Figures::bit_products`].
    BitProducts,
}

impl Cost {
    /// Of a row.
    pub fn of(self, figures: &Figures) -> Option<u64> {
        match self {
            Self::WeightBits => figures.weight_bits,
            Self::BitProducts => figures.bit_products,
        }
    }
}

/// The row of least cost whose mean accuracy in the hardware's arithmetic reaches `target` per
/// cent; of two, the earlier. Rows that lack results do not count. An index of `figures`.
pub fn cheapest(figures: &[&Figures], target: f64, cost: Cost) -> Option<usize> {
    points(figures, cost)
        .filter(|&(_, _, accuracy)| accuracy >= target - ROUNDING)
        .min_by_key(|&(at, cost, _)| (cost, at))
        .map(|(at, _, _)| at)
}

/// The rows that none beats in both cost and accuracy, by ascending cost; of equals, the earlier.
/// Indices of `figures`.
pub fn front(figures: &[&Figures], cost: Cost) -> Vec<usize> {
    let mut all: Vec<_> = points(figures, cost).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1).then(b.2.total_cmp(&a.2)).then(a.0.cmp(&b.0)));
    let mut best = f64::NEG_INFINITY;
    all.retain(|&(_, _, accuracy)| {
        let better = accuracy > best + ROUNDING;
        best = best.max(accuracy);
        better
    });
    all.into_iter().map(|(at, _, _)| at).collect()
}

/// Index, cost and accuracy of complete rows.
fn points(figures: &[&Figures], cost: Cost) -> impl Iterator<Item = (usize, u64, f64)> {
    figures
        .iter()
        .enumerate()
        .filter(|(_, f)| f.complete())
        .filter_map(move |(at, f)| Some((at, cost.of(f)?, f.hardware?.mean)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sample_deviation_by_hand() {
        assert_eq!(Statistics::of(&[]), None);
        let one = Statistics::of(&[93.5]).expect("a value");
        assert_eq!((one.mean, one.deviation), (93.5, None));
        // 94, 95, 99: mean 96, squares 4 + 1 + 9 = 14, of which each of two free ones has 7.
        let three = Statistics::of(&[94.0, 95.0, 99.0]).expect("values");
        assert_eq!((three.mean, three.deviation), (96.0, Some(7f64.sqrt())));
    }

    fn figures(weight_bits: u64, accuracy: f64) -> Figures {
        let records: [&Record; 0] = [];
        let hardware = Some(Statistics { mean: accuracy, deviation: None });
        let weight_bits = Some(weight_bits);
        Figures { hardware, weight_bits, ..Figures::of(0, &records) }
    }

    #[test]
    fn the_front_is_what_nothing_beats() {
        let all =
            [(30, 95.0), (10, 90.0), (20, 90.0), (30, 94.0), (10, 90.0), (40, 95.0), (50, 95.1)]
                .map(|(bits, accuracy)| figures(bits, accuracy));
        let all: Vec<&Figures> = all.iter().collect();
        assert_eq!(front(&all, Cost::WeightBits), [1, 0, 6]);
        assert_eq!(front(&all, Cost::BitProducts), [0usize; 0]);
        assert_eq!(cheapest(&all, 90.0, Cost::WeightBits), Some(1));
        assert_eq!(cheapest(&all, 90.1, Cost::WeightBits), Some(0));
        assert_eq!(cheapest(&all, 95.2, Cost::WeightBits), None);
    }
}
