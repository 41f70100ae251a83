//! Which edge each lane processes in each cycle.

/// Marks a lane without work.
const IDLE: u32 = u32::MAX;

/// Edge of each cycle and lane, as its number in right order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    cycles: usize,
    lanes: usize,
    edges: Vec<u32>,
}

impl Table {
    /// A table without work.
    pub(super) fn new(cycles: usize, lanes: usize) -> Self {
        Self { cycles, lanes, edges: vec![IDLE; cycles * lanes] }
    }

    /// Cycles of a frame, `C`.
    pub fn cycles(&self) -> usize {
        self.cycles
    }

    /// Lanes, `z`.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The edge that a lane processes in a cycle.
    pub fn edge(&self, cycle: usize, lane: usize) -> Option<usize> {
        match self.edges[cycle * self.lanes + lane] {
            IDLE => None,
            edge => Some(edge as usize),
        }
    }

    /// Gives a lane work in a cycle.
    pub(super) fn put(&mut self, cycle: usize, lane: usize, edge: usize) {
        self.edges[cycle * self.lanes + lane] = edge as u32;
    }
}
