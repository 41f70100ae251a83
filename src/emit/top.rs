//! `rtl/<top>.v`: names and lists, filled into `templates/top.v`.

use super::instance::{Instance, STREAM, row};
use super::nets::{Layer, Nets, merged};
use super::parts::{chained, reads, result};
use super::{gates, registers};
use crate::lower::{Design, EndStage, SplitStage};
use askama::Template;

#[derive(Template)]
#[template(path = "top.v")]
struct Top<'a> {
    stamp: &'a str,
    design: &'a Design,
    bus_range: String,
    keep_range: String,
    rows: Vec<String>,
    nets: Nets,
    instances: Vec<Instance>,
}

/// The generated top module.
pub(super) fn top(design: &Design, stamp: &str, identity: &str) -> String {
    let nets = Nets::new(design);
    let mut instances = vec![input(design, &nets)];
    for (number, stage) in design.junctions.iter().enumerate() {
        let (from, to) = (&nets.trunk[number], &nets.trunk[number + 1]);
        instances.extend(chained(stage, from, to, nets.trunk_reader(design, number)));
        instances.extend(gates::exits(design, &nets, number));
    }
    instances.extend(end(design, &nets));
    instances.extend(gates::merges(design));
    instances.push(number(design));
    if design.control {
        instances.push(registers::registers(design, identity));
    }
    Top {
        stamp,
        design,
        bus_range: format!("[{:>3}:0]", design.input.bus.bus_bits - 1),
        keep_range: format!("[{:>3}:0]", design.input.bus.bus_bits / 8 - 1),
        rows: design.stages().map(row).collect(),
        nets,
        instances: instances.into_iter().map(Instance::padded).collect(),
    }
    .render()
    .expect("the template only formats values")
        + "\n"
}

fn input(design: &Design, nets: &Nets) -> Instance {
    let mut i = Instance::new("cf_stream_in", "i_input", "");
    i.set("BusBits", design.input.bus.bus_bits);
    for (name, local) in [("Bits", "L0Bits"), ("Slots", "L0Slots"), ("Beats", "L0Rows")] {
        i.set(name, local);
    }
    i.stream_clock();
    for signal in ["tdata", "tvalid", "tready", "tlast"] {
        i.port(&format!("s_axis_{signal}"), format_args!("s_axis_{signal}"));
    }
    let layer = &nets.trunk[0];
    i.port("room_avail_i", layer.all_rooms());
    i.port("room_take_o", layer.net("room_take"));
    i.port("frame_o", layer.net("frame"));
    for (port, net) in [("we_o", "we"), ("row_o", "row"), ("data_o", "data")] {
        i.port(port, layer.net(net));
    }
    i.port("frame_end_o", layer.net("frame_end"));
    i.port("frame_error_o", "frame_error_o");
    i.port("dropped_frames_o", "dropped_frames_o");
    i
}

/// What is at the trunk's end, if that is no exit.
fn end(design: &Design, nets: &Nets) -> Option<Instance> {
    let layer = nets.trunk.last().expect("the input at least");
    match &design.end {
        EndStage::Result(stage) => {
            let mut i = result(stage, design, "i_result", layer, "end");
            i.port("threshold_i", "1'b0");
            i.port("decide_o", "end_decide");
            i.port("pass_o", "end_pass");
            Some(i)
        }
        EndStage::Split(stage) => Some(split(stage, design, nets, layer)),
        EndStage::LastExit => None,
    }
}

fn split(stage: &SplitStage, design: &Design, nets: &Nets, from: &Layer) -> Instance {
    let mut i =
        Instance::new("cf_split", "i_split", "frames that no exit answered: their activations");
    i.set("BusBits", design.input.bus.bus_bits);
    i.set("Neurons", stage.format.neurons());
    i.set("Bits", format_args!("{}Bits", from.local));
    i.set("Slots", format_args!("{}Slots", from.local));
    i.set("Rows", format_args!("{}Rows", from.local));
    i.set("Steps", stage.steps);
    i.set("Cycles", stage.cycles);
    i.set("Frames", stage.frames);
    i.set("Gated", u8::from(stage.gated));
    i.set("Release", stage.release);
    i.set("Group", stage.group);
    i.set("FifoBeats", stage.fifo_beats);
    i.stream_clock();
    reads(&mut i, from, &nets.trunk_reader(design, design.junctions.len()));
    i.stream("m_axis", "end");
    i
}

/// The last stage: all packets in order, numbered.
fn number(design: &Design) -> Instance {
    let mut i = Instance::new("cf_number", "i_number", "");
    i.set("BusBits", design.input.bus.bus_bits);
    i.stream_clock();
    i.stream("s_axis", &merged(design, 0));
    for signal in STREAM {
        i.port(&format!("m_axis_{signal}"), format_args!("m_axis_{signal}"));
    }
    i
}
