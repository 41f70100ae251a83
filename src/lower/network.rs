//! Tables of a junction with a network between banks and lanes.

use super::{NetworkStage, Rom, Words, port_bits};
use crate::quantise::QuantJunction;
use crate::schedule::{Form, Network, Schedule, Site};

/// What `cf_junction_network` needs besides what all junctions have.
pub(super) fn stage(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Network,
) -> NetworkStage {
    let lanes = LaneSums::of(junction, schedule, kind);
    let banks = kind.banks(schedule.layout.slots);
    NetworkStage {
        groups: kind.groups,
        lanes_per_group: kind.lanes_per_group,
        neurons_per_group: kind.neurons_per_group,
        sums: kind.sums,
        pieces: kind.pieces,
        stripes: kind.stripes,
        banks,
        bank_rows: kind.bank_rows,
        lockstep: schedule.layout.lockstep,
        stages_per_register: match kind.form {
            Form::Crossbar => None,
            Form::Benes => Some(Network::STAGES_PER_REGISTER),
        },
        row_rom: (kind.bank_rows > 1).then(|| row_rom(site, junction, schedule, kind)),
        control_rom: match kind.form {
            Form::Crossbar if banks == 1 => None,
            Form::Crossbar => Some(bank_rom(site, junction, schedule, kind)),
            Form::Benes => Some(switch_rom(site, junction, schedule, kind)),
        },
        partial_rom: lanes.partial_rom(site, schedule, kind),
        drain_rom: lanes.drain_rom(site, kind),
    }
}

/// Bank that each lane reads in a cycle.
fn asked(
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Network,
    cycle: usize,
) -> Vec<Option<u32>> {
    let bank =
        |edge: usize| kind.bank(&schedule.layout, junction.pattern.left_ends()[edge].at()) as u32;
    (0..schedule.lanes()).map(|lane| schedule.table.edge(cycle, lane).map(bank)).collect()
}

fn row_rom(site: Site, junction: &QuantJunction, schedule: &Schedule, kind: &Network) -> Rom {
    let bits = port_bits(kind.bank_rows);
    let mut words = Words::new(kind.banks(schedule.layout.slots) * bits, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        for edge in (0..schedule.lanes()).filter_map(|lane| schedule.table.edge(cycle, lane)) {
            let neuron = junction.pattern.left_ends()[edge].at();
            let (bank, row) =
                (kind.bank(&schedule.layout, neuron), kind.row(&schedule.layout, neuron));
            words.put(cycle, bank * bits, bits, row as i64);
        }
    }
    let about = vec![
        format!("{site}: the row that each bank of the left memory reads, a line a cycle"),
        format!("field bank, {bits} bits each, bank 0 in the lowest bits"),
    ];
    Rom { file: format!("{}_row.mem", site.prefix()), words, about }
}

fn bank_rom(site: Site, junction: &QuantJunction, schedule: &Schedule, kind: &Network) -> Rom {
    let bits = port_bits(kind.banks(schedule.layout.slots));
    let mut words = Words::new(schedule.lanes() * bits, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        for (lane, bank) in asked(junction, schedule, kind, cycle).into_iter().enumerate() {
            words.put(cycle, lane * bits, bits, i64::from(bank.unwrap_or(0)));
        }
    }
    let about = vec![
        format!("{site}: the bank that each lane takes, a line a cycle"),
        format!("field lane, {bits} bits each, lane 0 in the lowest bits"),
    ];
    Rom { file: format!("{}_control.mem", site.prefix()), words, about }
}

fn switch_rom(site: Site, junction: &QuantJunction, schedule: &Schedule, kind: &Network) -> Rom {
    let benes = kind.benes(schedule.layout.slots);
    let switches = benes.switches_per_stage();
    let mut words = Words::new(benes.stages() * switches, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        let settings = benes.route(&asked(junction, schedule, kind, cycle));
        for (bit, crossed) in settings.into_iter().enumerate() {
            words.put(cycle, bit, 1, i64::from(crossed));
        }
    }
    let about = vec![
        format!("{site}: the switches of the Benes network, a line a cycle"),
        format!("bit stage * {switches} + switch: 1 crossed; see cf_benes"),
    ];
    Rom { file: format!("{}_control.mem", site.prefix()), words, about }
}

/// Which right neurons each lane keeps sums for.
struct LaneSums {
    d_in: usize,
    /// Right neurons of each lane, ascending: their sums have the numbers 0, 1, ….
    neurons: Vec<Vec<usize>>,
}

impl LaneSums {
    fn of(junction: &QuantJunction, schedule: &Schedule, kind: &Network) -> Self {
        let d_in = junction.pattern.d_in();
        let mut neurons = vec![Vec::new(); kind.lanes()];
        for (lane, neurons) in neurons.iter_mut().enumerate() {
            let edges = (0..schedule.cycles()).filter_map(|c| schedule.table.edge(c, lane));
            neurons.extend(edges.map(|edge| edge / d_in));
            neurons.sort_unstable();
            neurons.dedup();
        }
        Self { d_in, neurons }
    }

    fn partial_rom(&self, site: Site, schedule: &Schedule, kind: &Network) -> Rom {
        let index_bits = port_bits(kind.sums);
        let bits = index_bits + 2;
        let mut words = Words::new(kind.lanes() * bits, schedule.cycles());
        for (lane, neurons) in self.neurons.iter().enumerate() {
            let mut begun = vec![false; neurons.len()];
            for cycle in 0..schedule.cycles() {
                let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
                let index = neurons.binary_search(&(edge / self.d_in)).expect("one of the lane's");
                let fresh = !std::mem::replace(&mut begun[index], true);
                let field = 1 << (index_bits + 1) | usize::from(fresh) << index_bits | index;
                words.put(cycle, lane * bits, bits, field as i64);
            }
        }
        let about = vec![
            format!("{site}: which of its sums each lane adds to, a line a cycle"),
            format!("field lane, {bits} bits each, lane 0 in the lowest bits"),
            format!("a field: number of the sum ({index_bits} low bits), fresh, work on top"),
        ];
        Rom { file: format!("{}_partial.mem", site.prefix()), words, about }
    }

    fn drain_rom(&self, site: Site, kind: &Network) -> Rom {
        let (lane_bits, index_bits) = (port_bits(kind.lanes_per_group), port_bits(kind.sums));
        let bits = lane_bits + index_bits + 1;
        let mut words = Words::new(kind.groups * bits, kind.pieces);
        for (group, lanes) in self.neurons.chunks_exact(kind.lanes_per_group).enumerate() {
            let mut pieces = Vec::new();
            for (lane, neurons) in lanes.iter().enumerate() {
                pieces.extend(neurons.iter().enumerate().map(|(index, &n)| (n, lane, index)));
            }
            pieces.sort_unstable();
            for (row, &(neuron, lane, index)) in pieces.iter().enumerate() {
                let last = pieces.get(row + 1).is_none_or(|next| next.0 != neuron);
                let field = (usize::from(last) << index_bits | index) << lane_bits | lane;
                words.put(row, group * bits, bits, field as i64);
            }
        }
        let about = vec![
            format!("{site}: the partial sums that make right neurons, a line a cycle"),
            format!("field group, {bits} bits each, group 0 in the lowest bits"),
            format!(
                "a field: lane of the group ({lane_bits} low bits), number of its sum ({index_bits} bits), last piece of the neuron on top"
            ),
        ];
        Rom { file: format!("{}_drain.mem", site.prefix()), words, about }
    }
}

/// Which right neuron a lane has in cycle `c`, for the head of the weight ROM.
pub(super) fn whose(kind: &Network) -> Vec<String> {
    let (lanes, neurons) = (kind.lanes_per_group, kind.neurons_per_group);
    vec![
        format!(
            "lane l works for right neurons {neurons} * (l / {lanes}) and up: edges {load} * (l % {lanes}) and up, at most {load}, of theirs in right order",
            load = kind.load
        ),
        "edges come in such an order that no bank and no lane has two in a cycle".to_owned(),
    ]
}

/// The right neurons of each group in order, as its bias ROM lists them.
pub(super) fn neurons(schedule: &Schedule, kind: &Network) -> Vec<Vec<Option<usize>>> {
    let each = kind.neurons_per_group;
    let end = |group: usize| ((group + 1) * each).min(schedule.right);
    (0..kind.groups).map(|g| (g * each..end(g)).map(Some).collect()).collect()
}
