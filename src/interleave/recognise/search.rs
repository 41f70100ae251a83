//! Searches for an order of the right neurons, where that of the mask does not do.
//!
//! Depth first, one right neuron after the other. Mostly the next one is known: some bank has to be
//! read next, and once the starts of a sweep are known, so is the address, and with them one of the
//! right neuron's left neurons. Only `d_out` right neurons have that one, and equal rows count as
//! one. Choices are left at the beginning of a sweep, and between right neurons that share a cycle.
//!
//! Where nothing fits, the search goes back to the latest right neuron that has something to do with
//! it (conflict-directed backjumping, Prosser 1993): the one that fixed a start which is in the way,
//! or that took what would fit. With dither, what has been read so far depends on all before it, and
//! the search goes back one step.

use super::line::{Form, Line, Rows};
use crate::ids::Neuron;
use std::collections::{BTreeSet, HashMap};

/// Reads that may be looked at, for each edge, and apart from that.
const WORK: (usize, usize) = (16, 1 << 20);

/// Finds an order in which a line that has not begun can take all right neurons.
///
/// `None` if there is none, or none was found with the work that is allowed.
pub(super) fn search<'a>(mut line: Line<'a>) -> Option<(Line<'a>, Vec<Neuron>)> {
    let rows = line.rows;
    let limit = WORK.0 * rows.pattern.edges() + WORK.1;
    let mut pool = Pool::new(rows, line.rule.form);
    let mut chosen: Vec<usize> = Vec::with_capacity(rows.pattern.right());
    let mut choices = vec![Choice::new(&line)];
    while let Some(choice) = choices.last_mut() {
        if line.work > limit {
            return None;
        }
        let Some(group) = choice.next(&pool, &mut line) else {
            let conflicts = choice.conflicts(&pool, &mut line)?;
            choices.pop();
            let back = conflicts.last().copied()?;
            for group in chosen.drain(back..).rev() {
                pool.taken_at[group].pop();
                line.take_back(pool.class[group]);
            }
            choices.truncate(back + 1);
            choices[back].conflicts.extend(conflicts.into_iter().filter(|&place| place < back));
            continue;
        };
        match line.take(pool.class[group]) {
            Ok(()) => {
                choice.conflicts.extend(&line.leans_on);
                pool.taken_at[group].push(chosen.len());
                chosen.push(group);
                if chosen.len() == rows.pattern.right() {
                    return Some((line, pool.order(&chosen)));
                }
                choices.push(Choice::new(&line));
            }
            Err(place) => choice.conflicts.extend(place),
        }
    }
    None
}

/// The right neurons, in groups of which it does not matter which one is taken.
struct Pool<'a> {
    rows: &'a Rows<'a>,
    /// One class of each group.
    class: Vec<usize>,
    members: Vec<Vec<Neuron>>,
    /// The places that members have taken.
    taken_at: Vec<Vec<usize>>,
    /// The groups that have each left neuron, where the addresses matter.
    of: Vec<Vec<u32>>,
}

impl<'a> Pool<'a> {
    fn new(rows: &'a Rows<'a>, form: Form) -> Self {
        let mut group_of_class = Vec::with_capacity(rows.classes());
        let mut class = Vec::new();
        let mut of = Vec::new();
        if form == Form::Free {
            // Only how many edges are in each bank matters.
            let mut groups = HashMap::new();
            for c in 0..rows.classes() {
                let edges: Vec<_> = rows.banks(c).map(|run| (run[0].bank, run.len())).collect();
                let group = *groups.entry(edges).or_insert(class.len());
                if group == class.len() {
                    class.push(c);
                }
                group_of_class.push(group);
            }
        } else {
            class.extend(0..rows.classes());
            group_of_class.extend(0..rows.classes());
            of.resize(rows.pattern.left(), Vec::new());
            for &c in &class {
                for read in rows.reads(c) {
                    of[read.address as usize * rows.width + read.bank as usize]
                        .push(Neuron::new(c).0);
                }
            }
        }
        let mut members = vec![Vec::new(); class.len()];
        for r in (0..rows.pattern.right()).map(Neuron::new) {
            members[group_of_class[rows.class(r)]].push(r);
        }
        let taken_at = vec![Vec::new(); class.len()];
        Self { rows, class, members, taken_at, of }
    }

    /// The order that the chosen groups stand for: each group's members as in the mask.
    fn order(&self, chosen: &[usize]) -> Vec<Neuron> {
        let mut members: Vec<_> = self.members.iter().map(|all| all.iter()).collect();
        chosen.iter().filter_map(|&group| members[group].next().copied()).collect()
    }

    /// Whether a member is still to be taken.
    fn waits(&self, group: usize) -> bool {
        self.taken_at[group].len() < self.members[group].len()
    }

    fn has(&self, group: usize, bank: usize) -> bool {
        let bank = Neuron::new(bank).0;
        self.rows.reads(self.class[group]).binary_search_by_key(&bank, |read| read.bank).is_ok()
    }
}

/// The right neurons that may come next, as they are gone through.
struct Choice {
    /// A left neuron that it must have.
    left: Option<usize>,
    /// A bank that it must read.
    bank: Option<usize>,
    /// Whether the first that waits is as good as any.
    first_is_best: bool,
    next: usize,
    /// The places before this one that keep something from coming here.
    conflicts: BTreeSet<usize>,
}

impl Choice {
    fn new(line: &Line) -> Self {
        let (w, depth, d_in) = (line.rows.width, line.rows.depth, line.rows.pattern.d_in());
        let (cycle, lane) = (line.edges() / w, line.edges() % w);
        let bank = if line.rule.in_bank_order {
            Some(lane)
        } else if lane + d_in >= w || w.is_multiple_of(d_in) {
            // It fills the cycle; or all right neurons of the cycle are whole in it, and any of them
            // may come first.
            (0..w).find(|&bank| line.reads_of(bank) == cycle)
        } else {
            None
        };
        let known = bank.and_then(|b| line.next_address(b).map(|(at, by)| (at * w + b, by)));
        let (left, by) = known.unzip();
        // A sweep made of whole right neurons that fill whole cycles may begin with any of them;
        // so may a counter as a whole.
        let aligned = d_in.is_multiple_of(w);
        let closed = aligned && depth.is_multiple_of(d_in / w) && cycle.is_multiple_of(depth);
        let begins = aligned && cycle == 0 && line.rule.form == Form::Counter;
        let first_is_best = left.is_none() && (closed || begins);
        Self { left, bank, first_is_best, next: 0, conflicts: by.into_iter().collect() }
    }

    /// The `i`-th group that may come next, if members of it wait.
    fn group(&self, i: usize, pool: &Pool) -> Option<usize> {
        match self.left {
            Some(left) => pool.of[left].get(i).map(|&group| group as usize),
            None => (i < pool.class.len()).then_some(i),
        }
    }

    /// The next group to try.
    fn next(&mut self, pool: &Pool, line: &mut Line) -> Option<usize> {
        while let Some(group) = self.group(self.next, pool) {
            self.next += 1;
            line.work += 1;
            let reads = |bank| self.left.is_some() || pool.has(group, bank);
            if pool.waits(group) && self.bank.is_none_or(reads) {
                if self.first_is_best {
                    self.next = pool.class.len();
                }
                return Some(group);
            }
        }
        None
    }

    /// The places to change before something can come here; `None` if nothing will help.
    fn conflicts(&mut self, pool: &Pool, line: &mut Line) -> Option<BTreeSet<usize>> {
        if self.first_is_best {
            return None;
        }
        let mut conflicts = std::mem::take(&mut self.conflicts);
        if line.rule.in_bank_order {
            // What would fit, but is taken.
            for group in (0..).map_while(|i| self.group(i, pool)) {
                line.work += 1;
                if !pool.waits(group) && line.fits(pool.class[group]) {
                    line.work += line.rows.pattern.d_in();
                    conflicts.extend(&pool.taken_at[group]);
                }
            }
        } else {
            conflicts.extend(line.taken.checked_sub(1));
        }
        Some(conflicts)
    }
}
