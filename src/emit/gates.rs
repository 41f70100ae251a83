//! Exits in the top module: branches, thresholds, the merges of packets.

use super::instance::Instance;
use super::nets::{Nets, Reader, gates, merged};
use super::parts::{chained, result};
use crate::lower::{Design, ExitStage};

/// The branch of the exit after junction `after` of the trunk, if there is one, its result stage and
/// queues.
pub(super) fn exits(design: &Design, nets: &Nets, after: usize) -> Vec<Instance> {
    let Some((e, exit)) = design.exits.iter().enumerate().find(|(_, exit)| exit.after == after)
    else {
        return Vec::new();
    };
    let mut all = Vec::with_capacity(exit.junctions.len() + 3);
    let branch = &nets.branches[e];
    for (j, stage) in exit.junctions.iter().enumerate() {
        let (from, room) = match j.checked_sub(1) {
            None => (&nets.trunk[after + 1], format!("x{e}_room_avail")),
            Some(before) => (&branch[before], branch[before].net("room_avail")),
        };
        all.extend(chained(stage, from, &branch[j], Reader { room, gate: None }));
    }
    let last = branch.last().expect("a branch has a junction");
    let name = format!("i_exit_{e}_result");
    let stream = if exit.gate.is_some() { format!("x{e}_answer") } else { "end".into() };
    let mut i = result(&exit.result, design, &name, last, &stream);
    i.port("threshold_i", threshold(design, e, exit));
    i.port("decide_o", format_args!("x{e}_decide"));
    i.port("pass_o", format_args!("x{e}_pass"));
    all.push(i);
    if exit.gate.is_some() {
        if design.control {
            all.push(thresholds(design, e, exit));
        }
        all.push(fifo(design, e, exit));
    }
    all
}

/// What the threshold of an exit comes from.
fn threshold(design: &Design, e: usize, exit: &ExitStage) -> String {
    let Some(rule) = &exit.result.rule else { return "1'b0".into() };
    if design.control {
        return format!("x{e}_thresholds[{}:0]", rule.bits - 1);
    }
    literal(rule.threshold, rule.bits)
}

/// A value as a constant of so many bits.
pub(super) fn literal(value: i64, bits: u32) -> String {
    let mask = u64::MAX >> (64 - bits);
    format!("{bits}'h{:x}", value as u64 & mask)
}

/// The queue in which the thresholds of an exit and those behind it follow their frames.
fn thresholds(design: &Design, e: usize, exit: &ExitStage) -> Instance {
    let about = format!("exit {e}: thresholds on their way with the frames they count for");
    let mut i = Instance::new("cf_queue", format!("i_exit_{e}_thresholds"), about);
    let rules: Vec<(usize, u32)> = gates(design)
        .skip_while(|(number, _)| *number < e)
        .filter_map(|(number, exit)| Some((number, exit.result.rule.as_ref()?.bits)))
        .collect();
    i.set("Width", rules.iter().map(|(_, bits)| bits).sum::<u32>());
    i.set("Depth", exit.gate.map_or(1, |gate| gate.thresholds));
    i.clock();
    let before = gates(design).take_while(|(number, _)| *number < e).last();
    let (push, data) = match before {
        None => {
            let parts: Vec<String> = rules
                .iter()
                .rev()
                .map(|(number, bits)| format!("thresholds[{}+:{bits}]", 64 * number))
                .collect();
            let data = parts.join(", ");
            let data = if parts.len() > 1 { format!("{{{data}}}") } else { data };
            ("l0_frame".to_owned(), data)
        }
        Some((number, exit)) => {
            let own = exit.result.rule.as_ref().map_or(0, |rule| rule.bits);
            let all = own + rules.iter().map(|(_, bits)| bits).sum::<u32>();
            (
                format!("x{number}_decide && x{number}_pass"),
                format!("x{number}_thresholds[{}:{own}]", all - 1),
            )
        }
    };
    i.port("push_i", push);
    i.port("data_i", data);
    i.port("pop_i", format_args!("x{e}_decide"));
    i.port("head_o", format_args!("x{e}_thresholds"));
    i.port("valid_o", format_args!("x{e}_thresholds_avail"));
    i
}

/// The queue of an exit's answers.
fn fifo(design: &Design, e: usize, exit: &ExitStage) -> Instance {
    let about = format!("exit {e}: answers that wait for frames before theirs");
    let mut i = Instance::new("cf_stream_fifo", format!("i_exit_{e}_answers"), about);
    i.set("BusBits", design.input.bus.bus_bits);
    i.set("Depth", exit.gate.map_or(2, |gate| gate.fifo_beats));
    i.stream_clock();
    i.stream("s_axis", &format!("x{e}_answer"));
    i.stream("m_axis", &format!("x{e}_waiting"));
    i
}

/// What puts packets into the order of their frames, the last exit's first.
pub(super) fn merges(design: &Design) -> Vec<Instance> {
    let gates: Vec<_> = gates(design).collect();
    let merge = |(position, &(e, exit)): (usize, &(usize, &ExitStage))| {
        let about =
            format!("exit {e}: its answers and the packets of frames that passed, in order");
        let mut i = Instance::new("cf_merge", format!("i_exit_{e}_merge"), about);
        i.set("BusBits", design.input.bus.bus_bits);
        i.set("Decisions", exit.gate.map_or(1, |gate| gate.decisions));
        i.stream_clock();
        i.port("decide_i", format_args!("x{e}_decide"));
        i.port("pass_i", format_args!("x{e}_pass"));
        i.stream("a_axis", &format!("x{e}_waiting"));
        i.stream("b_axis", &merged(design, position + 1));
        i.stream("m_axis", &merged(design, position));
        i
    };
    gates.iter().enumerate().rev().map(merge).collect()
}
