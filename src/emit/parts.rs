//! The stages that trunk and branches have in common.

use super::instance::{Instance, adders, junction};
use super::nets::{Layer, Reader};
use crate::lower::{Datapath, Design, JunctionStage, ResultStage, RuleStage};
use crate::packet::ResultKind;
use crate::quantise::Rule;

/// A junction between two layers, and its adders if they are a module of their own.
pub(super) fn chained(
    stage: &JunctionStage,
    from: &Layer,
    to: &Layer,
    reader: Reader,
) -> Vec<Instance> {
    let mut i = junction(stage, &from.local, &to.local);
    let mut beside = Vec::new();
    i.clock();
    if let Datapath::Unrolled(unrolled) = &stage.datapath {
        permits(&mut i, from, &reader);
        writes(&mut i, from);
        i.port("act_o", format_args!("{}_act", stage.site.prefix()));
        i.port("acc_i", format_args!("{}_acc", stage.site.prefix()));
        beside.push(adders(stage, unrolled));
    } else {
        reads(&mut i, from, &reader);
    }
    i.port("room_avail_i", to.all_rooms());
    i.port("room_take_o", to.net("room_take"));
    i.port("frame_o", to.net("frame"));
    i.port("we_o", to.net("we"));
    i.port("wrow_o", to.net("row"));
    i.port("wdata_o", to.net("data"));
    i.port("wframe_end_o", to.net("frame_end"));
    beside.insert(0, i);
    beside
}

/// The permits of whatever reads a layer, and the word that a frame is there.
fn permits(i: &mut Instance, from: &Layer, reader: &Reader) {
    i.port("room_avail_o", &reader.room);
    i.port("room_take_i", from.net("room_take"));
    i.port("frame_i", from.net("frame"));
}

/// The ports of whatever reads a layer that may come by the decisions of an exit.
pub(super) fn reads(i: &mut Instance, from: &Layer, reader: &Reader) {
    permits(i, from, reader);
    let (decide, pass) = match reader.gate {
        Some(exit) => (format!("x{exit}_decide"), format!("x{exit}_pass")),
        None => ("1'b0".into(), "1'b0".into()),
    };
    i.port("decide_i", decide);
    i.port("pass_i", pass);
    writes(i, from);
}

/// The write port of what reads a layer.
fn writes(i: &mut Instance, from: &Layer) {
    i.port("we_i", from.net("we"));
    i.port("wrow_i", from.net("row"));
    i.port("wdata_i", from.net("data"));
    i.port("wframe_end_i", from.net("frame_end"));
}

/// The result stage that reads `from`; its packets go to stream `to`.
pub(super) fn result(
    stage: &ResultStage,
    design: &Design,
    name: &str,
    from: &Layer,
    to: &str,
) -> Instance {
    let mut i = Instance::new("cf_result", name, "");
    i.set("BusBits", design.input.bus.bus_bits);
    i.set("Classes", stage.format.classes);
    i.set("Bits", format_args!("{}Bits", from.local));
    i.set("FieldBytes", stage.format.field_bytes);
    i.set("Logits", u8::from(stage.format.result == ResultKind::Logits));
    i.set("Slots", format_args!("{}Slots", from.local));
    i.set("Rows", format_args!("{}Rows", from.local));
    i.set("Steps", stage.steps);
    i.set("Cycles", stage.cycles);
    i.set("Frames", stage.frames);
    i.set("Packets", stage.packets);
    i.set("Release", stage.release);
    i.set("Tag", format_args!("16'h{:04x}", stage.tag));
    rule(&mut i, stage.rule.as_ref());
    i.stream_clock();
    i.port("room_avail_o", from.net("room_avail"));
    i.port("room_take_i", from.net("room_take"));
    i.port("frame_i", from.net("frame"));
    writes(&mut i, from);
    i.stream("m_axis", to);
    i
}

/// Number of a rule for `cf_result`.
fn rule_number(rule: Rule) -> u8 {
    match rule {
        Rule::Margin => 1,
        Rule::Largest => 2,
        Rule::Softmax => 3,
    }
}

/// The parameters of a result stage's rule.
fn rule(i: &mut Instance, rule: Option<&RuleStage>) {
    let Some(stage) = rule else { return };
    i.set("Rule", rule_number(stage.rule));
    i.set("ThresholdBits", stage.bits);
    if let Some(softmax) = &stage.softmax {
        i.set("SoftmaxShift", softmax.shift);
        i.set("SoftmaxFile", format_args!("{{RomDir, \"{}\"}}", softmax.rom.file));
        i.set("SoftmaxHash", format_args!("32'h{:08x}", softmax.rom.words.hash()));
    }
}
