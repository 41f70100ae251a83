//! Heaps for fabrics in which a window shares the LUTs of the adder.

use super::chain::{Chain, Plan, Source, Window};
use super::items::{Item, Items};

/// Bits that a window's LUTs take beside the raw bit of their column.
const SLOTS: usize = 5;
/// Bits of a column that a window looks at: a limit for heaps of thousands.
const LOOK: usize = 64;
/// Up to this height a heap is added up row by row: windows find too little to do.
const ROWS: usize = 3;
/// Bits that 1,000 LUTs of a chain take out at least, as long as there are such chains.
const GOOD: i64 = 1000;

pub(super) fn compress(mut items: Items) -> Plan {
    let mut chains: Vec<Chain> = Vec::new();
    let mut level = 0;
    loop {
        // an inverted bit that is left would still change the constant
        if items.constant != 0 && !items.negatives() && (level > 0 || items.height() <= ROWS) {
            items.put_constant();
        }
        if items.height() <= 1 && items.constant == 0 && !items.negatives() {
            return Plan { chains, result: items.row() };
        }
        let mut next = Items::empty(0, items.bits);
        // the next sort of chain only where there is none of the one before in all of the level
        let sorts: &[(bool, i64)] = match items.height() {
            0..=ROWS => &[(true, 0), (true, i64::MIN)],
            _ => &[(false, GOOD), (false, 0), (true, i64::MIN)],
        };
        let before = chains.len();
        for &(by_rows, least) in sorts {
            if chains.len() > before {
                break;
            }
            while let Some(draft) = Draft::best(&items, by_rows, least) {
                let chain = draft.take(&mut items, level);
                for bit in 0..chain.bits {
                    let source = Source::Sum { chain: chains.len(), bit };
                    next.put(chain.column + bit, Item { source, negative: false });
                }
                chains.push(chain);
            }
        }
        // what is left over first: the older a bit, the more registers it passes
        for (left, new) in items.columns.iter_mut().zip(next.columns) {
            left.extend(new);
        }
        level += 1;
    }
}

/// A chain that could be made, and the bits that it takes out.
struct Draft {
    chain: Chain,
    taken: Vec<(u32, Item)>,
    /// Taken from the constant for inverted bits.
    constant: i64,
}

impl Draft {
    /// The chain that takes out most bits a LUT, if that is at least `least`.
    fn best(items: &Items, by_rows: bool, least: i64) -> Option<Self> {
        (0..items.bits)
            .filter_map(|column| Self::at(items, column, by_rows))
            .map(|draft| (draft.gain(), draft))
            .filter(|(gain, _)| *gain >= least)
            .max_by(|(a, x), (b, y)| a.cmp(b).then(x.chain.row.len().cmp(&y.chain.row.len())))
            .map(|(_, draft)| draft)
    }

    /// Bits taken out by 1,000 LUTs of such chains.
    fn gain(&self) -> i64 {
        let removed = self.taken.len() as i64 - i64::from(self.chain.bits);
        1000 * removed / i64::from(self.chain.luts())
    }

    /// The chain that begins at `column`, as far as it finds windows.
    fn at(items: &Items, column: u32, by_rows: bool) -> Option<Self> {
        let left = &items.columns;
        let mut draft = Self {
            chain: Chain {
                level: 0,
                column,
                row: Vec::new(),
                windows: Vec::new(),
                carry: None,
                subtract: false,
                bits: 0,
            },
            taken: Vec::new(),
            constant: 0,
        };
        let mut at = column;
        while at < items.bits {
            let Some(picks) =
                (if by_rows { row_window(left, at, at == column) } else { window(left, at) })
            else {
                break;
            };
            at += draft.put(at, picks);
        }
        if draft.chain.luts() == 0 {
            return None;
        }
        let most = draft.finish(left);
        draft.chain.bits = (i64::BITS - most.leading_zeros()).min(items.bits - column);
        Some(draft)
    }

    fn put(&mut self, at: u32, picks: Picks) -> u32 {
        for (_, value) in picks.inputs.iter().filter(|(_, value)| *value < 0) {
            self.constant += i64::from(*value) << at;
        }
        self.taken.extend(picks.digits);
        self.chain.windows.push(Window { width: picks.width, inputs: picks.inputs });
        picks.width
    }

    /// The raw bits of the row and the carry; says the largest sum.
    fn finish(&mut self, left: &[Vec<Item>]) -> i64 {
        let columns: u32 = self.chain.windows.iter().map(|window| window.width).sum();
        let mut most = 0;
        let mut raw = |column: u32| {
            let free = |item: &&Item| !item.negative && !self.taken.contains(&(column, **item));
            let item = *left.get(column as usize)?.iter().find(free)?;
            most += 1i64 << (column - self.chain.column);
            self.taken.push((column, item));
            Some(item.source)
        };
        self.chain.row = (0..columns).map(|k| raw(self.chain.column + k)).collect();
        self.chain.carry = raw(self.chain.column);
        let mut at = 0;
        for window in &self.chain.windows {
            let worth: i64 = window.inputs.iter().map(|(_, v)| i64::from(v.abs())).sum();
            most += worth << at;
            at += window.width;
        }
        most
    }

    fn take(self, items: &mut Items, level: usize) -> Chain {
        for (column, item) in &self.taken {
            let column = &mut items.columns[*column as usize];
            let index = column.iter().position(|i| i == item).expect("drafted from these");
            column.remove(index);
        }
        items.constant += self.constant;
        Chain { level, ..self.chain }
    }
}

/// A window and the digits that it takes out.
struct Picks {
    width: u32,
    inputs: Vec<(Source, i8)>,
    digits: Vec<(u32, Item)>,
}

/// A window of one column: one bit beside the raw one; none where there is but a raw bit.
fn row_window(left: &[Vec<Item>], at: u32, first: bool) -> Option<Picks> {
    let column = &left[at as usize];
    let negative = column.iter().find(|item| item.negative);
    let picked = negative.or_else(|| {
        column.iter().find(|item| item.source != Source::One).filter(|_| column.len() > 1)
    });
    match picked {
        Some(item) => Some(Picks {
            width: 1,
            inputs: vec![(item.source, if item.negative { -1 } else { 1 })],
            digits: vec![(at, *item)],
        }),
        None if first || column.is_empty() => None,
        None => Some(Picks { width: 1, inputs: Vec::new(), digits: Vec::new() }),
    }
}

/// The window that begins at a column and takes out most a LUT.
fn window(left: &[Vec<Item>], at: u32) -> Option<Picks> {
    [3, 2].into_iter().filter(|width| at + width <= left.len() as u32).find_map(|width| {
        let picks = fill(left, at, width);
        let enough = if width == 3 { 5 } else { 3 };
        (picks.digits.len() >= enough).then_some(picks)
    })
}

/// Fills a window with as many digits as go in.
fn fill(left: &[Vec<Item>], at: u32, width: u32) -> Picks {
    let capacity = (1usize << width) - 1;
    let column = |column: u32| match left.get(column as usize) {
        Some(items) if column < at + width => items.as_slice(),
        _ => &[],
    };
    let columns = [column(at), column(at + 1), column(at + 2)];
    let [ones, twos, fours] = columns.map(candidates);
    // digits -1 and 4 of one bit are a 3, one slot for two
    let threes: Vec<(Item, Item)> = ones
        .iter()
        .filter_map(|low| {
            let high = fours.iter().find(|h| h.source == low.source && h.negative != low.negative);
            high.map(|high| (*low, *high))
        })
        .collect();
    let mut best = (0, 0, [0; 4]);
    for m in 0..=threes.len().min(2) {
        for n4 in 0..=usize::from(m == 0).min(fours.len()) {
            for n2 in 0..=twos.len().min(3) {
                let slots = m + n4 + n2;
                let worth = 3 * m + 4 * n4 + 2 * n2;
                if slots > SLOTS || worth > capacity {
                    continue;
                }
                let n1 = (SLOTS - slots).min(capacity - worth).min(ones.len() - m);
                let digits = 2 * m + n4 + n2 + n1;
                let [h1, h2, h4] = columns.map(<[Item]>::len);
                let heights = n1 * h1 + n2 * h2 + n4 * h4;
                if (digits, heights) > (best.0, best.1) {
                    best = (digits, heights, [m, n4, n2, n1]);
                }
            }
        }
    }
    let [m, n4, n2, n1] = best.2;
    let mut picks = Picks { width, inputs: Vec::new(), digits: Vec::new() };
    for (low, high) in &threes[..m] {
        picks.inputs.push((low.source, if high.negative { -3 } else { 3 }));
        picks.digits.extend([(at, *low), (at + 2, *high)]);
    }
    for (column, value, items, count) in
        [(at, 1, &ones, n1), (at + 1, 2, &twos, n2), (at + 2, 4, &fours, n4)]
    {
        let fresh = items
            .iter()
            .filter(|item| !picks.inputs.iter().any(|(source, _)| *source == item.source))
            .take(count)
            .copied()
            .collect::<Vec<_>>();
        for item in fresh {
            picks.inputs.push((item.source, if item.negative { -value } else { value }));
            picks.digits.push((column, item));
        }
    }
    picks
}

/// The bits of a column that a window looks at: inverted ones first, which cannot stand in a row.
fn candidates(column: &[Item]) -> Vec<Item> {
    let free = column.iter().filter(|item| item.source != Source::One);
    let mut found: Vec<Item> = free.take(LOOK).copied().collect();
    found.sort_by_key(|item| !item.negative);
    found
}
