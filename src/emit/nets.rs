//! The wires of the top module.

use crate::lower::{Datapath, Design, EndStage, ExitStage, JunctionStage};

/// The exits that frames can pass, with their numbers.
pub(super) fn gates(design: &Design) -> impl Iterator<Item = (usize, &ExitStage)> {
    design.exits.iter().enumerate().filter(|(_, exit)| exit.gate.is_some())
}

/// The stream of packets of all frames that come to gate `gate`, in order; behind the last gate that
/// of the trunk's end.
pub(super) fn merged(design: &Design, gate: usize) -> String {
    if gate < gates(design).count() { format!("merged_{gate}") } else { "end".into() }
}

/// The wires between what writes a layer and what reads it.
pub(super) struct Layer {
    /// What the names of its wires begin with.
    pub name: String,
    /// What its local parameters begin with.
    pub local: String,
    /// A line that says what it is.
    pub about: String,
    pub bits: u32,
    pub slots: usize,
    pub rows: usize,
    pub row_bits: usize,
    /// The permits of its readers.
    pub rooms: Vec<String>,
}

impl Layer {
    pub fn net(&self, what: &str) -> String {
        format!("{}_{what}", self.name)
    }

    /// The permit of all readers together.
    pub fn all_rooms(&self) -> String {
        self.rooms.join(" && ")
    }
}

/// What reads a layer: which permit it gives, and whose decisions bring it frames.
pub(super) struct Reader {
    pub room: String,
    pub gate: Option<usize>,
}

/// A wire that belongs to no layer.
pub(super) struct Wire {
    /// Its range, padded, or blanks.
    pub range: String,
    pub name: String,
}

/// All wires.
pub(super) struct Nets {
    /// Layers of the trunk, the input first.
    pub trunk: Vec<Layer>,
    /// Of each branch, those behind the shared one.
    pub branches: Vec<Vec<Layer>>,
    /// Streams of packets inside.
    pub streams: Vec<String>,
    /// Decisions, thresholds.
    pub others: Vec<Wire>,
    /// What nobody reads.
    pub unused: Vec<String>,
}

fn row_bits(rows: usize) -> usize {
    rows.next_power_of_two().trailing_zeros().max(1) as usize
}

fn written(stage: &JunctionStage, number: usize, name: String) -> Layer {
    let what = match stage.requant {
        Some(requant) => format!("codes, {} bits", requant.bits),
        None => format!("logits, {} bits", stage.acc_bits),
    };
    let local = name.to_ascii_uppercase().replace('_', "");
    Layer {
        about: format!("layer {number}: {} {what}", stage.right),
        bits: stage.requant.map_or(stage.acc_bits, |requant| requant.bits),
        slots: stage.out_slots,
        rows: stage.out_rows,
        row_bits: row_bits(stage.out_rows),
        rooms: vec![format!("{name}_room_avail")],
        name,
        local,
    }
}

impl Nets {
    pub fn new(design: &Design) -> Self {
        let beats = design.input.bus.beats();
        let input = Layer {
            name: "l0".into(),
            local: "L0".into(),
            about: format!(
                "layer 0: {} input codes, {}",
                design.input.bus.neurons, design.input.format
            ),
            bits: design.input.format.bits,
            slots: design.input.slots(),
            rows: beats,
            row_bits: row_bits(beats),
            rooms: vec!["l0_room_avail".into()],
        };
        let mut trunk = vec![input];
        for (number, stage) in design.junctions.iter().enumerate() {
            trunk.push(written(stage, number + 1, format!("l{}", number + 1)));
        }
        let mut branches = Vec::with_capacity(design.exits.len());
        for (e, exit) in design.exits.iter().enumerate() {
            let layer = &mut trunk[exit.after + 1];
            if matches!(design.end, EndStage::LastExit) && e + 1 == design.exits.len() {
                layer.rooms.clear();
            }
            layer.rooms.push(format!("x{e}_room_avail"));
            let branch = exit.junctions.iter().enumerate();
            let branch = branch.map(|(j, stage)| {
                let mut layer = written(stage, j + 1, format!("x{e}_l{}", j + 1));
                layer.about = format!("exit {e}, {}", layer.about);
                layer
            });
            branches.push(branch.collect());
        }
        let mut nets =
            Self { trunk, branches, streams: Vec::new(), others: Vec::new(), unused: Vec::new() };
        for stage in design.stages() {
            if let Datapath::Unrolled(_) = stage.datapath {
                let (prefix, codes) = (stage.site.prefix(), stage.slots * stage.rows);
                nets.wire(codes * stage.act.bits as usize, format!("{prefix}_act"));
                nets.wire(stage.right * stage.acc_bits as usize, format!("{prefix}_acc"));
            }
        }
        nets.gates(design);
        if design.control {
            nets.wire(64 * gates(design).count().max(1), "thresholds");
        }
        nets
    }

    fn wire(&mut self, bits: usize, name: impl Into<String>) {
        let range = if bits == 1 { String::new() } else { format!("[{}:0]", bits - 1) };
        self.others.push(Wire { range, name: name.into() });
    }

    /// Wires of decisions, thresholds and streams.
    fn gates(&mut self, design: &Design) {
        let mut left: usize = gates(design)
            .filter_map(|(_, exit)| Some(exit.result.rule.as_ref()?.bits as usize))
            .sum();
        for (e, exit) in design.exits.iter().enumerate() {
            self.wire(1, format!("x{e}_decide"));
            self.wire(1, format!("x{e}_pass"));
            let Some(rule) = &exit.result.rule else {
                self.unused.extend([format!("x{e}_decide"), format!("x{e}_pass")]);
                continue;
            };
            if design.control {
                self.wire(left, format!("x{e}_thresholds"));
                self.wire(1, format!("x{e}_thresholds_avail"));
                self.unused.push(format!("x{e}_thresholds_avail"));
            }
            left -= rule.bits as usize;
            self.streams.extend([
                format!("x{e}_answer"),
                format!("x{e}_waiting"),
                merged(design, e),
            ]);
        }
        self.streams.push("end".into());
        if let EndStage::Result(_) = design.end {
            self.wire(1, "end_decide");
            self.wire(1, "end_pass");
            self.unused.extend(["end_decide".into(), "end_pass".into()]);
        }
        if design.control {
            self.unused.push("thresholds".into());
        }
    }

    /// How what reads the trunk's layer `layer`, besides branches, gets its frames.
    pub fn trunk_reader(&self, design: &Design, layer: usize) -> Reader {
        let gate = gates(design).find(|(_, exit)| exit.after + 1 == layer).map(|(e, _)| e);
        Reader { room: self.trunk[layer].net("room_avail"), gate }
    }
}
