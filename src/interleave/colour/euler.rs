//! Euler splits: a graph of even degrees falls into two of half the degrees.
//!
//! Each cell is paired with its neighbour in the row, and with another one at its right vertex. The
//! pairs make cycles of even length; along a cycle, cells go to the first half and the second in
//! turn. So of two neighbours in a row one goes to either half, and rows stay where they are.
//!
//! Following a large cycle is a chain of cache misses, each waiting for the one before: 70 ns an
//! edge at 10^7 edges, where all else takes 8. So several walkers follow cycles at once. What each
//! walks from a start until it meets cells that were visited is a *segment*; afterwards it is found
//! out which segments must change halves to agree with their neighbours.

use super::{Cell, NONE};

/// Walkers at once: beyond, more misses under way at a time bring nothing.
const WALKERS: usize = 16;
/// Row pairs that make a walker of its own worth while.
const PAIRS_A_WALKER: usize = 1 << 9;

/// In a table of partners: this cell was visited. Then bit 0 is the half that it went to, before
/// its segment, in the bits between, perhaps changes halves.
const VISITED: u32 = 1 << 31;

/// Splits a graph; the halves stand one behind the other, with rows of half the length.
///
/// `at_right` has an entry a right vertex, all [`NONE`] before and after; `partner` at least one a
/// cell and `spare` one for every second cell.
pub(super) fn split(
    cells: &mut [Cell],
    at_right: &mut [u32],
    partner: &mut [u32],
    spare: &mut [Cell],
) {
    let half = cells.len() / 2;
    let (partner, spare) = (&mut partner[..cells.len()], &mut spare[..half]);
    pair_at_right(cells, at_right, partner);
    let changes = Walk::new(partner).finish();
    for i in 0..half {
        let mark = partner[2 * i];
        let (first, second) = (cells[2 * i], cells[2 * i + 1]);
        let swap = in_second(mark) ^ changes[segment(mark) as usize];
        (cells[i], spare[i]) = if swap { (second, first) } else { (first, second) };
    }
    cells[half..].copy_from_slice(spare);
}

fn pair_at_right(cells: &[Cell], at_right: &mut [u32], partner: &mut [u32]) {
    for (p, cell) in cells.iter().enumerate() {
        let waiting = &mut at_right[cell.right as usize];
        if *waiting == NONE {
            *waiting = p as u32;
        } else {
            let q = std::mem::replace(waiting, NONE);
            partner[p] = q;
            partner[q as usize] = p as u32;
        }
    }
}

fn visited(mark: u32) -> bool {
    mark & VISITED != 0
}

fn in_second(mark: u32) -> bool {
    mark & 1 != 0
}

fn segment(mark: u32) -> u32 {
    (mark & !VISITED) >> 1
}

/// One that follows a cycle, always into a row pair by a cell of the first half and out of it by
/// one of the second.
struct Walker {
    /// The cell to go to.
    at: usize,
    segment: u32,
    /// The right partner of the cell that the segment started with.
    behind: u32,
    /// Where to look for the next start, and where to stop looking.
    next: usize,
    end: usize,
}

impl Walker {
    /// Goes to a cell that was not visited, if there is one among its own.
    fn start(&mut self, partner: &[u32]) -> bool {
        let own = &partner[self.next..self.end];
        let Some(skip) = own.iter().step_by(2).position(|&mark| !visited(mark)) else {
            self.next = self.end;
            return false;
        };
        self.next += 2 * skip;
        self.at = self.next;
        self.behind = partner[self.next];
        true
    }
}

/// All walkers on their way.
struct Walk<'a> {
    partner: &'a mut [u32],
    segments: Segments,
    /// Segments that did not come round to their own start, with the cell behind it.
    behind: Vec<(u32, u32)>,
}

impl<'a> Walk<'a> {
    fn new(partner: &'a mut [u32]) -> Self {
        Self { partner, segments: Segments::default(), behind: Vec::new() }
    }

    /// Visits every cell; says of each segment whether it changes halves.
    fn finish(mut self) -> Vec<bool> {
        let pairs = self.partner.len() / 2;
        let walkers = (pairs / PAIRS_A_WALKER).clamp(1, WALKERS);
        let mut walkers: Vec<Walker> = (0..walkers)
            .map(|w| Walker {
                at: 0,
                segment: self.segments.add(),
                behind: NONE,
                next: 2 * (pairs * w / walkers),
                end: 2 * (pairs * (w + 1) / walkers),
            })
            .collect();
        walkers.retain_mut(|walker| walker.start(self.partner));
        while !walkers.is_empty() {
            let mut w = 0;
            while let Some(walker) = walkers.get_mut(w) {
                let (here, out) = (walker.at, walker.at ^ 1);
                if visited(self.partner[here]) {
                    if !self.arrive(walker) {
                        walkers.swap_remove(w);
                        continue;
                    }
                } else {
                    walker.at = self.partner[out] as usize;
                    self.partner[here] = VISITED | walker.segment << 1;
                    self.partner[out] = VISITED | walker.segment << 1 | 1;
                }
                w += 1;
            }
        }
        for &(own, behind) in &self.behind {
            let mark = self.partner[behind as usize];
            self.segments.relate(own, segment(mark), !in_second(mark));
        }
        self.segments.changes()
    }

    /// Ends a segment at a cell that was visited and starts another, if there is a start.
    fn arrive(&mut self, walker: &mut Walker) -> bool {
        let mark = self.partner[walker.at];
        let round = segment(mark) == walker.segment;
        if !round {
            // The walker comes from the second half, so this cell should be in the first.
            self.segments.relate(walker.segment, segment(mark), in_second(mark));
            self.behind.push((walker.segment, walker.behind));
        }
        let goes_on = walker.start(self.partner);
        if goes_on && !round {
            // A whole cycle may change halves as it likes, so its number serves again.
            walker.segment = self.segments.add();
        }
        goes_on
    }
}

/// Which segments must change halves together, and which one of two: a forest of them.
#[derive(Default)]
struct Segments {
    /// The parent, and whether exactly one of segment and parent changes.
    parent: Vec<(u32, bool)>,
    size: Vec<u32>,
}

impl Segments {
    fn add(&mut self) -> u32 {
        let segment = self.parent.len() as u32;
        self.parent.push((segment, false));
        self.size.push(1);
        segment
    }

    /// The root of a segment, and whether exactly one of the two changes.
    fn root(&self, mut segment: u32) -> (u32, bool) {
        let mut differ = false;
        loop {
            let (parent, step) = self.parent[segment as usize];
            if parent == segment {
                return (segment, differ);
            }
            (segment, differ) = (parent, differ ^ step);
        }
    }

    /// Exactly one of two segments changes, or both or none do.
    fn relate(&mut self, a: u32, b: u32, differ: bool) {
        let ((a, from_a), (b, from_b)) = (self.root(a), self.root(b));
        if a != b {
            // The smaller under the larger: no path gets longer than log2 of their number.
            let (small, large) =
                if self.size[a as usize] < self.size[b as usize] { (a, b) } else { (b, a) };
            self.parent[small as usize] = (large, from_a ^ from_b ^ differ);
            self.size[large as usize] += self.size[small as usize];
        }
    }

    fn changes(&self) -> Vec<bool> {
        (0..self.parent.len() as u32).map(|segment| self.root(segment).1).collect()
    }
}
