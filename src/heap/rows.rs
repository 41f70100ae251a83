//! Heaps for fabrics in which an adder's column takes two bits and nothing else: trees of adders.
//!
//! What is worth something negative has a tree of its own, and one subtraction joins the two: an
//! inverted bit would cost a LUT.

use super::chain::{Chain, Plan, Source, Window};
use super::items::{Item, Items};
use super::signed_digits;

pub(super) fn compress(items: Items) -> Plan {
    let bits = items.bits;
    let mut sides = [Items::empty(0, bits), Items::empty(0, bits)];
    for (column, items) in (0..).zip(items.columns) {
        for Item { source, negative } in items {
            sides[usize::from(negative)].put(column, Item { source, negative: false });
        }
    }
    for (column, negative) in signed_digits(items.constant) {
        let item = Item { source: Source::One, negative: false };
        sides[usize::from(negative)].put(column, item);
    }
    let mut chains = Vec::new();
    let [plus, minus] = sides.map(|side| sum(side, &mut chains));
    if minus.iter().all(Option::is_none) {
        return sorted(Plan { chains, result: plus });
    }
    let level = plus.iter().chain(&minus).flatten().map(|s| behind(&chains, *s)).max();
    chains.push(Chain {
        level: level.unwrap_or(0),
        column: 0,
        row: plus,
        windows: minus.into_iter().map(column_of).collect(),
        carry: None,
        subtract: true,
        bits,
    });
    let last = chains.len() - 1;
    let result = (0..bits).map(|bit| Some(Source::Sum { chain: last, bit })).collect();
    sorted(Plan { chains, result })
}

/// The first level that can take a bit in.
fn behind(chains: &[Chain], source: Source) -> usize {
    match source {
        Source::Sum { chain, .. } => chains[chain].level + 1,
        Source::Input(_) | Source::One => 0,
    }
}

fn column_of(source: Option<Source>) -> Window {
    Window { width: 1, inputs: source.map(|source| (source, 1)).into_iter().collect() }
}

/// Adds a heap of positive bits up.
fn sum(mut items: Items, chains: &mut Vec<Chain>) -> Vec<Option<Source>> {
    let mut level = 0;
    while items.height() > 1 {
        let mut next = Items::empty(0, items.bits);
        let last = items.height() == 2;
        while let Some(first) = items.columns.iter().position(|column| column.len() > 1) {
            let mut chain = Chain {
                level,
                column: first as u32,
                row: Vec::new(),
                windows: Vec::new(),
                carry: None,
                subtract: false,
                bits: 0,
            };
            let least = if last { 1 } else { 2 };
            for column in &mut items.columns[first..] {
                if column.len() < least {
                    break;
                }
                // a constant in the row, where it costs least
                column.sort_by_key(|item| item.source == Source::One);
                chain.row.push(column.pop().map(|item| item.source));
                chain.windows.push(column_of(column.pop().map(|item| item.source)));
            }
            let columns = chain.row.len() as u32;
            chain.bits = (columns + 1).min(items.bits - chain.column);
            for bit in 0..chain.bits {
                let source = Source::Sum { chain: chains.len(), bit };
                next.put(chain.column + bit, Item { source, negative: false });
            }
            chains.push(chain);
        }
        for (column, left) in (0..).zip(items.columns) {
            left.into_iter().for_each(|item| next.put(column, item));
        }
        items = next;
        level += 1;
    }
    items.row()
}

/// The same chains in the order of their levels.
fn sorted(plan: Plan) -> Plan {
    let mut order: Vec<usize> = (0..plan.chains.len()).collect();
    order.sort_by_key(|&chain| plan.chains[chain].level);
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    let renamed = |source: Source| match source {
        Source::Sum { chain, bit } => Source::Sum { chain: place[chain], bit },
        other => other,
    };
    let mut chains: Vec<Chain> = order.iter().map(|&old| plan.chains[old].clone()).collect();
    for chain in &mut chains {
        chain.row.iter_mut().flatten().for_each(|source| *source = renamed(*source));
        for window in &mut chain.windows {
            window.inputs.iter_mut().for_each(|(source, _)| *source = renamed(*source));
        }
    }
    let result = plan.result.into_iter().map(|source| source.map(renamed)).collect();
    Plan { chains, result }
}
