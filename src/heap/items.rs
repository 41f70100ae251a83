//! The bits of a heap while it is added up.

use super::chain::Source;
use super::{Heap, signed_digits};

/// A bit in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub source: Source,
    /// Worth its column negatively.
    pub negative: bool,
}

/// A heap by columns, and its constant.
#[derive(Clone, Debug)]
pub(super) struct Items {
    pub columns: Vec<Vec<Item>>,
    pub constant: i64,
    pub bits: u32,
}

impl Items {
    pub fn of(heap: &Heap) -> Self {
        let mut items = Self::empty(heap.constant, heap.bits);
        for &(bit, worth) in &heap.terms {
            for (column, negative) in signed_digits(worth) {
                items.put(column, Item { source: Source::Input(bit), negative });
            }
        }
        items
    }

    pub fn empty(constant: i64, bits: u32) -> Self {
        Self { columns: vec![Vec::new(); bits as usize], constant, bits }
    }

    /// What is above the result's width counts nothing.
    pub fn put(&mut self, column: u32, item: Item) {
        if column < self.bits {
            self.columns[column as usize].push(item);
        }
    }

    pub fn height(&self) -> usize {
        self.columns.iter().map(Vec::len).max().unwrap_or(0)
    }

    pub fn negatives(&self) -> bool {
        self.columns.iter().flatten().any(|item| item.negative)
    }

    /// The constant as bits that are always 1.
    pub fn put_constant(&mut self) {
        for column in 0..self.bits {
            if self.constant >> column & 1 == 1 {
                self.put(column, Item { source: Source::One, negative: false });
            }
        }
        self.constant = 0;
    }

    /// The bits of a heap of one row.
    pub fn row(&self) -> Vec<Option<Source>> {
        self.columns.iter().map(|column| column.first().map(|item| item.source)).collect()
    }
}
