//! What each policy sends, computes and gets right.

use super::error::PoliciesError;
use super::file::{Comparison, Place};
use crate::error::Error;
use crate::load;
use crate::lower::{Control, EndStage, Interface, lower};
use crate::model::{self, Outcome};
use crate::packet::{EndFormat, PacketFormat, ResultKind};
use crate::quantise::{QuantHead, QuantJunction};
use crate::schedule::{Budget, Preferences, Site, arrange};
use crate::thresholds::{Observed, Want};
use crate::train::Examples;
use ndarray::{Array2, ArrayView2};
use serde::Serialize;
use std::path::Path;

/// Bits of the stream into the edge: those of `compile`.
const BUS: u32 = 64;

/// Who computes what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// The trunk up to the split on the edge, and the branch there answers every frame.
    Edge,
    /// The edge sends the image, the server computes the whole network.
    Remote,
    /// The edge computes up to the split and sends the activations of every frame.
    Split,
    /// Likewise of those frames only that the branch at the split does not answer.
    SplitWithExit,
}

impl Policy {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edge => "all at the edge",
            Self::Remote => "all remote",
            Self::Split => "split",
            Self::SplitWithExit => "split with exit",
        }
    }
}

/// A place's samples, read once for all places that have the same.
#[derive(Clone, Debug)]
pub struct Data {
    /// To train on, the validation split included.
    pub training: Examples,
    /// To judge by.
    pub test: Examples,
    /// Bytes of a test image as it is given, one a value.
    pub image_bytes: usize,
}

/// What leaves the edge, and how many answers are right in the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// In parts of 1, whoever answers.
    pub accuracy: f64,
    /// In the mean, with the headers of packets.
    pub bytes_per_frame: f64,
    /// The share of frames that leave as an answer, in parts of 1.
    pub answered: f64,
}

/// What the compiled edge takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hardware {
    /// Clock cycles from a frame to the next.
    pub initiation_interval: usize,
    /// Clock cycles from a frame's last beat in to the first beat of its packet: of an answer where
    /// every frame is answered, of activations else.
    pub latency: usize,
    /// Likewise of an answer, where only some frames are answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_latency: Option<usize>,
}

/// A policy at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Of the network.
    pub network: String,
    /// Its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Neurons of the network's layers.
    pub neurons: Vec<usize>,
    /// Out-degrees of its junctions.
    pub out_degrees: Vec<usize>,
    /// Edges and biases of its trunk.
    pub parameters: usize,
    /// The last junction before the split.
    pub after: usize,
    /// Who computes what.
    pub policy: Policy,
    /// On the test set, in the hardware's arithmetic.
    #[serde(flatten)]
    pub traffic: Traffic,
    /// Accuracy of the same trunk computed in one place, in parts of 1.
    pub accuracy_in_one_place: f64,
    /// Bytes of an image.
    pub image_bytes: usize,
    /// Multiplications on the edge for a frame.
    pub multiplications: u64,
    /// Bits of the weights on the edge.
    pub weight_bits: u64,
    /// What the edge takes; absent where it computes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Hardware>,
    /// The chosen threshold, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
}

impl Data {
    /// Reads the samples of a place.
    ///
    /// # Errors
    /// If a file is missing, broken, or does not go with the network.
    pub fn read(place: &Place, folder: &Path) -> Result<Self, PoliciesError> {
        let read = || -> Result<Self, Error> {
            let recipe = &place.recipe;
            let paths = recipe.data.within(folder);
            let (neurons, format) = (recipe.neurons[0], recipe.input.format);
            let classes = recipe.neurons[recipe.neurons.len() - 1];
            let image_bytes =
                load::inputs(&paths.test_images.to_string_lossy(), neurons, format)?.width;
            let examples =
                |images, labels| Examples::read(images, labels, neurons, format, classes);
            Ok(Self {
                training: examples(&paths.train_images, &paths.train_labels)?,
                test: examples(&paths.test_images, &paths.test_labels)?,
                image_bytes,
            })
        };
        read().map_err(|e| PoliciesError::Head { place: place.label(), source: Box::new(e) })
    }

    /// Whether another place has the same.
    pub fn is_shared(one: &Place, other: &Place) -> bool {
        let key = |place: &Place| {
            let recipe = &place.recipe;
            let ends = (recipe.neurons[0], recipe.neurons[recipe.neurons.len() - 1]);
            (recipe.data.clone(), recipe.input.format, ends)
        };
        key(one) == key(other)
    }
}

/// All policies with the head of a place.
///
/// # Errors
/// If no threshold loses as little as it may, or the edge cannot be built in so many cycles.
pub fn compare(
    comparison: &Comparison,
    place: &Place,
    head: &QuantHead,
    data: &Data,
) -> Result<Vec<Line>, PoliciesError> {
    lines(comparison, place, head, data)
        .map_err(|e| PoliciesError::Head { place: place.label(), source: Box::new(e) })
}

fn lines(
    comparison: &Comparison,
    place: &Place,
    head: &QuantHead,
    data: &Data,
) -> Result<Vec<Line>, Error> {
    let all: Vec<u32> = (0..data.test.len() as u32).collect();
    let (frames, labels) = samples(&data.test, &all);
    let right = model::right(model::run(head, frames.view()).view(), &labels);
    let whole = right as f64 / labels.len() as f64;

    let edge = QuantHead { junctions: head.edge().to_vec(), split: None, ..head.clone() };
    let split = QuantHead { exits: Vec::new(), ..head.clone() };
    let threshold = choose(place, head, data, comparison.loss)?;
    let mut gated = head.clone();
    gated.exits[0].threshold = threshold;

    let recipe = &place.recipe;
    let biases: usize = recipe.neurons[1..].iter().sum();
    let remote = Line {
        network: place.name.clone(),
        group: place.group.clone(),
        neurons: recipe.neurons.clone(),
        out_degrees: recipe.out_degrees.clone(),
        parameters: edges(&head.junctions) as usize + biases,
        after: place.after,
        policy: Policy::Remote,
        traffic: Traffic {
            accuracy: whole,
            bytes_per_frame: data.image_bytes as f64,
            answered: 0.0,
        },
        accuracy_in_one_place: whole,
        image_bytes: data.image_bytes,
        multiplications: 0,
        weight_bits: 0,
        hardware: None,
        threshold: None,
    };
    let on_edge = |policy, head: &QuantHead, threshold| -> Result<Line, Error> {
        let junctions = || Site::all(head).map(|(_, junction)| junction);
        Ok(Line {
            policy,
            traffic: Traffic::of(head, frames.view(), &labels)?,
            // A branch stands at the end of what the edge computes, so that every frame passes all.
            multiplications: junctions().map(|j| j.pattern.edges() as u64).sum(),
            weight_bits: junctions()
                .map(|j| j.weights.len() as u64 * u64::from(j.weight_format.bits))
                .sum(),
            hardware: Some(Hardware::of(head, comparison.cycles)?),
            threshold,
            ..remote.clone()
        })
    };
    Ok(vec![
        on_edge(Policy::Edge, &edge, None)?,
        remote.clone(),
        on_edge(Policy::Split, &split, None)?,
        on_edge(Policy::SplitWithExit, &gated, Some(threshold))?,
    ])
}

/// The threshold of the only exit that loses so few points on the validation split.
fn choose(place: &Place, head: &QuantHead, data: &Data, loss: f64) -> Result<i64, Error> {
    let (_, mut kept_out) = place.recipe.parts(data.training.len())?;
    kept_out.sort_unstable();
    let (frames, labels) = samples(&data.training, &kept_out);
    let observed = Observed::new(head, frames.view(), &labels, ResultKind::Class)?;
    let (point, _) = observed.choose(Want::Loss(loss))?;
    Ok(point.thresholds[0])
}

/// Some samples as frames of the reference, `[frames, neurons]`, with their labels.
fn samples(examples: &Examples, which: &[u32]) -> (Array2<i32>, Vec<u32>) {
    let mut frames = Array2::zeros((which.len(), examples.neurons()));
    let mut labels = Vec::with_capacity(which.len());
    for (mut row, &sample) in frames.rows_mut().into_iter().zip(which) {
        let codes = examples.codes(sample as usize);
        row.iter_mut().zip(codes).for_each(|(to, code)| *to = code.into());
        labels.push(examples.label(sample as usize).into());
    }
    (frames, labels)
}

fn edges(junctions: &[QuantJunction]) -> u64 {
    junctions.iter().map(|j| j.pattern.edges() as u64).sum()
}

impl Traffic {
    /// What a head sends of `frames`, `[frames, inputs]` codes, and who is right: the head itself, or
    /// the tail behind its split on what it was sent.
    ///
    /// # Errors
    /// If no packets can be made for the head.
    ///
    /// # Panics
    /// If `frames` has not one column an input neuron, or `labels` not one value a frame.
    pub fn of(
        head: &QuantHead,
        frames: ArrayView2<'_, i32>,
        labels: &[u32],
    ) -> Result<Self, Error> {
        assert_eq!(frames.nrows(), labels.len(), "one label a frame");
        let packets = PacketFormat::new(head, ResultKind::Class, None)
            .map_err(crate::lower::InterfaceError::from)?;
        let (mut right, mut answered, mut bytes) = (0, 0, 0);
        let (mut sent, mut of_sent) = (Vec::new(), Vec::new());
        for (outcome, &label) in model::outcomes(head, frames).into_iter().zip(labels) {
            match (outcome, &packets.end) {
                (Outcome::Activations(codes), EndFormat::Codes(format)) => {
                    bytes += format.bytes(&codes);
                    sent.push(codes);
                    of_sent.push(label);
                }
                (Outcome::Answer { exit, decision, .. }, _) => {
                    let from = packets.answers().find(|(from, _)| *from == exit);
                    let (_, format) = from.expect("who answers has a format");
                    bytes += format.bytes();
                    answered += 1;
                    right += usize::from(decision.class == label as usize);
                }
                (Outcome::Activations(_), _) => unreachable!("activations come from a split"),
            }
        }
        let sent: Vec<&[i32]> = sent.iter().map(Vec::as_slice).collect();
        let classes = model::tail_classes(head, &sent).into_iter().zip(&of_sent);
        right += classes.filter(|(class, label)| *class == **label as usize).count();
        let share = |n: usize| n as f64 / labels.len() as f64;
        Ok(Self {
            accuracy: share(right),
            bytes_per_frame: share(bytes),
            answered: share(answered),
        })
    }
}

impl Hardware {
    /// Compiles a head at a budget, which is cut to what the head can use, for packets without
    /// logits on the stream that `compile` has.
    ///
    /// # Errors
    /// If no hardware can be made of it.
    pub fn of(head: &QuantHead, cycles: usize) -> Result<Self, Error> {
        let interface =
            Interface { bus_bits: BUS, result: ResultKind::Class, control: Control::Auto };
        let most = Site::all(head).map(|(_, j)| j.pattern.edges()).max().unwrap_or(1);
        let per_beat = interface.bus(head)?.codes_per_beat();
        let budget = Budget::Cycles(cycles.min(most));
        let arranged = arrange(head, &budget, &Preferences::default(), per_beat)?;
        let design = lower(&arranged, interface)?;
        let gated = matches!(design.end, EndStage::Split(_)) && !design.exits.is_empty();
        Ok(Self {
            initiation_interval: design.initiation_interval,
            latency: design.latency(),
            exit_latency: gated.then(|| design.exit_latency(0)),
        })
    }
}
