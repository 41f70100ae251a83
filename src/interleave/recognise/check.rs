//! An independent look at what was recognised, and the reason why a pattern was not.

use super::line::{Form, Line, Read, Rows, Rule};
use super::{Addresses, Recognised};
use crate::ids::{Address, Bank, Cycle, Neuron};
use crate::pattern::Pattern;
use std::collections::{BTreeMap, HashMap};

/// Two edges that want one bank in one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cycle {cycle}: bank {bank} is asked for by the edges from left neuron {} to right neuron {} \
     and from left {} to right {}",
    ends[0].0, ends[0].1, ends[1].0, ends[1].1
)]
pub struct Clash {
    /// When, counted on the line.
    pub cycle: Cycle,
    /// The bank.
    pub bank: Bank,
    /// The two edges, by their numbers in right order.
    pub edges: (usize, usize),
    /// The left and the right neuron of either edge.
    pub ends: [(Neuron, Neuron); 2],
}

impl Clash {
    fn new(pattern: &Pattern, width: usize, cycle: usize, edges: (usize, usize)) -> Self {
        let ends = |e: usize| (pattern.left_ends()[e], Neuron::new(e / pattern.d_in()));
        let bank = Bank::new(ends(edges.0).0.at() % width);
        Self { cycle: Cycle::new(cycle), bank, edges, ends: [ends(edges.0), ends(edges.1)] }
    }
}

/// What is wrong with a [`Recognised`]; any of these is a bug in the compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Two edges want one bank in one cycle.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// Tables that do not go with the pattern: wrong lengths, or a width that does not divide the
    /// left layer.
    #[error("the {table} does not go with the pattern")]
    Size {
        /// Which.
        table: &'static str,
    },
    /// A right neuron is taken twice or not at all.
    #[error("right neuron {neuron} is taken {times} times")]
    Order {
        /// The right neuron.
        neuron: Neuron,
        /// How often it is in the order.
        times: usize,
    },
    /// A right neuron has more or fewer edges in a cycle than are its turn.
    #[error("cycle {cycle}: right neuron {neuron} has {edges} edges in it, and its turn is {turn}")]
    Turn {
        /// When.
        cycle: Cycle,
        /// The right neuron.
        neuron: Neuron,
        /// The edges that it makes.
        edges: usize,
        /// The edges that are its turn.
        turn: usize,
    },
    /// A bank is not where its addresses count to.
    #[error("cycle {cycle}: bank {bank} counts to address {counted}, and address {read} is read")]
    Address {
        /// When.
        cycle: Cycle,
        /// The bank.
        bank: Bank,
        /// What the formula gives.
        counted: Address,
        /// What the edge needs.
        read: Address,
    },
    /// The flag that tells whether edges are in bank order is wrong.
    #[error("in_bank_order is {said}, and the edges say otherwise")]
    BankOrder {
        /// What the flag says.
        said: bool,
    },
}

/// Checks every edge against the claims of a [`Recognised`], not knowing how they were found.
///
/// # Errors
/// The first thing found wrong.
pub fn check(pattern: &Pattern, r: &Recognised) -> Result<(), Misfit> {
    let (w, d_in, edges) = (r.width, pattern.d_in(), pattern.edges());
    if w == 0 || !pattern.left().is_multiple_of(w) {
        return Err(Misfit::Size { table: "width" });
    }
    let depth = pattern.left() / w;
    let position = positions(pattern, &r.order)?;
    if r.cycle.len() != edges {
        return Err(Misfit::Size { table: "table of cycles" });
    }
    // Who has each bank in each cycle, and how many edges each right neuron has in each cycle.
    let mut owner = HashMap::new();
    let mut made = BTreeMap::<(usize, usize), usize>::new();
    for (e, (&cycle, l)) in r.cycle.iter().zip(pattern.left_ends()).enumerate() {
        let (cycle, bank, address) = (cycle as usize, l.at() % w, l.at() / w);
        if let Some(other) = owner.insert((cycle, bank), e) {
            return Err(Clash::new(pattern, w, cycle, (other, e)).into());
        }
        let counted = counted(&r.addresses, bank, cycle, depth)?.unwrap_or(address);
        if counted != address {
            let (counted, read) = (Address::new(counted), Address::new(address));
            let (cycle, bank) = (Cycle::new(cycle), Bank::new(bank));
            return Err(Misfit::Address { cycle, bank, counted, read });
        }
        *made.entry((position[e / d_in], cycle)).or_default() += 1;
    }
    for (&(i, cycle), &edges) in &made {
        let turn = ((i + 1) * d_in).min((cycle + 1) * w).saturating_sub((i * d_in).max(cycle * w));
        if edges != turn {
            let (cycle, neuron) = (Cycle::new(cycle), r.order[i]);
            return Err(Misfit::Turn { cycle, neuron, edges, turn });
        }
    }
    let at = |cycle: usize, bank: usize| owner.get(&(cycle, bank)).map(|&e| position[e / d_in]);
    let sorted = (0..edges / w).all(|c| (1..w).all(|bank| at(c, bank - 1) <= at(c, bank)));
    if sorted != r.in_bank_order {
        return Err(Misfit::BankOrder { said: r.in_bank_order });
    }
    Ok(())
}

/// The place of each right neuron in the order.
fn positions(pattern: &Pattern, order: &[Neuron]) -> Result<Vec<usize>, Misfit> {
    let mut places = vec![Vec::new(); pattern.right()];
    for (i, r) in order.iter().enumerate() {
        places.get_mut(r.at()).ok_or(Misfit::Size { table: "order" })?.push(i);
    }
    let one = |(r, places): (usize, &Vec<usize>)| match places[..] {
        [i] => Ok(i),
        _ => Err(Misfit::Order { neuron: Neuron::new(r), times: places.len() }),
    };
    places.iter().enumerate().map(one).collect()
}

/// The address that the formula gives, if there is one.
fn counted(
    addresses: &Addresses,
    bank: usize,
    cycle: usize,
    depth: usize,
) -> Result<Option<usize>, Misfit> {
    let start = match addresses {
        Addresses::Free => return Ok(None),
        Addresses::Counter { start } => start.get(bank),
        Addresses::Starts { starts } => starts.get(cycle / depth).and_then(|s| s.get(bank)),
    };
    let start = *start.ok_or(Misfit::Size { table: "table of starts" })? as usize;
    Ok(Some((start + cycle) % depth))
}

/// Why the order of the mask cannot run on one line of `width` lanes tied to banks: the first clash
/// when each right neuron's edges, in ascending order, go to the first cycle that has room for them.
///
/// `None` if there is no clash, or no lane. The width need not divide the left layer.
pub fn first_clash(pattern: &Pattern, width: usize) -> Option<Clash> {
    if width == 0 {
        return None;
    }
    let rows = Rows::new(pattern, width);
    let mut line = Line::new(&rows, Rule { form: Form::Free, in_bank_order: false });
    let failed = (0..pattern.right()).find(|&r| line.take(rows.class(Neuron::new(r))).is_err())?;
    let begins = line.edges();
    let ends = begins + pattern.d_in();
    // The first cycle that its turn leaves short of edges: all that remain want a bank that is taken.
    let mut waits = Vec::with_capacity(pattern.d_in());
    for run in rows.banks(rows.class(Neuron::new(failed))) {
        let first = line.reads_of(run[0].bank as usize);
        waits.extend(run.iter().enumerate().map(|(k, read)| (read, first + k)));
    }
    let turn = |c: usize| ends.min((c + 1) * width) - begins.max(c * width);
    let made = |c: usize| waits.iter().filter(|(_, cycle)| *cycle == c).count();
    let cycle = (begins / width..ends.div_ceil(width)).find(|&c| made(c) < turn(c))?;
    let edge = |r: usize, read: &Read| r * pattern.d_in() + read.at as usize;
    let (late, _) =
        waits.iter().filter(|(_, c)| *c > cycle).min_by_key(|(read, _)| read.at).copied()?;
    let same_bank = |read: &&Read| read.bank == late.bank;
    let own = waits.iter().find(|(read, c)| same_bank(read) && *c == cycle);
    let taken = own.map(|(read, _)| edge(failed, read)).or_else(|| {
        (0..failed).rev().find_map(|r| {
            let reads = rows.reads(rows.class(Neuron::new(r)));
            reads.iter().rev().find(same_bank).map(|read| edge(r, read))
        })
    })?;
    Some(Clash::new(pattern, width, cycle, (taken, edge(failed, late))))
}
