//! Trains heads of fixed connections: connected edges only, quantised as the hardware quantises.
//!
//! After Dey et al., JETCAS 2019 (equations 1 to 4) and Capogrosso et al., FDL 2024 (equation 7):
//! forward, backward and update visit the edges of the pattern and nothing else. Adam with a
//! learning rate that decays by `1/(1 + decay·t)`, softmax cross-entropy, He-normal weights, bias
//! 0.1. The first epochs (`warmup`) compute in floats; the others round and saturate as design
//! numbers do, and the gradient passes straight through (Bengio, Léonard and Courville 2013).
//!
//! Branches of early exits are trained with the trunk: the losses are added, each with its weight,
//! and a layer that trunk and branch share gets the sum of their gradients; a detached branch gives
//! none.
//!
//! Two runs with one recipe give the same bytes, however many cores there are: a batch is cut into
//! shards of a fixed size, and their gradients are added in the shards' order.

mod adam;
mod augment;
mod data;
mod error;
mod evaluate;
mod fit;
mod folder;
mod kernels;
mod metrics;
mod network;
mod recipe;
mod shard;

pub use augment::Augment;
pub use data::Examples;
pub use error::TrainError;
pub use evaluate::{ExitResult, evaluate};
pub use fit::{Run, Snapshot, Trained, train};
pub use folder::{Destination, FILES};
pub use metrics::{EpochRecord, ExitRecord, ExitReport, Phase, TrainReport};
pub use network::check_patterns;
pub use recipe::{
    ActivationFormat, DataPaths, EarlyStopping, ExitPlan, ExitRecipe, FormatPlan, InputRecipe,
    JunctionPlan, Keep, OneOrMany, Recipe, Schedule, WeightFormat,
};

#[cfg(test)]
mod tests;
