//! A perfect matching of a regular graph of odd degree, by random walks.

use super::{Cell, NONE};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Brings a perfect matching to the front; the rows behind it are shorter by one.
///
/// `at_right` has an entry a right vertex, all [`NONE`] before and after; `scratch` and `spare` have
/// at least one a left vertex.
pub(super) fn to_front(
    cells: &mut [Cell],
    at_right: &mut [u32],
    scratch: &mut [u32],
    spare: &mut [Cell],
    rng: &mut ChaCha8Rng,
) {
    let n = at_right.len();
    let degree = cells.len() / n;
    let (matched, spare) = (&mut scratch[..n], &mut spare[..n]);
    find(cells, degree, at_right, matched, rng);
    for p in at_right.iter_mut() {
        matched[*p as usize / degree] = *p;
        *p = NONE;
    }
    for l in (0..n).rev() {
        let (row, last) = (l * degree, l * degree + degree - 1);
        let p = matched[l] as usize;
        spare[l] = cells[p];
        cells[p] = cells[last];
        cells.copy_within(row..last, n + l * (degree - 1));
    }
    cells[..n].copy_from_slice(spare);
}

/// Sets `at_right` to the matched cell of each right vertex.
///
/// From a left vertex that is not matched, walk along random unmatched edges to the right and along
/// matched ones back. The edges by which left vertices were left last make a simple path; switching
/// it matches one more. The walk ends at the first left vertex that has a free neighbour, so it is
/// never longer than one that has to meet the neighbour by chance, as in the paper's bound.
fn find(
    cells: &[Cell],
    degree: usize,
    at_right: &mut [u32],
    exit: &mut [u32],
    rng: &mut ChaCha8Rng,
) {
    let free_neighbour = |l: usize, at_right: &[u32]| {
        let row = &cells[l * degree..][..degree];
        let k = row.iter().position(|cell| at_right[cell.right as usize] == NONE);
        k.map(|k| l * degree + k)
    };
    let mut unmatched = Vec::new();
    for l in 0..exit.len() {
        match free_neighbour(l, at_right) {
            Some(p) => at_right[cells[p].right as usize] = p as u32,
            None => unmatched.push(l),
        }
    }
    for start in unmatched {
        let (mut l, mut choices, mut matched) = (start, degree, usize::MAX);
        loop {
            if let Some(p) = free_neighbour(l, at_right) {
                exit[l] = p as u32;
                break;
            }
            let p = l * degree + rng.random_range(0..choices as u32) as usize;
            let p = if p >= matched { p + 1 } else { p };
            exit[l] = p as u32;
            matched = at_right[cells[p].right as usize] as usize;
            (l, choices) = (matched / degree, degree - 1);
        }
        l = start;
        loop {
            let right = cells[exit[l] as usize].right as usize;
            match std::mem::replace(&mut at_right[right], exit[l]) {
                NONE => break,
                displaced => l = displaced as usize / degree,
            }
        }
    }
}
