//! The graph of a tail: exact integers in floats.
//!
//! Every value is an integer, or one times a power of two, of no more bits than the float's mantissa
//! has: [`Width::of`] sees to it by the accumulators' widths, which hold every partial sum in any
//! order. So no operation rounds, whatever order a runtime adds in and whether it fuses.

use super::TailError;
use super::onnx::{
    Attribute, Dimension, Element, Graph, INT, IR_VERSION, Model, Node, OPSET, OperatorSet,
    Property, Shape, Tensor, TensorType, Type, Value,
};
use crate::quantise::{QuantHead, QuantJunction};

/// Most bytes of constants: protobuf readers take no file of 2 GiB, names and nodes included.
const MAX_BYTES: u64 = (1 << 31) - (1 << 20);

/// The floats that hold a tail's integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// `f32`: accumulators of 25 bits at most, so that no magnitude exceeds `2^24`.
    Single,
    /// `f64`: 54 bits at most.
    Double,
}

impl Width {
    /// The narrowest for a chain of junctions.
    ///
    /// # Errors
    /// If an accumulator does not fit `f64`.
    pub fn of(chain: &[QuantJunction]) -> Result<Self, TailError> {
        let bits = chain.iter().map(|j| j.acc_bits).max().unwrap_or(0);
        match bits {
            ..=25 => Ok(Self::Single),
            26..=54 => Ok(Self::Double),
            _ => Err(TailError::Accumulator { bits }),
        }
    }

    fn element(self) -> Element {
        match self {
            Self::Single => Element::Float,
            Self::Double => Element::Double,
        }
    }

    /// Bytes of one.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Single => 4,
            Self::Double => 8,
        }
    }

    /// The name that README and users know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "float32",
            Self::Double => "float64",
        }
    }

    /// A constant of these values, all of which are exact.
    fn tensor(self, name: String, dims: Vec<i64>, values: impl Iterator<Item = f64>) -> Tensor {
        let raw_data = match self {
            Self::Single => values.flat_map(|v| (v as f32).to_le_bytes()).collect(),
            Self::Double => values.flat_map(f64::to_le_bytes).collect(),
        };
        Tensor { dims, data_type: self.element() as i32, name, raw_data }
    }
}

/// The model of a head's tail; `identity` is the head's content hash.
///
/// # Errors
/// If accumulators are too wide or the constants too large.
pub fn model(head: &QuantHead, identity: &str) -> Result<Model, TailError> {
    let tail = head.tail();
    let width = Width::of(tail)?;
    let cells: u64 = tail.iter().map(|j| (j.pattern.left() * j.pattern.right()) as u64).sum();
    if cells * width.bytes() > MAX_BYTES {
        return Err(TailError::Large { bytes: cells * width.bytes(), limit: MAX_BYTES });
    }
    let mut graph = Graph { name: head.name.clone(), ..Graph::default() };
    graph.node.push(node("Cast", &["codes"], "x", vec![setting("to", width.element() as i64)]));
    let mut from = "x".to_owned();
    for (at, junction) in tail.iter().enumerate() {
        from = put(&mut graph, width, head.edge().len() + at, junction, &from);
    }
    graph.node.extend([
        node("Cast", &[&from], "logits", vec![setting("to", Element::Int64 as i64)]),
        // The first of several largest, as `select_last_index` is 0.
        node("ArgMax", &[&from], "class", vec![setting("axis", 1), setting("keepdims", 0)]),
    ]);
    let (first, last) = (&tail[0], &tail[tail.len() - 1]);
    let (neurons, classes) = (first.pattern.left(), last.pattern.right());
    let codes = format!("codes {} in the head's order of neurons", first.input_format);
    graph.input.push(value("codes", Element::Int32, Some(neurons), &codes));
    let logits = format!("accumulators; one stands for 2^{}", -last.acc_frac());
    graph.output.push(value("logits", Element::Int64, Some(classes), &logits));
    let class = "index of the largest logit, the lowest of several";
    graph.output.push(value("class", Element::Int64, None, class));
    Ok(Model {
        ir_version: IR_VERSION,
        producer_name: "clashfree".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        metadata_props: vec![property("name", &head.name), property("identity", identity)],
    })
}

/// Adds trunk junction `number`, fed by `from`; gives the name of what it hands on.
fn put(graph: &mut Graph, width: Width, number: usize, j: &QuantJunction, from: &str) -> String {
    let name = |what: &str| format!("j{number}.{what}");
    let (left, right) = (j.pattern.left(), j.pattern.right());
    let shift = j.shift();
    let round = shift.filter(|&s| s > 0).map_or(0, |s| 1i64 << (s - 1));
    let mut weights = vec![0.0; left * right];
    for (edge, (l, &w)) in j.pattern.left_ends().iter().zip(&j.weights).enumerate() {
        weights[l.at() * right + edge / j.pattern.d_in()] = f64::from(w);
    }
    let bias = j.bias.iter().map(|b| (b + round) as f64);
    graph.initializer.extend([
        width.tensor(name("weights"), vec![left as i64, right as i64], weights.into_iter()),
        width.tensor(name("bias"), vec![right as i64], bias),
    ]);
    let (products, sums) = (name("products"), name("sums"));
    graph.node.push(node("MatMul", &[from, &name("weights")], &products, Vec::new()));
    graph.node.push(node("Add", &[&products, &name("bias")], &sums, Vec::new()));
    let Some((shift, (low, high))) = shift.zip(j.clamp()) else { return sums };
    // Codes have 16 bits at most: a sum that is shifted left by 17 is clamped unless it is 0.
    let scale = f64::from(-shift.max(-17)).exp2();
    let scalar = |what: &str, v: f64| width.tensor(name(what), Vec::new(), std::iter::once(v));
    graph.initializer.extend([
        scalar("scale", scale),
        scalar("low", low as f64),
        scalar("high", high as f64),
    ]);
    let (scaled, whole, codes) = (name("scaled"), name("whole"), name("codes"));
    let (low, high) = (name("low"), name("high"));
    let clip = [&whole, &low, &high].map(String::as_str);
    graph.node.extend([
        node("Mul", &[&sums, &name("scale")], &scaled, Vec::new()),
        node("Floor", &[&scaled], &whole, Vec::new()),
        node("Clip", &clip, &codes, Vec::new()),
    ]);
    codes
}

fn node(op: &str, input: &[&str], output: &str, attribute: Vec<Attribute>) -> Node {
    Node {
        input: input.iter().map(ToString::to_string).collect(),
        output: vec![output.to_owned()],
        name: format!("make {output}"),
        op_type: op.to_owned(),
        attribute,
    }
}

fn setting(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: Some(value), kind: INT }
}

fn property(key: &str, value: &str) -> Property {
    Property { key: key.to_owned(), value: value.to_owned() }
}

/// An input or output `[batch]` or `[batch, columns]`.
fn value(name: &str, element: Element, columns: Option<usize>, doc: &str) -> Value {
    let batch = Dimension { value: None, name: Some("batch".into()) };
    let columns = columns.map(|n| Dimension { value: Some(n as i64), name: None });
    let shape = Some(Shape { dim: std::iter::once(batch).chain(columns).collect() });
    let tensor = Some(TensorType { element: element as i32, shape });
    Value { name: name.into(), kind: Some(Type { tensor }), doc_string: doc.into() }
}
