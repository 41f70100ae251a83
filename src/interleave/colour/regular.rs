//! Makes a graph regular: merges vertices of small degree and fills up the others.

use super::{Cell, FILLER};

/// A regular multigraph of `n` vertices a side that contains the given one with vertices merged.
pub(super) struct Regular {
    pub n: usize,
    pub degree: usize,
    /// `n` rows of `degree`.
    pub cells: Vec<Cell>,
}

impl Regular {
    /// At most `2·|E| + Δ` cells: see [`Merged`].
    pub fn new(left: usize, right: usize, edges: &[(u32, u32)]) -> Self {
        let (mut left_degrees, mut right_degrees) = (vec![0; left], vec![0; right]);
        for &(l, r) in edges {
            left_degrees[l as usize] += 1u32;
            right_degrees[r as usize] += 1;
        }
        let degree = left_degrees.iter().chain(&right_degrees).copied().max().unwrap_or(0);
        let mut left = Merged::new(left_degrees, degree);
        let mut right = Merged::new(right_degrees, degree);
        let n = left.load.len().max(right.load.len());
        left.load.resize(n, 0);
        right.load.resize(n, 0);

        let degree = degree as usize;
        let mut cells = vec![Cell { right: 0, edge: FILLER }; n * degree];
        let mut end: Vec<usize> = (0..n).map(|l| l * degree).collect();
        for (edge, &(l, r)) in (0..).zip(edges) {
            let end = &mut end[left.vertex[l as usize] as usize];
            cells[*end] = Cell { right: right.vertex[r as usize], edge };
            *end += 1;
        }
        let mut r = 0;
        for (l, &end) in end.iter().enumerate() {
            for cell in &mut cells[end..(l + 1) * degree] {
                while right.load[r] as usize == degree {
                    r += 1;
                }
                right.load[r] += 1;
                cell.right = r as u32;
            }
        }
        Self { n, degree, cells }
    }
}

/// Vertices of one side, merged as long as no degree passes the limit.
///
/// Edges that share an end still do when vertices are merged, so a colouring stays one. Two merged
/// vertices always have more than `limit` edges together, else they would be one: there are at most
/// `2·|E|/limit + 1` of them.
struct Merged {
    /// The merged vertex that each vertex is part of; of no meaning for one without edges.
    vertex: Vec<u32>,
    /// The degree of each merged vertex.
    load: Vec<u32>,
}

impl Merged {
    /// Each vertex of large degree takes in as many of the smallest as fit.
    fn new(degrees: Vec<u32>, limit: u32) -> Self {
        let mut vertex = degrees;
        let mut by_degree: Vec<u32> =
            (0..).zip(&vertex).filter(|&(_, &d)| d > 0).map(|(v, _)| v).collect();
        by_degree.sort_by_key(|&v| std::cmp::Reverse(vertex[v as usize]));
        let mut load = Vec::new();
        let mut rest = by_degree.as_slice();
        while let Some((&large, mut others)) = rest.split_first() {
            let merged = load.len() as u32;
            let mut sum = std::mem::replace(&mut vertex[large as usize], merged);
            while let Some((&small, fewer)) = others.split_last()
                && sum + vertex[small as usize] <= limit
            {
                sum += std::mem::replace(&mut vertex[small as usize], merged);
                others = fewer;
            }
            load.push(sum);
            rest = others;
        }
        Self { vertex, load }
    }
}
