//! The closing report: sizes, and accuracies on the validation split and the test set.

use super::Run;
use crate::quantise::QuantJunction;
use crate::train::data::Examples;
use crate::train::error::TrainError;
use crate::train::evaluate::Results;
use crate::train::metrics::{ExitReport, TrainReport};
use crate::train::network::Branch;

impl Run<'_> {
    /// What is to be said of the head at the end, which is that of `kept_epoch`.
    ///
    /// # Errors
    /// If an accumulator or a bias has become wider than the datapath takes.
    pub(super) fn report(
        &mut self,
        kept_epoch: usize,
        test: &Examples,
    ) -> Result<TrainReport, TrainError> {
        let head = self.network.quantised(&self.recipe.name)?;
        let float = self.float_accuracies(test);
        let on_test = Results::of(&head, test);
        let on_validation = self.validation.as_ref().map(|split| Results::of(&head, split));
        let exit = |(i, branch): (usize, &Branch)| {
            let size = Size::of(&head.exits[i].junctions);
            ExitReport {
                after: branch.after,
                edges: size.edges,
                parameters: size.parameters,
                weights_at_limits: size.at_limits,
                rule: branch.rule,
                threshold: branch.threshold,
                validation: on_validation.as_ref().map(|results| results.exits[i].clone()),
                test_accuracy_float: float[i + 1],
                test: on_test.exits[i].clone(),
            }
        };
        let exits: Vec<ExitReport> = self.network.branches.iter().enumerate().map(exit).collect();
        let with_exits = |results: &Results| (!exits.is_empty()).then_some(results.whole);
        let size = Size::of(&head.junctions);
        Ok(TrainReport {
            name: self.recipe.name.clone(),
            edges: size.edges,
            parameters: size.parameters,
            weight_formats: head.junctions.iter().map(|j| j.weight_format).collect(),
            activation_formats: head.junctions.iter().filter_map(|j| j.output_format).collect(),
            epochs: self.records.len(),
            kept_epoch,
            weights_at_limits: size.at_limits,
            validation_accuracy: on_validation.as_ref().map(|results| results.trunk),
            test_accuracy_float: float[0],
            test_accuracy: on_test.trunk,
            validation_accuracy_with_exits: on_validation.as_ref().and_then(with_exits),
            test_accuracy_with_exits: with_exits(&on_test),
            exits,
        })
    }
}

/// How large a chain is.
struct Size {
    edges: usize,
    parameters: usize,
    /// Weights at the limits of their format.
    at_limits: usize,
}

impl Size {
    fn of(junctions: &[QuantJunction]) -> Self {
        let edges = junctions.iter().map(|j| j.weights.len()).sum();
        let biases: usize = junctions.iter().map(|j| j.bias.len()).sum();
        let at_limits = junctions.iter().map(|j| {
            let (lo, hi) = (j.weight_format.min(), j.weight_format.max());
            j.weights.iter().filter(|&&w| i64::from(w) == lo || i64::from(w) == hi).count()
        });
        Self { edges, parameters: edges + biases, at_limits: at_limits.sum() }
    }
}
