//! Masks: patterns drawn before training, for those who train elsewhere.

mod error;
mod folder;
mod untrained;

pub use error::MaskError;
pub use folder::{Destination, PARAMETERS, TENSORS};
pub use untrained::{Widths, untrained};

use crate::load::{MAX_CELLS, MAX_NEURONS};
use crate::pattern::{
    Choice, Count, Degrees, Family, GenerateError, MAX_EDGES, Pattern, Spread, advise, count,
    fewest_cycles, generate, junction_seed, spread,
};
use crate::schedule::Budget;

/// What masks are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Neurons of each layer, the input first.
    pub layers: Vec<usize>,
    /// Out-degree of each junction.
    pub out_degrees: Vec<usize>,
    /// Pattern family: one for all junctions or one for each.
    pub families: Vec<Family>,
    /// What clash-free families take `z` from: given for each junction, or chosen for a number of
    /// cycles by [`advise`].
    pub budget: Option<Budget>,
    /// All that is random follows from it, as in a recipe for `train`.
    pub seed: u64,
}

/// The pattern of one junction, and what can be said of it.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Layers and degrees.
    pub degrees: Degrees,
    /// What it was drawn from.
    pub family: Family,
    /// The ways to run it that were considered, the one that it was made for first; empty where the
    /// family has no parallelism.
    pub choices: Vec<Choice>,
    /// How many there are of its kind.
    pub count: Count,
    /// How it spreads the left layer.
    pub spread: Spread,
    /// The pattern itself.
    pub pattern: Pattern,
}

impl Mask {
    /// The way to run it that it was made for.
    pub fn choice(&self) -> Option<&Choice> {
        self.choices.first()
    }
}

impl Request {
    /// Draws a pattern for each junction: the same request gives the same patterns.
    ///
    /// # Errors
    /// If the lists do not go together, no such pattern exists, or a head file could not hold it.
    pub fn draw(&self) -> Result<Vec<Mask>, MaskError> {
        let plan = self.plan()?;
        let draw = |(junction, (degrees, family, choices)): (usize, Plan)| {
            let z = choices.first().map(|choice| choice.z);
            let draw = || -> Result<_, GenerateError> {
                let Degrees { left, right, d_out, .. } = degrees;
                let seed = junction_seed(self.seed, junction);
                let pattern = generate(family, left, right, d_out, z, seed)?;
                Ok((count(family, degrees, z)?, pattern))
            };
            let (count, pattern) = draw().map_err(|e| MaskError::junction(junction, e))?;
            let spread = spread(&pattern);
            Ok(Mask { degrees, family, choices, count, spread, pattern })
        };
        plan.into_iter().enumerate().map(draw).collect()
    }

    /// Checks all that can be checked before anything is drawn.
    fn plan(&self) -> Result<Vec<Plan>, MaskError> {
        let junctions = self.layers.len().saturating_sub(1);
        if junctions == 0 {
            return Err(MaskError::Layers { given: self.layers.len() });
        }
        if let Some(&neurons) = self.layers.iter().find(|&&n| n > MAX_NEURONS) {
            return Err(MaskError::Neurons { neurons });
        }
        let same_length = |option: &'static str, given: usize| match given == junctions {
            true => Ok(()),
            false => Err(MaskError::Length { option, given, junctions }),
        };
        same_length("--out-degrees", self.out_degrees.len())?;
        if self.families.len() != 1 {
            same_length("--family", self.families.len())?;
        }
        if let Some(Budget::Parallelism(list)) = &self.budget {
            same_length("--parallelism", list.len())?;
        }
        let mut edges = 0;
        let mut plan = Vec::with_capacity(junctions);
        for junction in 0..junctions {
            let (left, right) = (self.layers[junction], self.layers[junction + 1]);
            let degrees = Degrees::new(left, right, self.out_degrees[junction])
                .map_err(|e| MaskError::junction(junction, e.into()))?;
            if left * right > MAX_CELLS {
                return Err(MaskError::TooLarge { junction, left, right });
            }
            edges += degrees.edges() as u64;
            let family = self.families[junction.min(self.families.len() - 1)];
            plan.push((degrees, family, self.choices(junction, degrees, family)?));
        }
        if edges > MAX_EDGES {
            return Err(MaskError::Edges { edges });
        }
        Ok(plan)
    }

    /// The ways to run a junction; none for a family that has no parallelism.
    fn choices(
        &self,
        junction: usize,
        degrees: Degrees,
        family: Family,
    ) -> Result<Vec<Choice>, MaskError> {
        if family == Family::RandomStructured {
            return Ok(Vec::new());
        }
        match &self.budget {
            None => {
                Err(MaskError::junction(junction, GenerateError::ParallelismMissing { family }))
            }
            Some(Budget::Parallelism(list)) => {
                let (z, left) = (list[junction], degrees.left);
                if z == 0 {
                    return Err(MaskError::junction(
                        junction,
                        GenerateError::Parallelism { left, z },
                    ));
                }
                Ok(vec![Choice { z, lines: 1, lanes: z, cycles: degrees.edges() / z }])
            }
            Some(Budget::Cycles(cycles)) => {
                let choices = advise(degrees, *cycles, family);
                if choices.is_empty() {
                    let (cycles, fewest) = (*cycles, fewest_cycles(degrees));
                    return Err(MaskError::Cycles { junction, cycles, fewest });
                }
                Ok(choices)
            }
        }
    }
}

/// Degrees, family, and the ways to run it.
type Plan = (Degrees, Family, Vec<Choice>);
