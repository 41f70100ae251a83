//! Patterns that are made clash-free: the interleaver is an address counter or a small table.
//!
//! Left neuron `n` lies in bank `n mod z` at address `n div z`; the banks are `N_l/z` deep. A
//! junction is `d_out` sweeps of `N_l/z` cycles; in a sweep every bank's addresses are all read
//! once. In cycle `c` lane `k` makes edge `c·z + k`, which belongs to right neuron
//! `(c·z + k) div d_in` (Dey et al., JETCAS 2019, section III-C).

use super::generate::GenerateError;
use super::{Degrees, Pattern, Starts};
use crate::ids::{Address, Bank, Cycle, Lane, Neuron};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A clash-free pattern, with the bank and address that each lane reads in each cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClashFree {
    pattern: Pattern,
    z: usize,
    depth: usize,
    sweeps: Vec<Sweep>,
}

/// One sweep over all left neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The bank that each lane reads throughout the sweep: the dither permutation.
    pub banks: Vec<Bank>,
    /// The addresses of each bank, by bank.
    pub orders: Vec<Order>,
}

/// The order in which a sweep reads a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// From this address on, counting up modulo the depth.
    Counting(Address),
    /// The addresses one after the other, each once.
    Listed(Vec<Address>),
}

impl Order {
    /// The address read in cycle `step` of the sweep.
    fn address(&self, step: usize, depth: usize) -> Address {
        match self {
            Self::Counting(start) => Address::new((start.at() + step) % depth),
            Self::Listed(addresses) => addresses[step],
        }
    }
}

impl ClashFree {
    /// Draws one, without dither uniformly over the address tables of the family that give a
    /// pattern. With dither all of them come up too, but where a right neuron straddles two sweeps
    /// each order of the banks is as likely as any other, however many tables go with it.
    ///
    /// An edge could stand twice only where a right neuron straddles two sweeps, as its end of
    /// `a` edges of one and `b` edges of the next, `a + b = d_in`. So each sweep is drawn to avoid
    /// the addresses that the last `a` edges before it have read, in its own first `b` edges.
    ///
    /// That is always possible. Write `a = qa·z + ra` and `b = qb·z + rb`, `ra, rb < z`: the end of
    /// the one sweep reads `qa` addresses of each bank and one more of the banks on its last `ra`
    /// lanes, the beginning of the next `qb` and one more of those on its first `rb` lanes. From
    /// `a + b = d_in ≤ N_l = depth·z`:
    /// - if `ra + rb > z`, then `qa + qb + 2 ≤ depth`, and every bank has room for both;
    /// - if `0 < ra + rb ≤ z`, then `qa + qb + 1 ≤ depth`; banks with one more at both ends can be
    ///   avoided: undithered, the last `ra` and the first `rb` lanes are not the same ones; dithered,
    ///   the first `rb` lanes get banks that were not on the last `ra` ones;
    /// - if `ra = rb = 0`, then `qa + qb ≤ depth`.
    ///
    /// With room for both, any order of the free addresses will do, and so do the same starts as
    /// before: a bank that counts on from where it was reads nothing twice in `depth` reads.
    /// Without dither, how many choices a sweep has depends on `a` and `b` alone, hence the
    /// uniformity; [`count`](super::count()) has their number.
    ///
    /// # Errors
    /// If `z` does not divide the number of left neurons.
    pub fn draw(
        degrees: Degrees,
        z: usize,
        starts: Starts,
        dither: bool,
        seed: u64,
    ) -> Result<Self, GenerateError> {
        let Degrees { left, right, d_out, d_in } = degrees;
        let depth = depth(left, z)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut sweeps: Vec<Sweep> = Vec::with_capacity(d_out);
        for s in 0..d_out {
            let seam = Seam::new(sweeps.last(), s * left, d_in, z, depth);
            let banks = seam.draw_banks(dither, &mut rng);
            let orders = seam.draw_orders(&banks, starts, &mut rng);
            sweeps.push(Sweep { banks, orders });
        }
        let mut rows = vec![Vec::with_capacity(d_in); right];
        for edge in 0..left * d_out {
            let (sweep, step) = (&sweeps[edge / left], edge % left / z);
            let bank = sweep.banks[edge % z];
            rows[edge / d_in].push(neuron(bank, sweep.orders[bank.at()].address(step, depth), z));
        }
        let pattern = Pattern::new(left, &rows).expect("seams keep edges from standing twice");
        Ok(Self { pattern, z, depth, sweeps })
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Banks and lanes.
    pub fn parallelism(&self) -> usize {
        self.z
    }

    /// Neurons in a bank, and cycles in a sweep.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Cycles of a frame, `|W|/z`.
    pub fn cycles(&self) -> usize {
        self.depth * self.sweeps.len()
    }

    /// The sweeps, `d_out` of them.
    pub fn sweeps(&self) -> &[Sweep] {
        &self.sweeps
    }

    /// What a lane reads in a cycle.
    ///
    /// # Panics
    /// If there is no such cycle or lane.
    pub fn read(&self, cycle: Cycle, lane: Lane) -> (Bank, Address) {
        let sweep = &self.sweeps[cycle.at() / self.depth];
        let bank = sweep.banks[lane.at()];
        (bank, sweep.orders[bank.at()].address(cycle.at() % self.depth, self.depth))
    }

    /// The left neuron at an address of a bank.
    pub fn neuron(&self, bank: Bank, address: Address) -> Neuron {
        neuron(bank, address, self.z)
    }
}

fn neuron(bank: Bank, address: Address, z: usize) -> Neuron {
    Neuron::new(address.at() * z + bank.at())
}

/// Neurons in each of `z` banks.
///
/// # Errors
/// If `z` does not divide the number of left neurons.
pub(super) fn depth(left: usize, z: usize) -> Result<usize, GenerateError> {
    if z == 0 || !left.is_multiple_of(z) {
        return Err(GenerateError::Parallelism { left, z });
    }
    Ok(left / z)
}

/// The parallelisms next below and above `z` that divide `left`, for messages.
pub(super) fn nearest_parallelisms(left: usize, z: usize) -> String {
    let divides = |z: &usize| left.is_multiple_of(*z);
    let below = (1..=z.min(left)).rev().find(divides);
    let above = (z.min(left) + 1..=left).find(divides);
    let names: Vec<String> = [below, above].into_iter().flatten().map(|z| z.to_string()).collect();
    names.join(" and ")
}

/// Where one sweep follows another, maybe in the middle of a right neuron.
struct Seam {
    z: usize,
    depth: usize,
    /// The addresses of each bank that the straddling right neuron has read before the seam.
    before: Vec<Before>,
    /// The edges that it still makes after it.
    after: usize,
}

/// What the straddling right neuron has read of one bank.
#[derive(Clone, Default)]
struct Before {
    /// How many addresses.
    reads: usize,
    /// The sweep's order, of which those are the last; `None` before the first sweep.
    order: Option<Order>,
}

impl Seam {
    /// The seam before edge `edge`, after the sweep `previous`.
    fn new(previous: Option<&Sweep>, edge: usize, d_in: usize, z: usize, depth: usize) -> Self {
        let made = edge % d_in;
        let mut before = vec![Before::default(); z];
        if let Some(sweep) = previous {
            for (lane, bank) in sweep.banks.iter().enumerate() {
                let reads = made / z + usize::from(lane >= z - made % z);
                before[bank.at()] = Before { reads, order: Some(sweep.orders[bank.at()].clone()) };
            }
        }
        Self { z, depth, before, after: if made == 0 { 0 } else { d_in - made } }
    }

    /// The bank of each lane.
    fn draw_banks(&self, dither: bool, rng: &mut ChaCha8Rng) -> Vec<Bank> {
        if !dither {
            return (0..self.z).map(Bank::new).collect();
        }
        // The first lanes read one address more after the seam; only some banks have room for it.
        let (rounds, busy) = (self.after / self.z, self.after % self.z);
        let room = |bank: &usize| self.before[*bank].reads + rounds < self.depth;
        let (mut roomy, full): (Vec<usize>, Vec<usize>) = (0..self.z).partition(room);
        roomy.shuffle(rng);
        let mut rest = roomy.split_off(busy);
        rest.extend(full);
        rest.shuffle(rng);
        roomy.into_iter().chain(rest).map(Bank::new).collect()
    }

    /// The order of each bank, given the bank of each lane.
    fn draw_orders(&self, banks: &[Bank], starts: Starts, rng: &mut ChaCha8Rng) -> Vec<Order> {
        let mut reads = vec![0; self.z];
        for (lane, bank) in banks.iter().enumerate() {
            reads[bank.at()] = self.after / self.z + usize::from(lane < self.after % self.z);
        }
        let draw = |(before, &reads): (&Before, &usize)| match starts {
            Starts::PerSweepFree => self.draw_listed(before, reads, rng),
            Starts::PerSweep => self.draw_start(before, reads, rng),
            Starts::Once => {
                before.order.clone().unwrap_or_else(|| self.draw_start(before, reads, rng))
            }
        };
        self.before.iter().zip(&reads).map(draw).collect()
    }

    /// All addresses, the first `reads` of them not among the last `before.reads` ones.
    fn draw_listed(&self, before: &Before, reads: usize, rng: &mut ChaCha8Rng) -> Order {
        let mut addresses: Vec<Address> = match &before.order {
            Some(Order::Listed(addresses)) => addresses.clone(),
            _ => (0..self.depth).map(Address::new).collect(),
        };
        let (free, _) = addresses.split_at_mut(self.depth - before.reads);
        free.shuffle(rng);
        addresses[reads..].shuffle(rng);
        Order::Listed(addresses)
    }

    /// A start from which the first `reads` addresses are not among the last `before.reads` ones.
    fn draw_start(&self, before: &Before, reads: usize, rng: &mut ChaCha8Rng) -> Order {
        let (from, choices) = match &before.order {
            Some(Order::Counting(start)) if before.reads > 0 && reads > 0 => {
                // A sweep ends just before its own start: from there on, the addresses are free
                // up to the last `before.reads` of them.
                (start.at(), self.depth - before.reads - reads + 1)
            }
            _ => (0, self.depth),
        };
        let offset = rng.random_range(0..Address::new(choices).0) as usize;
        Order::Counting(Address::new((from + offset) % self.depth))
    }
}
