//! Renumbering: neurons of a layer may be worked on in any order, as long as whoever reads the
//! layer knows it.

use crate::ids::Neuron;
use crate::pattern::Pattern;
use crate::quantise::{QuantHead, QuantJunction};

/// The head with layer `layer` (0: the inputs) in another order: `order[p]` is the neuron that
/// comes to position `p`.
pub(super) fn renumber(head: &mut QuantHead, layer: usize, order: &[u32]) {
    if let Some(above) = head.junctions.get_mut(layer) {
        *above = renumber_left(above, order);
    }
    if layer > 0 {
        let below = &mut head.junctions[layer - 1];
        *below = renumber_right(below, order);
    }
}

/// The junction with its left neurons in another order.
pub(super) fn renumber_left(junction: &QuantJunction, order: &[u32]) -> QuantJunction {
    let mut position = vec![0u32; order.len()];
    for (p, &n) in order.iter().enumerate() {
        position[n as usize] = Neuron::new(p).0;
    }
    let d_in = junction.pattern.d_in();
    let rows = junction.pattern.left_ends().chunks_exact(d_in).zip(junction.weights.chunks(d_in));
    let rows = rows.map(|(ends, weights)| {
        let mut row: Vec<(Neuron, i32)> =
            ends.iter().zip(weights).map(|(l, &w)| (Neuron(position[l.at()]), w)).collect();
        row.sort_unstable();
        row
    });
    rebuilt(junction, rows.collect(), junction.bias.clone())
}

/// The junction with its right neurons in another order.
pub(super) fn renumber_right(junction: &QuantJunction, order: &[u32]) -> QuantJunction {
    let d_in = junction.pattern.d_in();
    let row = |&r: &u32| -> Vec<(Neuron, i32)> {
        let edges = r as usize * d_in..(r as usize + 1) * d_in;
        let ends = &junction.pattern.left_ends()[edges.clone()];
        ends.iter().copied().zip(junction.weights[edges].iter().copied()).collect()
    };
    let bias = order.iter().map(|&r| junction.bias[r as usize]).collect();
    rebuilt(junction, order.iter().map(row).collect(), bias)
}

/// The same junction with these edges; rows ascending by left neuron.
fn rebuilt(
    junction: &QuantJunction,
    rows: Vec<Vec<(Neuron, i32)>>,
    bias: Vec<i64>,
) -> QuantJunction {
    let ends: Vec<Vec<Neuron>> =
        rows.iter().map(|row| row.iter().map(|&(l, _)| l).collect()).collect();
    let pattern = Pattern::new(junction.pattern.left(), &ends).expect("the same graph");
    let weights = rows.into_iter().flatten().map(|(_, w)| w).collect();
    QuantJunction { pattern, weights, bias, ..junction.clone() }
}
