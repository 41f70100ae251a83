//! Many frames at once: tiles of frames, vectorised over the frames of a tile, tiles over the cores.

use super::requantise;
use crate::ids::Neuron;
use crate::quantise::{QuantHead, QuantJunction};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use std::ops::{Add, Mul, Shr};

/// Frames of a tile. A neuron's activations in a tile are one cache line of `i16`, its sums fit the
/// sixteen vector registers of plain x86-64, and the tile of an 800-neuron layer takes 50 KiB.
const TILE: usize = 32;

/// One neuron's codes, or sums, in all frames of a tile.
type Tile<T> = [T; TILE];

/// Computes the logits of a head's trunk for many frames on all cores: `[frames, inputs]` codes to
/// `[frames, classes]`; exits and the split count for nothing.
///
/// Integers are as narrow as the head allows: activations `i16` where every format fits, sums
/// `i16`, `i32` or `i64` by the junction's accumulator width, which no order of adding exceeds.
///
/// # Panics
/// If `frames` has not one column an input neuron, or the head no junction. Codes outside the input
/// format give wrong logits or, with overflow checks on, a panic.
pub fn run(head: &QuantHead, frames: ArrayView2<'_, i32>) -> Array2<i64> {
    logits(&head.junctions, frames)
}

/// The logits of a chain of junctions: see [`run`].
pub(super) fn logits(chain: &[QuantJunction], frames: ArrayView2<'_, i32>) -> Array2<i64> {
    let (last, hidden) = chain.split_last().expect("a chain has a junction");
    assert_eq!(last.output_format, None, "a chain ends in logits");
    if fit_i16(chain) {
        through::<i16, i64>(hidden, last, frames, |step, left, right| step.logits(left, right))
    } else {
        through::<i32, i64>(hidden, last, frames, |step, left, right| step.logits(left, right))
    }
}

/// The codes `[frames, neurons]` that a chain of junctions with output formats gives; those of an
/// empty chain are the frames themselves.
pub(super) fn activations(chain: &[QuantJunction], frames: ArrayView2<'_, i32>) -> Array2<i32> {
    let Some((last, hidden)) = chain.split_last() else { return frames.to_owned() };
    if fit_i16(chain) {
        through::<i16, i32>(hidden, last, frames, unload)
    } else {
        through::<i32, i32>(hidden, last, frames, unload)
    }
}

/// Whether all codes of a chain fit 16 bits.
fn fit_i16(chain: &[QuantJunction]) -> bool {
    let formats = chain.iter().flat_map(|j| [Some(j.input_format), j.output_format]);
    formats.flatten().all(|f| f.max() <= i64::from(i16::MAX))
}

/// Writes the codes of a step's right neurons to `[frames, neurons]`.
fn unload<A: Code>(step: &dyn Step<A>, left: &[Tile<A>], mut right: ArrayViewMut2<'_, i32>) {
    let mut codes = Vec::with_capacity(right.ncols());
    step.codes(left, &mut codes);
    for (mut column, codes) in right.columns_mut().into_iter().zip(codes) {
        column.iter_mut().zip(codes).for_each(|(code, value)| *code = value.to_code());
    }
}

/// An activation's integer, and how it becomes one.
trait Code: Copy + Default + Send + Sync + 'static {
    fn from_code(code: i32) -> Self;

    fn to_code(self) -> i32;

    /// A junction with sums of the same type, if that is ever worth it.
    fn ready_in_own_width(j: &QuantJunction) -> Option<Box<dyn Step<Self>>>;
}

impl Code for i16 {
    fn from_code(code: i32) -> Self {
        code as Self
    }

    fn to_code(self) -> i32 {
        self.into()
    }

    fn ready_in_own_width(j: &QuantJunction) -> Option<Box<dyn Step<Self>>> {
        Some(Box::new(Ready::<Self, Self>::new(j)))
    }
}

impl Code for i32 {
    fn from_code(code: i32) -> Self {
        code
    }

    fn to_code(self) -> i32 {
        self
    }

    fn ready_in_own_width(_: &QuantJunction) -> Option<Box<dyn Step<Self>>> {
        None
    }
}

/// A sum's integer: as wide as an activation or wider.
trait Sum<A>:
    Copy
    + Ord
    + From<A>
    + Add<Output = Self>
    + Mul<Output = Self>
    + Shr<u32, Output = Self>
    + Into<i64>
    + Send
    + Sync
{
    /// The nearest value there is.
    fn nearest(value: i64) -> Self;
}

macro_rules! sum {
    ($($sum:ty: $($code:ty),+;)+) => {$($(
        impl Sum<$code> for $sum {
            fn nearest(value: i64) -> Self {
                value.clamp(Self::MIN.into(), Self::MAX.into()) as Self
            }
        }
    )+)+};
}

sum! {
    i16: i16;
    i32: i16, i32;
    i64: i16, i32;
}

/// A junction made ready, whatever its sums are.
trait Step<A>: Send + Sync {
    /// Adds the codes of the right neurons to an empty `right`.
    fn codes(&self, left: &[Tile<A>], right: &mut Vec<Tile<A>>);

    /// Writes the sums of the right neurons to `[frames, neurons]`.
    fn logits(&self, left: &[Tile<A>], right: ArrayViewMut2<'_, i64>);
}

/// A junction made ready for activations `A` and sums `S`.
struct Ready<A, S> {
    /// Left neuron and weight, in right order.
    edges: Vec<(Neuron, A)>,
    d_in: usize,
    /// Bias and rounding constant, where there is one.
    start: Vec<S>,
    /// Accumulator to code; `None` for logits.
    output: Option<Output>,
}

/// How a sum becomes a code.
#[derive(Clone, Copy)]
struct Output {
    shift: i32,
    range: (i64, i64),
}

impl<A: Code, S: Sum<A>> Ready<A, S> {
    fn new(j: &QuantJunction) -> Self {
        let output = j.shift().zip(j.clamp()).map(|(shift, range)| Output { shift, range });
        let round = match output {
            Some(o) if o.shift > 0 => 1 << (o.shift - 1),
            _ => 0,
        };
        let weights = j.weights.iter().map(|&w| A::from_code(w));
        Self {
            edges: j.pattern.left_ends().iter().copied().zip(weights).collect(),
            d_in: j.pattern.d_in(),
            start: j.bias.iter().map(|b| S::nearest(b + round)).collect(),
            output,
        }
    }

    /// The sums of each right neuron, one after the other.
    fn sums<'a>(&'a self, left: &'a [Tile<A>]) -> impl Iterator<Item = Tile<S>> + 'a {
        self.edges.chunks_exact(self.d_in).zip(&self.start).map(|(row, &start)| {
            let mut sums = [start; TILE];
            for &(neuron, weight) in row {
                for (sum, &code) in sums.iter_mut().zip(&left[neuron.at()]) {
                    *sum = *sum + S::from(weight) * S::from(code);
                }
            }
            sums
        })
    }
}

impl<A: Code, S: Sum<A>> Step<A> for Ready<A, S> {
    fn codes(&self, left: &[Tile<A>], right: &mut Vec<Tile<A>>) {
        let Output { shift, range: (lo, hi) } = self.output.expect("a hidden layer has a format");
        if shift <= 0 {
            let code = |sum: S| A::from_code(requantise(sum.into(), shift, (lo, hi)));
            right.extend(self.sums(left).map(|sums| sums.map(code)));
            return;
        }
        // The constant is in `start`. Beside a negative bias it may exceed the sums' width, and the
        // shift with it: then only the sign is left, which the largest shift gives.
        let shift = (shift as u32).min(8 * size_of::<S>() as u32 - 1);
        let (lo, hi) = (S::nearest(lo), S::nearest(hi));
        let code = |sum: S| {
            let wide: i64 = (sum >> shift).clamp(lo, hi).into();
            A::from_code(wide as i32)
        };
        right.extend(self.sums(left).map(|sums| sums.map(code)));
    }

    fn logits(&self, left: &[Tile<A>], mut right: ArrayViewMut2<'_, i64>) {
        for (mut column, sums) in right.columns_mut().into_iter().zip(self.sums(left)) {
            column.iter_mut().zip(sums).for_each(|(logit, sum)| *logit = sum.into());
        }
    }
}

/// Chooses the narrowest sums for a junction.
fn ready<A: Code>(j: &QuantJunction) -> Box<dyn Step<A>>
where
    i32: Sum<A>,
    i64: Sum<A>,
{
    if j.acc_bits <= 16
        && let Some(step) = A::ready_in_own_width(j)
    {
        step
    } else if j.acc_bits <= 32 {
        Box::new(Ready::<A, i32>::new(j))
    } else {
        Box::new(Ready::<A, i64>::new(j))
    }
}

/// Frames through `hidden` and `last`, what comes out written by `put` to `[frames, neurons]`.
fn through<A: Code, T: Copy + Default + Send + Sync>(
    hidden: &[QuantJunction],
    last: &QuantJunction,
    frames: ArrayView2<'_, i32>,
    put: impl Fn(&dyn Step<A>, &[Tile<A>], ArrayViewMut2<'_, T>) + Sync,
) -> Array2<T>
where
    i32: Sum<A>,
    i64: Sum<A>,
{
    let first = hidden.first().unwrap_or(last);
    assert_eq!(frames.ncols(), first.pattern.left(), "one column a left neuron");
    let hidden: Vec<_> = hidden.iter().map(ready::<A>).collect();
    let last_step = ready::<A>(last);
    let mut all = Array2::from_elem((frames.nrows(), last.pattern.right()), T::default());
    let tiles = all.axis_chunks_iter_mut(Axis(0), TILE).into_par_iter();
    tiles.zip(frames.axis_chunks_iter(Axis(0), TILE)).for_each_init(
        || (Vec::new(), Vec::new()),
        |(left, right), (out, frames)| {
            load(frames, left);
            for step in &hidden {
                right.clear();
                step.codes(left, right);
                std::mem::swap(left, right);
            }
            put(&*last_step, left, out);
        },
    );
    all
}

/// Turns a tile's frames into rows of one neuron each; frames that are not there are zero.
fn load<A: Code>(frames: ArrayView2<'_, i32>, tile: &mut Vec<Tile<A>>) {
    tile.clear();
    tile.resize(frames.ncols(), [A::default(); TILE]);
    let rows: Vec<_> = frames.outer_iter().collect();
    for (f, row) in rows.iter().enumerate() {
        for (neuron, &code) in tile.iter_mut().zip(row) {
            neuron[f] = A::from_code(code);
        }
    }
}
