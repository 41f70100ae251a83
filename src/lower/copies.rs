//! Tables of a junction with copies of its left memory.

use super::{CopiesStage, Rom, Words, port_bits};
use crate::quantise::QuantJunction;
use crate::schedule::{Copies, Schedule, Shape, Site};

/// What `cf_junction` needs besides what all junctions have.
pub(super) fn stage(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Copies,
) -> CopiesStage {
    let banking = kind.banking(&schedule.layout);
    CopiesStage {
        shape: kind.shape,
        stripe_bits: kind.stripe_bits,
        banks: banking.banks(),
        bank_rows: banking.bank_rows(),
        copies_per_unit: kind.per_unit,
        one_copy: kind.one,
        one_row: kind.one_row(),
        copies: kind.copies(schedule.right),
        row_rom: row_rom(site, junction, schedule, kind),
        bank_rom: bank_rom(site, junction, schedule, kind),
    }
}

fn row_rom(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Copies,
) -> Option<Rom> {
    let banking = kind.banking(&schedule.layout);
    if banking.bank_rows() == 1 {
        return None;
    }
    let bits = port_bits(banking.bank_rows());
    let banks = banking.banks();
    let one_row = kind.one_row();
    let fields = kind.copies(schedule.right) * if one_row { 1 } else { banks };
    let mut words = Words::new(fields * bits, schedule.cycles());
    let mut given = vec![false; fields];
    for cycle in 0..schedule.cycles() {
        given.fill(false);
        for lane in 0..schedule.lanes() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let neuron = junction.pattern.left_ends()[edge].at();
            let copy = kind.copy_of_lane(schedule.right, lane);
            let field = if one_row { copy } else { copy * banks + banking.bank(neuron) };
            if !std::mem::replace(&mut given[field], true) {
                words.put(cycle, field * bits, bits, banking.row(neuron) as i64);
            }
        }
    }
    let what = if one_row { "copy".to_owned() } else { format!("(copy * {banks} + bank)") };
    let about = vec![
        format!("{site}: the rows that the left memory reads, a line a cycle"),
        format!("field {what}, {bits} bits each, field 0 in the lowest bits"),
    ];
    Some(Rom { file: format!("{}_row.mem", site.prefix()), words, about })
}

fn bank_rom(
    site: Site,
    junction: &QuantJunction,
    schedule: &Schedule,
    kind: &Copies,
) -> Option<Rom> {
    let banking = kind.banking(&schedule.layout);
    if banking.banks() == 1 {
        return None;
    }
    let bits = port_bits(banking.banks());
    let mut words = Words::new(schedule.lanes() * bits, schedule.cycles());
    for cycle in 0..schedule.cycles() {
        for lane in 0..schedule.lanes() {
            let Some(edge) = schedule.table.edge(cycle, lane) else { continue };
            let neuron = junction.pattern.left_ends()[edge].at();
            words.put(cycle, lane * bits, bits, banking.bank(neuron) as i64);
        }
    }
    let about = vec![
        format!("{site}: the bank that each lane takes, a line a cycle"),
        format!("field lane, {bits} bits each, lane 0 in the lowest bits"),
    ];
    Some(Rom { file: format!("{}_bank.mem", site.prefix()), words, about })
}

/// Which right neuron and which of its edges a lane has in cycle `c`.
pub(super) fn whose(schedule: &Schedule, kind: &Copies) -> Vec<String> {
    let (width, cycles) = (kind.shape.lanes_per_unit(), schedule.cycles());
    let text = match kind.shape {
        Shape::Serial { steps, .. } => format!(
            "lane l in cycle c: t = (l / {width}) * {cycles} + c, right neuron t / {steps}, its edge (l % {width}) * {steps} + t % {steps}"
        ),
        Shape::Wide { rest, .. } => {
            let own = schedule.right * width;
            format!(
                "lane l < {own} in cycle c: right neuron l / {width}, its edge (l % {width}) * {cycles} + c; other lanes: t = (l - {own}) * {cycles} + c, right neuron t / {rest}, its edge {} + t % {rest}",
                width * cycles,
                rest = rest.max(1),
            )
        }
    };
    vec![
        text,
        "a neuron's edges stand in the order of the bank that holds their left neuron".to_owned(),
    ]
}

/// The right neurons that each unit works on in order, as its bias ROM lists them; `None` where it
/// starts from the sum that the unit after holds.
pub(super) fn neurons(schedule: &Schedule, kind: &Copies) -> Vec<Vec<Option<usize>>> {
    kind.shape.segments(schedule.cycles(), schedule.right)
}
