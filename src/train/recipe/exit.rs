//! Branches of early exits in a recipe: the `[[exit]]` tables.

use super::{
    ActivationFormat, FormatPlan, JunctionPlan, OneOrMany, Recipe, WeightFormat, key, same_length,
};
use crate::load::Split;
use crate::pattern::{Degrees, Family, GenerateError, MAX_EDGES};
use crate::quantise::Format;
use crate::quantise::Rule;
use crate::train::error::TrainError;
use serde::{Deserialize, Serialize};

/// A branch off a hidden layer of the trunk, trained with it. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitRecipe {
    /// The trunk junction whose output feeds the branch, from 0.
    pub after: usize,
    /// Neurons of each layer of the branch behind the shared one, the classes last.
    pub neurons: Vec<usize>,
    /// Out-degree of each junction of the branch.
    pub out_degrees: Vec<usize>,
    /// Pattern family, one for all junctions or one for each; the trunk's, if that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<OneOrMany<Family>>,
    /// Banks and lanes of each junction, for clash-free families.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<Vec<usize>>,
    /// Format of the weights, one for all junctions or one for each; the trunk's, if that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_format: Option<OneOrMany<WeightFormat>>,
    /// Format of the branch's hidden activations, one for all or one for each; the trunk's, if that
    /// has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation_format: Option<OneOrMany<ActivationFormat>>,
    /// What the branch's loss is multiplied by before it is added to the trunk's.
    #[serde(default = "default_loss_weight")]
    pub loss_weight: f64,
    /// Whether the trunk learns nothing from the branch: it then trains as if there were none.
    #[serde(default)]
    pub detach: bool,
    /// When the exit answers.
    pub rule: Rule,
    /// What the rule compares with: see [`Rule`].
    pub threshold: i64,
}

fn default_loss_weight() -> f64 {
    1.0
}

/// One exit of a checked recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct ExitPlan {
    /// The trunk junction whose output feeds the branch.
    pub after: usize,
    /// The junctions of the branch, never none.
    pub junctions: Vec<JunctionPlan>,
    /// Factor of the branch's loss.
    pub loss_weight: f32,
    /// Whether no gradient goes from the branch into the trunk.
    pub detach: bool,
    /// When the exit answers.
    pub rule: Rule,
    /// What the rule compares with.
    pub threshold: i64,
}

impl Recipe {
    /// The branches of the exits off a checked `trunk`, in the recipe's order.
    ///
    /// # Errors
    /// If a key of an exit has a value that cannot be, alone or with the trunk's.
    pub fn exit_plans(&self, trunk: &[JunctionPlan]) -> Result<Vec<ExitPlan>, TrainError> {
        let of = |(i, exit): (usize, &ExitRecipe)| {
            let before = i.checked_sub(1).map(|i| self.exits[i].after);
            exit.plan(self, trunk, before).map_err(|error| error.in_exit(i))
        };
        let plans: Vec<ExitPlan> =
            self.exits.iter().enumerate().map(of).collect::<Result<_, _>>()?;
        let branches = plans.iter().flat_map(|exit| &exit.junctions);
        let edges: usize = trunk.iter().chain(branches).map(|j| j.degrees.edges()).sum();
        if edges as u64 > MAX_EDGES {
            return Err(TrainError::Edges { edges });
        }
        Ok(plans)
    }

    /// Whether a head file can have the split: it leaves a tail, and no exit stands behind it.
    pub(super) fn check_split(&self) -> Result<(), TrainError> {
        let Some(Split { after }) = self.split else { return Ok(()) };
        let junctions = self.neurons.len() - 1;
        if after + 1 >= junctions {
            let problem = format!(
                "is {after}; `neurons` makes {junctions} junctions, and one at least must be left for the tail"
            );
            return key("split.after", problem);
        }
        match self.exits.iter().find(|exit| exit.after > after) {
            Some(exit) => key(
                "split.after",
                format!("is {after}; an exit stands behind it, after junction {}", exit.after),
            ),
            None => Ok(()),
        }
    }
}

impl ExitRecipe {
    /// `before` is where the exit before stands.
    fn plan(
        &self,
        recipe: &Recipe,
        trunk: &[JunctionPlan],
        before: Option<usize>,
    ) -> Result<ExitPlan, TrainError> {
        let shared = self.check_place(trunk, before)?;
        self.check_numbers(recipe)?;
        let junctions = self.neurons.len();
        same_length("out_degrees", self.out_degrees.len(), junctions)?;
        if let Some(list) = &self.parallelism {
            same_length("parallelism", list.len(), junctions)?;
        }
        let families = own_or_trunks(&self.pattern, &recipe.pattern, junctions, "pattern")?;
        let weights =
            own_or_trunks(&self.weight_format, &recipe.weight_format, junctions, "weight_format")?;
        let hidden = own_or_trunks(
            &self.activation_format,
            &recipe.activation_format,
            junctions - 1,
            "activation_format",
        )?;
        let weights: Vec<FormatPlan> =
            weights.into_iter().map(WeightFormat::plan).collect::<Result<_, _>>()?;
        let hidden: Vec<FormatPlan> =
            hidden.into_iter().map(ActivationFormat::plan).collect::<Result<_, _>>()?;
        recipe.check_open("weight_format", &weights)?;
        recipe.check_open("activation_format", &hidden)?;
        let mut left = trunk[self.after].degrees.right;
        let mut input_format = shared;
        let mut plan = Vec::with_capacity(junctions);
        for j in 0..junctions {
            let degrees = Degrees::new(left, self.neurons[j], self.out_degrees[j])
                .map_err(|e| TrainError::Pattern { junction: j, source: GenerateError::from(e) })?;
            let output_format = hidden.get(j).copied();
            plan.push(JunctionPlan {
                degrees,
                family: families[j],
                parallelism: self.parallelism.as_ref().map(|list| list[j]),
                input_format,
                weight_format: weights[j],
                output_format,
            });
            left = self.neurons[j];
            input_format = output_format.map_or(input_format, |plan| plan.format);
        }
        Ok(ExitPlan {
            after: self.after,
            junctions: plan,
            loss_weight: self.loss_weight as f32,
            detach: self.detach,
            rule: self.rule,
            threshold: self.threshold,
        })
    }

    /// The format of the layer that the branch shares with the trunk.
    fn check_place(
        &self,
        trunk: &[JunctionPlan],
        before: Option<usize>,
    ) -> Result<Format, TrainError> {
        if let Some(before) = before.filter(|&before| before >= self.after) {
            let problem =
                format!("is {}, the exit before has {before}; they must ascend", self.after);
            return key("after", problem);
        }
        match trunk.get(self.after).and_then(|j| j.output_format) {
            Some(plan) => Ok(plan.format),
            None if trunk.len() < 2 => {
                let problem =
                    "must name a junction with another behind it; `neurons` makes one only";
                key("after", format!("is {}; it {problem}", self.after))
            }
            None => {
                let last = trunk.len() - 2;
                key(
                    "after",
                    format!(
                        "is {}; it must be 0 to {last}, a junction of the trunk that has another behind it",
                        self.after
                    ),
                )
            }
        }
    }

    fn check_numbers(&self, recipe: &Recipe) -> Result<(), TrainError> {
        let classes = recipe.neurons.last().copied();
        if self.neurons.last().copied() != classes {
            let (found, classes) = (&self.neurons, classes.unwrap_or(0));
            return key("neurons", format!("is {found:?}; it must end with the {classes} classes"));
        }
        let weight = self.loss_weight;
        if !(weight as f32).is_finite() || weight < 0.0 {
            return key("loss_weight", format!("is {weight}; it must be 0 or a number above"));
        }
        if self.threshold < 0 {
            let problem = "a margin is 0 or above, so it must be too";
            return key("threshold", format!("is {}; {problem}", self.threshold));
        }
        Ok(())
    }
}

/// The exit's own values of a key, or the one that all of the trunk has; one for each of `n`.
fn own_or_trunks<T: Copy>(
    own: &Option<OneOrMany<T>>,
    trunk: &OneOrMany<T>,
    n: usize,
    name: &'static str,
) -> Result<Vec<T>, TrainError> {
    match (own, trunk) {
        (Some(own), _) => own.spread(n, name),
        (None, OneOrMany::One(one)) => Ok(vec![*one; n]),
        (None, OneOrMany::Many(_)) if n == 0 => Ok(Vec::new()),
        (None, OneOrMany::Many(_)) => {
            key(name, "is missing; the trunk lists several, so the exit must say which")
        }
    }
}
