//! What a head does on labelled frames, whoever answers them: all that thresholds are chosen by.

use super::ThresholdError;
use crate::model::{self, Computed, Decision, End, classify};
use crate::packet::{EndFormat, PacketFormat, ResultKind};
use crate::quantise::{QuantExit, QuantHead, QuantJunction, Rule, Softmax};
use ndarray::{ArrayView1, ArrayView2, s};
use std::ops::RangeInclusive;

/// Frames that are computed at a time: 26 MB of 800 neurons.
const AT_ONCE: usize = 8192;

/// A head's exits and its end, seen on some frames.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The exits whose thresholds count, in order: all, but for one that ends the trunk and answers
    /// whatever its rule says.
    pub(super) exits: Vec<Branch>,
    /// Who answers what no exit does: the trunk's end on the edge, the tail behind the split, or the
    /// last exit.
    pub(super) end: Rest,
    /// Whether the frames that do not exit leave as activations.
    pub(super) split: bool,
    /// Bytes of the split's layer, packed and not compressed; of the answer where there is no split.
    pub(super) packed: usize,
}

/// An exit on some frames; vectors have one value a frame.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    /// The largest threshold at which the rule holds.
    pub confidence: Vec<i64>,
    /// Whether the branch's class is the label.
    pub right: Vec<bool>,
    /// Frames by falling confidence, the first of equal ones first.
    pub order: Vec<u32>,
    /// Of an answer.
    pub bytes: u64,
    /// Products on the edge for a frame that exits here.
    pub products: u64,
    /// The thresholds that it can be given.
    pub range: RangeInclusive<i64>,
}

/// What happens to frames that do not exit; vectors have one value a frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    pub right: Vec<bool>,
    /// That leave the edge.
    pub bytes: Vec<u32>,
    /// Products on the edge.
    pub products: u64,
}

/// The same head with another rule at all exits; each has the rule's largest threshold until one is
/// chosen.
pub fn with_rule(head: &QuantHead, rule: Rule) -> QuantHead {
    let exits = head.exits.iter().map(|exit| {
        let threshold = *rule.thresholds(exit.last().acc_bits).end();
        let softmax = (rule == Rule::Softmax).then(|| Softmax::new(exit.last().acc_frac()));
        QuantExit { rule, threshold, softmax, ..exit.clone() }
    });
    QuantHead { exits: exits.collect(), ..head.clone() }
}

impl Observed {
    /// Runs the reference model over `frames`, `[frames, inputs]` codes, with one label a frame.
    /// Answers carry what `result` says.
    ///
    /// # Errors
    /// If the head has no exit with a threshold that counts.
    ///
    /// # Panics
    /// If `frames` has not one column an input neuron, or `labels` not one value a frame.
    pub fn new(
        head: &QuantHead,
        frames: ArrayView2<'_, i32>,
        labels: &[u32],
        result: ResultKind,
    ) -> Result<Self, ThresholdError> {
        assert_eq!(frames.nrows(), labels.len(), "one label a frame");
        let chosen = counting(head)?;
        let packets = PacketFormat::new(head, result, None)?;
        let mut products = 0;
        let mut from = 0;
        let mut exits = Vec::with_capacity(chosen);
        for (exit, format) in head.exits.iter().zip(&packets.exits) {
            products += edges(&head.junctions[from..=exit.after]) + edges(&exit.junctions);
            from = exit.after + 1;
            exits.push(Branch {
                confidence: Vec::with_capacity(labels.len()),
                right: Vec::with_capacity(labels.len()),
                order: Vec::new(),
                bytes: format.bytes() as u64,
                products,
                range: exit.thresholds(),
            });
        }
        let mut end = Rest { products: products + edges(&head.edge()[from..]), ..Rest::default() };
        for (frames, labels) in
            frames.axis_chunks_iter(ndarray::Axis(0), AT_ONCE).zip(labels.chunks(AT_ONCE))
        {
            let computed = model::compute(head, frames);
            for ((branch, exit), logits) in exits.iter_mut().zip(&head.exits).zip(&computed.exits) {
                for (logits, &label) in logits.rows().into_iter().zip(labels) {
                    branch.confidence.push(model::confidence(exit, &logits.to_vec()));
                    branch.right.push(is(classify(logits), label));
                }
            }
            end.add(head, &packets.end, &computed, labels);
        }
        let split = head.split.is_some();
        let mut packed = match &packets.end {
            EndFormat::Answer(format) => format.bytes(),
            EndFormat::Codes(format) => format.longest(),
            EndFormat::Nothing => 0,
        };
        if chosen < head.exits.len() {
            let last = exits.pop().expect("an exit ends the trunk");
            packed = last.bytes as usize;
            end.bytes = vec![last.bytes as u32; labels.len()];
            end.right = last.right;
        }
        for branch in &mut exits {
            branch.order = (0..labels.len() as u32).collect();
            branch.order.sort_by_key(|&frame| -i128::from(branch.confidence[frame as usize]));
        }
        Ok(Self { exits, end, split, packed })
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.end.right.len()
    }

    /// Number of exits whose thresholds count.
    pub fn exits(&self) -> usize {
        self.exits.len()
    }

    /// Whether the frames that do not exit leave as activations.
    pub fn split(&self) -> bool {
        self.split
    }

    /// Frames that are right without any exit: the trunk, with its tail, answers all; where an exit
    /// ends the trunk, that one does.
    pub fn reference_right(&self) -> usize {
        self.end.right.iter().filter(|&&right| right).count()
    }

    /// Bytes a frame if none exits and activations are not compressed, header included; those of an
    /// answer if the head has no split.
    pub fn packed_bytes(&self) -> usize {
        self.packed
    }
}

impl Rest {
    /// Adds frames that were computed, but for what the last exit answers.
    fn add(&mut self, head: &QuantHead, format: &EndFormat, computed: &Computed, labels: &[u32]) {
        match (&computed.end, format) {
            (End::Logits(logits), EndFormat::Answer(format)) => {
                self.bytes.extend(vec![format.bytes() as u32; labels.len()]);
                let rows = logits.rows().into_iter().zip(labels);
                self.right.extend(rows.map(|(row, &label)| is(classify(row), label)));
            }
            (End::Activations(codes), EndFormat::Codes(format)) => {
                let size = |row: ArrayView1<'_, i32>| format.bytes(&row.to_vec()) as u32;
                self.bytes.extend(codes.rows().into_iter().map(size));
                let logits = model::tail(head, codes.slice(s![.., ..]));
                let rows = logits.rows().into_iter().zip(labels);
                self.right.extend(rows.map(|(row, &label)| is(classify(row), label)));
            }
            // what the last exit answers
            _ => {}
        }
    }
}

/// How many exits have a threshold that counts.
fn counting(head: &QuantHead) -> Result<usize, ThresholdError> {
    let name = head.name.clone();
    match (head.exits.len(), head.gates()) {
        (0, _) => Err(ThresholdError::NoExits { name }),
        (_, 0) => Err(ThresholdError::OnlyExit { name }),
        (_, gates) => Ok(gates),
    }
}

fn edges(junctions: &[QuantJunction]) -> u64 {
    junctions.iter().map(|j| j.pattern.edges() as u64).sum()
}

fn is(Decision { class, .. }: Decision, label: u32) -> bool {
    class == label as usize
}
