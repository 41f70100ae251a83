//! Draws a pattern of a family: same family, shape and seed, same pattern.

use super::clash_free::{self, ClashFree};
use super::random_structured;
use super::{DegreeError, Degrees, Family, Pattern};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws a pattern from `left` to `right` neurons with out-degree `d_out`.
///
/// `z`, the number of banks and lanes, is needed by the clash-free families and looked at by no
/// other. It must divide `left`: banks of unequal depth would leave lanes idle in the last cycle of
/// every sweep. Any shape with feasible degrees and such a `z` has patterns in every family (see
/// [`ClashFree::draw`] for the proof), so there is no error for a search that fails.
///
/// # Errors
/// If the degrees are not feasible, or `z` is missing or does not divide `left`. The message names
/// the nearest that work.
pub fn generate(
    family: Family,
    left: usize,
    right: usize,
    d_out: usize,
    z: Option<usize>,
    seed: u64,
) -> Result<Pattern, GenerateError> {
    let degrees = Degrees::new(left, right, d_out)?;
    match family {
        Family::RandomStructured => {
            Ok(random_structured::draw(degrees, &mut ChaCha8Rng::seed_from_u64(seed)))
        }
        Family::ClashFree { starts, dither } => {
            let z = z.ok_or(GenerateError::ParallelismMissing { family })?;
            Ok(ClashFree::draw(degrees, z, starts, dither, seed)?.pattern().clone())
        }
    }
}

/// The seed of a junction's pattern, where one seed decides about a whole head: the same in `train`
/// and in `pattern`.
pub fn junction_seed(seed: u64, junction: usize) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(junction as u64);
    rng.next_u64()
}

/// Why no pattern could be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum GenerateError {
    /// No such degrees.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Degrees(#[from] DegreeError),
    /// A clash-free family without a parallelism.
    #[error("the pattern family {family} needs a parallelism (z, the number of banks and lanes)")]
    #[diagnostic(
        code(clashfree::pattern::parallelism_missing),
        help(
            "give `parallelism` in a recipe, `--parallelism` or `--cycles` on the command line, or take {}",
            Family::RandomStructured
        )
    )]
    ParallelismMissing {
        /// The family asked for.
        family: Family,
    },
    /// Banks of unequal depth.
    #[error(
        "a clash-free pattern with parallelism {z} needs a left layer that {z} divides, not {left} \
         neurons; the nearest parallelisms that work: {}",
        clash_free::nearest_parallelisms(*left, *z)
    )]
    #[diagnostic(
        code(clashfree::pattern::parallelism),
        help(
            "give one of these: {}; or change the left layer",
            clash_free::nearest_parallelisms(*left, *z)
        )
    )]
    Parallelism {
        /// Left neurons.
        left: usize,
        /// The parallelism asked for.
        z: usize,
    },
}
