//! One line of lanes: what it has read so far, and what it may read next.

use super::{Addresses, Recognised};
use crate::ids::Neuron;
use crate::pattern::Pattern;
use std::collections::HashMap;

/// A start that nothing has fixed yet.
const ANY: u32 = u32::MAX;

/// How addresses run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Counter,
    Starts,
    Free,
}

/// What a line has to keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub form: Form,
    pub in_bank_order: bool,
}

/// An edge as a read of a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub bank: u32,
    pub address: u32,
    /// The edge's place in its row.
    pub at: u32,
}

/// The rows of a pattern as reads; equal rows are one *class*, and kept once.
pub(super) struct Rows<'a> {
    pub pattern: &'a Pattern,
    pub width: usize,
    pub depth: usize,
    class_of: Vec<u32>,
    /// `d_in` a class, by bank and address.
    reads: Vec<Read>,
}

impl<'a> Rows<'a> {
    pub fn new(pattern: &'a Pattern, width: usize) -> Self {
        let mut classes = HashMap::new();
        let mut class_of = Vec::with_capacity(pattern.right());
        let mut reads = Vec::new();
        for row in pattern.left_ends().chunks(pattern.d_in()) {
            let new = Neuron::new(classes.len()).0;
            let class = *classes.entry(row).or_insert(new);
            class_of.push(class);
            if class == new {
                let from = reads.len();
                let (w, read) = (Neuron::new(width).0, |at| Neuron::new(at).0);
                reads.extend(row.iter().enumerate().map(|(at, l)| Read {
                    bank: l.0 % w,
                    address: l.0 / w,
                    at: read(at),
                }));
                reads[from..].sort_unstable();
            }
        }
        let depth = pattern.left().div_ceil(width);
        Self { pattern, width, depth, class_of, reads }
    }

    /// Classes, numbered as they first occur.
    pub fn classes(&self) -> usize {
        self.reads.len() / self.pattern.d_in()
    }

    pub fn class(&self, r: Neuron) -> usize {
        self.class_of[r.at()] as usize
    }

    /// The reads of a class, by bank and address.
    pub fn reads(&self, class: usize) -> &[Read] {
        &self.reads[class * self.pattern.d_in()..][..self.pattern.d_in()]
    }

    /// The reads of a class, bank by bank.
    pub fn banks(&self, class: usize) -> impl Iterator<Item = &[Read]> {
        self.reads(class).chunk_by(|a, b| a.bank == b.bank)
    }

    /// Whether each row has about as many edges in every bank: what no order can mend otherwise.
    ///
    /// From cycle `c` to cycle `c + q`, or `c + q + 1` where `w` does not divide `d_in`, a bank goes
    /// from `c` reads or one more to as many as the later cycle, or one more.
    pub fn even(&self) -> bool {
        let d_in = self.pattern.d_in();
        let (q, spare) = (d_in / self.width, d_in % self.width);
        let (least, most) = if spare == 0 { (q, q) } else { (q.saturating_sub(1), q + 2) };
        (0..self.classes()).all(|class| {
            let mut banks = 0;
            self.banks(class).all(|run| {
                banks += 1;
                (least..=most).contains(&run.len())
            }) && (least == 0 || banks == self.width)
        })
    }
}

/// Where a bank's addresses, given in ascending order, begin if they are a run modulo the depth, but
/// not all of it.
fn begin(addresses: impl Iterator<Item = u32> + Clone, depth: usize) -> Option<u32> {
    let first = addresses.clone().next()?;
    let (mut last, mut after_gap) = (first, None);
    for address in addresses.skip(1) {
        if address != last + 1 && after_gap.replace(address).is_some() {
            return None;
        }
        last = address;
    }
    match after_gap {
        None => Some(first),
        Some(begin) => (first == 0 && last as usize + 1 == depth).then_some(begin),
    }
}

/// Where a bank starts a sweep.
#[derive(Clone, Copy)]
struct Start {
    address: u32,
    /// The place in the order of the right neuron that fixed it.
    by: usize,
}

/// A line in the middle of its work.
pub(super) struct Line<'a> {
    pub rows: &'a Rows<'a>,
    pub rule: Rule,
    /// Right neurons taken.
    pub taken: usize,
    /// Reads that have been looked at: a measure of the work done.
    pub work: usize,
    /// Reads made of each bank.
    cursor: Vec<usize>,
    /// The starts of each sweep and bank, as far as the cursors have come.
    starts: Vec<Start>,
    /// The places that fixed the starts from which the right neuron looked at last goes on into a new
    /// sweep: the new start holds only together with the old one.
    pub leans_on: Vec<usize>,
}

impl<'a> Line<'a> {
    pub fn new(rows: &'a Rows<'a>, rule: Rule) -> Self {
        let sweeps = if rule.form == Form::Free { 0 } else { rows.pattern.d_out() };
        let starts = vec![Start { address: ANY, by: 0 }; sweeps * rows.width];
        let cursor = vec![0; rows.width];
        Self { rows, rule, taken: 0, work: 0, cursor, starts, leans_on: Vec::new() }
    }

    /// How often a bank has been read.
    pub fn reads_of(&self, bank: usize) -> usize {
        self.cursor[bank]
    }

    /// The line's edges before the next right neuron.
    pub fn edges(&self) -> usize {
        self.taken * self.rows.pattern.d_in()
    }

    /// Whether every bank gets as many reads as is its turn from a right neuron of this class next.
    pub fn fits(&self, class: usize) -> bool {
        let (rows, w) = (self.rows, self.rows.width);
        let (before, after) = (self.edges(), self.edges() + rows.pattern.d_in());
        let (begins, ends) = (before / w, after / w);
        // Banks of the class; those of them not read in the cycle that it begins in.
        let (mut banks, mut fresh) = (0, 0);
        for run in rows.banks(class) {
            let bank = run[0].bank as usize;
            let reads = self.cursor[bank] + run.len();
            let ahead = usize::from(bank < after % w);
            if reads != ends + ahead && (self.rule.in_bank_order || reads != ends + 1 - ahead) {
                return false;
            }
            banks += 1;
            fresh += usize::from(self.cursor[bank] == begins);
        }
        // Banks without an edge must not fall behind either.
        match ends - begins {
            0 => true,
            1 => fresh == w - before % w,
            _ => banks == w,
        }
    }

    /// Takes a right neuron of this class next, if the rule allows it.
    ///
    /// # Errors
    /// The place of the right neuron that fixed a start which is in the way, if that is the reason.
    pub fn take(&mut self, class: usize) -> Result<(), Option<usize>> {
        self.work += 1;
        self.leans_on.clear();
        if !self.fits(class) {
            return Err(None);
        }
        let rows = self.rows;
        if self.rule.form != Form::Free {
            for run in rows.banks(class) {
                self.work += run.len();
                self.count_up(run[0].bank as usize, run)?;
            }
        }
        rows.banks(class).for_each(|run| self.cursor[run[0].bank as usize] += run.len());
        self.taken += 1;
        Ok(())
    }

    /// Takes back the right neuron that was taken last, of this class.
    pub fn take_back(&mut self, class: usize) {
        self.taken -= 1;
        self.rows.banks(class).for_each(|run| self.cursor[run[0].bank as usize] -= run.len());
    }

    /// Checks that these reads of a bank go on as its addresses count, and notes the start of a sweep
    /// that they begin. A start is read only when a cursor has passed it, so a note for a right neuron
    /// that is not taken in the end does no harm.
    fn count_up(&mut self, bank: usize, run: &[Read]) -> Result<(), Option<usize>> {
        let (depth, w) = (self.rows.depth, self.rows.width);
        let (sweep, step) = (self.cursor[bank] / depth, self.cursor[bank] % depth);
        let slot = sweep * w + bank;
        let mut note = Start { address: ANY, by: self.taken };
        if step == 0 {
            let before = if sweep == 0 { note } else { self.starts[slot - w] };
            let fixed = self.rule.form == Form::Counter && before.address != ANY;
            if run.len() == depth {
                // All addresses of a bank begin anywhere.
                note = if fixed { before } else { note };
            } else {
                note.address = begin(run.iter().map(|read| read.address), depth).ok_or(None)?;
                if fixed && note.address != before.address {
                    return Err(Some(before.by));
                }
                note = if fixed { before } else { note };
            }
            self.starts[slot] = note;
            return Ok(());
        }
        let start = self.starts[slot];
        let from = start.address as usize + step;
        let at = |read: &Read| (read.address as usize + 2 * depth - from) % depth;
        // What remains of the sweep comes first: all of it, or as much as there are reads.
        let rest = (depth - step).min(run.len());
        if run.iter().filter(|read| at(read) < rest).count() < rest {
            return Err(Some(start.by));
        }
        if rest < run.len() {
            let next = run.iter().filter(|read| at(read) >= rest).map(|read| read.address);
            note.address = begin(next, depth).ok_or(Some(start.by))?;
            if self.rule.form == Form::Counter {
                if note.address != start.address {
                    return Err(Some(start.by));
                }
                note = start;
            }
            self.leans_on.push(start.by);
            self.starts[slot + w] = note;
        }
        Ok(())
    }

    /// The address that a bank reads next, if that is fixed, and the place of the right neuron that
    /// fixed it.
    pub fn next_address(&self, bank: usize) -> Option<(usize, usize)> {
        let depth = self.rows.depth;
        let (sweep, step) = (self.cursor[bank] / depth, self.cursor[bank] % depth);
        // A counter starts again where it started.
        let sweep = match self.rule.form {
            Form::Counter if step == 0 => sweep.checked_sub(1)?,
            Form::Starts if step != 0 => sweep,
            Form::Counter => sweep,
            _ => return None,
        };
        let start = self.starts[sweep * self.rows.width + bank];
        (start.address != ANY).then(|| ((start.address as usize + step) % depth, start.by))
    }

    /// What came out, once all right neurons have been taken in this order.
    pub fn finish(mut self, order: Vec<Neuron>) -> Recognised {
        let (rows, w) = (self.rows, self.rows.width);
        let d_in = rows.pattern.d_in();
        if self.rule.form == Form::Counter {
            // A start that only the last sweeps fixed holds for the first ones too.
            let last = self.starts.len() - w;
            let start = self.starts.split_off(last);
            self.starts = start.repeat(rows.pattern.d_out());
        }
        for start in self.starts.iter_mut().filter(|start| start.address == ANY) {
            start.address = 0;
        }
        let mut cycle = vec![0; rows.pattern.edges()];
        let mut in_bank_order = true;
        self.cursor.fill(0);
        for (i, &r) in order.iter().enumerate() {
            let after = (i + 1) * d_in;
            for run in rows.banks(rows.class(r)) {
                let bank = run[0].bank as usize;
                for (k, read) in run.iter().enumerate() {
                    let c = self.cycle_of(bank, k, read.address as usize);
                    cycle[r.at() * d_in + read.at as usize] = Neuron::new(c).0;
                }
                self.cursor[bank] += run.len();
                in_bank_order &= self.cursor[bank] == after / w + usize::from(bank < after % w);
            }
        }
        let by_bank = |sweep: &[Start]| sweep.iter().map(|start| start.address).collect();
        let addresses = match self.rule.form {
            Form::Counter => Addresses::Counter { start: by_bank(&self.starts[..w]) },
            Form::Starts => {
                Addresses::Starts { starts: self.starts.chunks(w).map(by_bank).collect() }
            }
            Form::Free => Addresses::Free,
        };
        Recognised { width: w, order, cycle, addresses, in_bank_order }
    }

    /// The cycle of a right neuron's read of a bank, the `k`-th by address, at this address.
    fn cycle_of(&self, bank: usize, k: usize, address: usize) -> usize {
        let (depth, cursor) = (self.rows.depth, self.cursor[bank]);
        if self.rule.form == Form::Free {
            return cursor + k;
        }
        let (sweep, step) = (cursor / depth, cursor % depth);
        let start = |s: usize| self.starts[s * self.rows.width + bank].address as usize;
        let after_start = |s: usize| (address + depth - start(s)) % depth;
        // Addresses that the sweep has already passed are those of the next one.
        let sweep = sweep + usize::from(after_start(sweep) < step);
        sweep * depth + after_start(sweep)
    }
}

#[cfg(test)]
mod tests {
    use super::begin;

    #[test]
    fn runs_begin_where_the_depth_wraps_them() {
        let of = |addresses: &[u32]| begin(addresses.iter().copied(), 6);
        assert_eq!(of(&[2, 3, 4]), Some(2));
        assert_eq!(of(&[0, 1, 5]), Some(5));
        assert_eq!(of(&[0, 4, 5]), Some(4));
        assert_eq!(of(&[3]), Some(3));
        for no_run in [&[1, 3][..], &[1, 5], &[0, 2], &[0, 2, 5], &[0, 2, 4, 5]] {
            assert_eq!(of(no_run), None, "{no_run:?}");
        }
    }
}
