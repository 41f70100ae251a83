//! Formats that a recipe leaves open, chosen at the end of the warm-up.

use super::Run;
use crate::quantise::Format;
use crate::ranges::{Sample, best_frac};
use crate::train::error::TrainError;
use crate::train::kernels::SHARD;
use crate::train::network::Precision;
use crate::train::recipe::JunctionPlan;
use rayon::prelude::*;

/// Training samples that are looked at to choose the formats of activations.
const SAMPLES: usize = 8192;

impl Run<'_> {
    /// Gives each format without binary places those with which rounding and saturating its values,
    /// the float weights or activations as they are now, makes the least squared error.
    ///
    /// # Errors
    /// If an accumulator becomes wider than the datapath takes.
    pub(super) fn choose_formats(&mut self) -> Result<(), TrainError> {
        let trunk = self.recipe.plan()?;
        let exits = self.recipe.exit_plans(&trunk)?;
        let branches = exits.into_iter().flat_map(|exit| exit.junctions);
        // As the network counts its junctions.
        let plan: Vec<JunctionPlan> = trunk.into_iter().chain(branches).collect();
        let activations = self.activations(&plan);
        for (j, (plan, activations)) in plan.iter().zip(&activations).enumerate() {
            if plan.weight_format.open {
                let junction = &mut self.network.junctions[j];
                junction.weight_format = suited(plan.weight_format.format, &junction.weights);
            }
            if let Some(output) = plan.output_format.filter(|output| output.open) {
                let format = suited(output.format, activations.values());
                self.network.set_output_format(j, format);
            }
        }
        self.network.quantised(&self.recipe.name)?;
        Ok(())
    }

    /// The activations above 0 of each hidden layer with an open format; none of other layers. What
    /// is not above 0 is 0 in every format.
    fn activations(&mut self, plan: &[JunctionPlan]) -> Vec<Sample> {
        let open = |plan: &JunctionPlan| plan.output_format.is_some_and(|output| output.open);
        let mut found = vec![Sample::default(); plan.len()];
        if !plan.iter().any(open) {
            return found;
        }
        let count = SAMPLES.min(self.order.len());
        let input = self.recipe.input.format;
        let Self { network, values, shards, training, .. } = self;
        network.effective(Precision::Float, values);
        for group in self.order[..count].chunks(SHARD * shards.len()) {
            shards.par_iter_mut().zip(group.par_chunks(SHARD)).for_each(|(shard, samples)| {
                shard.load(training, samples, input);
                shard.forward(network, values, Precision::Float);
            });
            for (shard, samples) in shards.iter().zip(group.chunks(SHARD)) {
                for (j, _) in plan.iter().enumerate().filter(|(_, plan)| open(plan)) {
                    let columns = shard.layer(j + 1).iter().flat_map(|c| &c[..samples.len()]);
                    found[j].extend(columns.copied().filter(|&x| x > 0.0));
                }
            }
        }
        found
    }
}

/// The format with the binary places that suit the values best.
fn suited(format: Format, values: &[f32]) -> Format {
    let frac = best_frac(values, format.bits, format.signed);
    Format { frac, ..format }
}
