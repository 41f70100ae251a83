//! Finds out, from a mask alone, whether a pattern is of a clash-free family.
//!
//! Left neuron `n` lies in bank `n mod w` at address `n div w`; the banks are `D = N_l/w` deep. One
//! line of `w` lanes takes the right neurons in some order, `w` edges a cycle; the `i`-th of them
//! makes the edges `i·d_in … (i+1)·d_in − 1` of the line. Since every cycle is full, it reads each
//! bank exactly once, and that has two consequences:
//!
//! - After `e` edges every bank has been read `e div w` times, or once more. That depends on how
//!   many edges each right neuron has in each bank, and on nothing else; where it holds, any edges of
//!   a bank may go to the cycles in which the right neuron reads it. So an order is clash-free, or it
//!   is not, without a search.
//! - In one bank, a right neuron's addresses are read in cycles that follow each other. Where
//!   addresses count up, they are a run of addresses modulo `D`, or two where a sweep ends between
//!   them, and the first run after a sweep begins says where it starts. So given an order, starts are
//!   read off and not guessed.
//!
//! What is left to search for is an order, where that of the mask does not do: see `recognise/search.rs`.

mod check;
mod line;
mod search;

pub use check::{Clash, Misfit, check, first_clash};

use crate::ids::Neuron;
use crate::pattern::Pattern;
use line::{Form, Line, Rows, Rule};
use std::collections::HashSet;

/// How one line of lanes can run a pattern without a clash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Lanes of the line, and banks: `w`.
    pub width: usize,
    /// Right neurons in the order in which the line takes them.
    pub order: Vec<Neuron>,
    /// The line's cycle of each edge, by the edge's number in right order of the pattern.
    pub cycle: Vec<u32>,
    /// What each bank reads.
    pub addresses: Addresses,
    /// Whether in every cycle the edges of an earlier right neuron lie on banks below those of a
    /// later one, as without dither. True whenever `w` divides `d_in`.
    pub in_bank_order: bool,
}

/// The addresses of the banks, from the cheapest form to the dearest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Bank `b` reads `(start[b] + c) mod D` in cycle `c`.
    Counter {
        /// By bank.
        start: Vec<u32>,
    },
    /// Bank `b` reads `(starts[s][b] + c mod D) mod D` in cycle `c` of sweep `s = c div D`.
    Starts {
        /// By sweep, then by bank; `d_out` sweeps.
        starts: Vec<Vec<u32>>,
    },
    /// Any address.
    Free,
}

/// Recognises a pattern as clash-free on one line of `width` lanes, in the cheapest form found.
///
/// For each form, from the cheapest on, orders without dither come before those with, and the order
/// of the mask before any other. Where `width` divides `d_in`, an order is found if there is one,
/// except that the search for starts gives up after a bounded amount of work if sweeps end inside
/// right neurons; otherwise the search may give up in any form. `None` if `width` does not divide
/// the number of left neurons.
pub fn recognise(pattern: &Pattern, width: usize) -> Option<Recognised> {
    if width == 0 || !pattern.left().is_multiple_of(width) {
        return None;
    }
    let rows = Rows::new(pattern, width);
    if !rows.even() {
        return None;
    }
    let aligned = pattern.d_in().is_multiple_of(width);
    let orders: &[bool] = if aligned { &[true] } else { &[true, false] };
    let natural: Vec<Neuron> = (0..pattern.right()).map(Neuron::new).collect();
    for form in [Form::Counter, Form::Starts, Form::Free] {
        for &in_bank_order in orders {
            let mut line = Line::new(&rows, Rule { form, in_bank_order });
            if natural.iter().all(|&r| line.take(rows.class(r)).is_ok()) {
                return Some(line.finish(natural));
            }
            let line = Line::new(&rows, Rule { form, in_bank_order });
            if let Some((line, order)) = search::search(line) {
                return Some(line.finish(order));
            }
        }
    }
    None
}

/// New numbers of the left neurons, by their old ones, with which a pattern is a counter on one line
/// of `width` lanes; `None` if none were found.
///
/// They are found where any two right neurons have all left neurons in common or none: the left
/// layer then falls into groups, each with `d_out` right neurons of its own, and one group's neurons
/// after the other's, taken group by group and that `d_out` times, is the order of a counter that
/// starts at 0 in every bank. Fully connected junctions and those of out-degree 1 are of this kind,
/// and so are counters whose right neurons each fill whole cycles of one sweep, however their left
/// neurons have been renumbered.
pub fn banks_up_to_renumbering(pattern: &Pattern, width: usize) -> Option<Vec<u32>> {
    if width == 0 || !pattern.left().is_multiple_of(width) {
        return None;
    }
    let mut groups = HashSet::new();
    let mut number = vec![u32::MAX; pattern.left()];
    let mut next = 0;
    for row in pattern.left_ends().chunks(pattern.d_in()).filter(|row| groups.insert(*row)) {
        for l in row {
            // A second group's: the rows differ, but not in all left neurons.
            if number[l.at()] != u32::MAX {
                return None;
            }
            number[l.at()] = next;
            next += 1;
        }
    }
    Some(number)
}
