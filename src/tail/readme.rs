//! The description beside a tail.

use super::{ONNX, TailError, Width};
use crate::quantise::QuantHead;
use crate::save::{HEAD, TENSORS};

/// What the tensors mean, and whose tail it is.
pub fn readme(head: &QuantHead, identity: &str) -> Result<String, TailError> {
    let (tail, edge) = (head.tail(), head.edge().len());
    let (first, last) = (&tail[0], &tail[tail.len() - 1]);
    let (neurons, format) = (first.pattern.left(), first.input_format);
    let (low, high) = head.edge()[edge - 1].clamp().unwrap_or((format.min(), format.max()));
    let classes = last.pattern.right();
    let frac = last.acc_frac();
    let width = Width::of(tail)?.name();
    let name = &head.name;
    let (from, to) = (edge, head.junctions.len() - 1);
    let junctions =
        if from == to { format!("junction {from}") } else { format!("junctions {from} to {to}") };
    Ok(format!(
        "# The tail of {name}

What follows behind the split after junction {after}: {junctions} of the trunk, in integers.

Identity of the whole head, SHA-256 of its content, also in the ONNX file's metadata under
`identity`:

    {identity}

`{ONNX}`, which holds exact integers in {width}:

| tensor | type | meaning |
|---|---|---|
| `codes` in | int32 [batch, {neurons}] | the split's layer, in the head's own order of neurons: codes {format}, {low} to {high}; a code `q` stands for `q · 2^{exponent}` |
| `logits` out | int64 [batch, {classes}] | accumulators of the last junction; one stands for `2^{logit}` |
| `class` out | int64 [batch] | the largest logit's index, the lowest of several |

A packet has its codes in another order: decode it by the `packet` of the package's manifest.json,
as `clashfree::packet` and `clashfree_packets.py` do. Codes outside their range are not checked.

No value needs more bits than {width} has, so every runtime that keeps to IEEE 754 gives the reference's
integers. One that computes with fewer bits, as GPUs do with TF32, does not: use the CPU, or turn that
off.

`{HEAD}` and `{TENSORS}` are the same tail as a head: `clashfree infer FOLDER --inputs
codes.npy -o logits.npy`.
",
        after = edge - 1,
        exponent = -format.frac,
        logit = -frac,
    ))
}
