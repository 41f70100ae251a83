//! The registers in the top module.

use super::gates::literal;
use super::instance::Instance;
use super::nets::gates;
use crate::lower::{Design, EndStage};

/// Signals of AXI4-Lite.
const AXIL: [&str; 19] = [
    "awaddr", "awprot", "awvalid", "awready", "wdata", "wstrb", "wvalid", "wready", "bresp",
    "bvalid", "bready", "araddr", "arprot", "arvalid", "arready", "rdata", "rresp", "rvalid",
    "rready",
];

/// The compiler's version as `VERSION` has it: major, minor, patch in bits 31:16, 15:8, 7:0.
fn version() -> String {
    let number = |text: &str| text.parse().unwrap_or(0u16);
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ]
    .map(number);
    format!("32'h{major:04x}{minor:02x}{patch:02x}")
}

/// `cf_registers`; `identity` is the package's, in hexadecimal.
pub(super) fn registers(design: &Design, identity: &str) -> Instance {
    let gates: Vec<_> = gates(design).collect();
    let mut i = Instance::new("cf_registers", "i_registers", "thresholds, counters, identity");
    let rules: Vec<_> =
        gates.iter().filter_map(|(_, exit)| exit.result.rule.as_ref()).rev().collect();
    let list = |values: Vec<String>| format!("{{{}}}", values.join(", "));
    i.set("Exits", gates.len());
    if !rules.is_empty() {
        i.set("ThresholdBits", list(rules.iter().map(|r| format!("8'd{}", r.bits)).collect()));
        i.set(
            "Signeds",
            list(rules.iter().map(|r| format!("1'b{}", u8::from(r.signed))).collect()),
        );
        i.set("Initial", list(rules.iter().map(|r| literal(r.threshold, 64)).collect()));
    }
    i.set("Identity", format_args!("64'h{}", &identity[..16]));
    i.set("Version", version());
    i.set("Split", u8::from(matches!(design.end, EndStage::Split(_))));
    i.stream_clock();
    for signal in AXIL {
        i.port(&format!("s_axil_{signal}"), format_args!("s_axil_{signal}"));
    }
    i.port("frame_i", "l0_frame");
    i.port("answer_i", "end_tvalid && end_tready && end_tlast");
    let exits: Vec<String> =
        gates.iter().rev().map(|(e, _)| format!("x{e}_decide && !x{e}_pass")).collect();
    i.port("exit_i", if exits.is_empty() { "1'b0".into() } else { list(exits) });
    i.port("stall_in_i", "s_axis_tvalid && !s_axis_tready");
    i.port("stall_out_i", "m_axis_tvalid && !m_axis_tready");
    i.port("dropped_i", "dropped_frames_o");
    i.port("threshold_o", "thresholds");
    i
}
