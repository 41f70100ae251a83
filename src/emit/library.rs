//! The hand-written modules, of which a package gets those that its top uses.

use std::collections::BTreeSet;

/// Every module: file name and text.
const FILES: &[(&str, &str)] = &[
    ("cf_accumulate.v", include_str!("../../hw/rtl/cf_accumulate.v")),
    ("cf_accumulate_wide.v", include_str!("../../hw/rtl/cf_accumulate_wide.v")),
    ("cf_add.v", include_str!("../../hw/rtl/cf_add.v")),
    ("cf_and3.v", include_str!("../../hw/rtl/cf_and3.v")),
    ("cf_beats.v", include_str!("../../hw/rtl/cf_beats.v")),
    ("cf_benes.v", include_str!("../../hw/rtl/cf_benes.v")),
    ("cf_best_two.v", include_str!("../../hw/rtl/cf_best_two.v")),
    ("cf_bias.v", include_str!("../../hw/rtl/cf_bias.v")),
    ("cf_classify.v", include_str!("../../hw/rtl/cf_classify.v")),
    ("cf_collect.v", include_str!("../../hw/rtl/cf_collect.v")),
    ("cf_concat.v", include_str!("../../hw/rtl/cf_concat.v")),
    ("cf_control.v", include_str!("../../hw/rtl/cf_control.v")),
    ("cf_count.v", include_str!("../../hw/rtl/cf_count.v")),
    ("cf_credit.v", include_str!("../../hw/rtl/cf_credit.v")),
    ("cf_crossbar.v", include_str!("../../hw/rtl/cf_crossbar.v")),
    ("cf_deal.v", include_str!("../../hw/rtl/cf_deal.v")),
    ("cf_delay.v", include_str!("../../hw/rtl/cf_delay.v")),
    ("cf_delay_flag.v", include_str!("../../hw/rtl/cf_delay_flag.v")),
    ("cf_dot.v", include_str!("../../hw/rtl/cf_dot.v")),
    ("cf_dot_plain.v", include_str!("../../hw/rtl/cf_dot_plain.v")),
    ("cf_drain.v", include_str!("../../hw/rtl/cf_drain.v")),
    ("cf_fcs.v", include_str!("../../hw/board/cf_fcs.v")),
    ("cf_frame.v", include_str!("../../hw/board/cf_frame.v")),
    ("cf_gather.v", include_str!("../../hw/rtl/cf_gather.v")),
    ("cf_hold.v", include_str!("../../hw/rtl/cf_hold.v")),
    ("cf_junction.v", include_str!("../../hw/rtl/cf_junction.v")),
    ("cf_junction_network.v", include_str!("../../hw/rtl/cf_junction_network.v")),
    ("cf_junction_tied.v", include_str!("../../hw/rtl/cf_junction_tied.v")),
    ("cf_junction_unrolled.v", include_str!("../../hw/rtl/cf_junction_unrolled.v")),
    ("cf_lanes.v", include_str!("../../hw/rtl/cf_lanes.v")),
    ("cf_lanes_network.v", include_str!("../../hw/rtl/cf_lanes_network.v")),
    ("cf_lanes_tied.v", include_str!("../../hw/rtl/cf_lanes_tied.v")),
    ("cf_left.v", include_str!("../../hw/rtl/cf_left.v")),
    ("cf_lights.v", include_str!("../../hw/board/cf_lights.v")),
    ("cf_link.v", include_str!("../../hw/board/cf_link.v")),
    ("cf_link_in.v", include_str!("../../hw/board/cf_link_in.v")),
    ("cf_link_out.v", include_str!("../../hw/board/cf_link_out.v")),
    ("cf_merge.v", include_str!("../../hw/rtl/cf_merge.v")),
    ("cf_number.v", include_str!("../../hw/rtl/cf_number.v")),
    ("cf_output.v", include_str!("../../hw/rtl/cf_output.v")),
    ("cf_packet.v", include_str!("../../hw/rtl/cf_packet.v")),
    ("cf_packing.v", include_str!("../../hw/rtl/cf_packing.v")),
    ("cf_partial.v", include_str!("../../hw/rtl/cf_partial.v")),
    ("cf_places.v", include_str!("../../hw/rtl/cf_places.v")),
    ("cf_products.v", include_str!("../../hw/rtl/cf_products.v")),
    ("cf_queue.v", include_str!("../../hw/rtl/cf_queue.v")),
    ("cf_ram.v", include_str!("../../hw/rtl/cf_ram.v")),
    ("cf_registers.v", include_str!("../../hw/rtl/cf_registers.v")),
    ("cf_requant.v", include_str!("../../hw/rtl/cf_requant.v")),
    ("cf_reset.v", include_str!("../../hw/board/cf_reset.v")),
    ("cf_resize.v", include_str!("../../hw/rtl/cf_resize.v")),
    ("cf_result.v", include_str!("../../hw/rtl/cf_result.v")),
    ("cf_rom.v", include_str!("../../hw/rtl/cf_rom.v")),
    ("cf_rom_check.v", include_str!("../../hw/rtl/cf_rom_check.v")),
    ("cf_rule.v", include_str!("../../hw/rtl/cf_rule.v")),
    ("cf_select.v", include_str!("../../hw/rtl/cf_select.v")),
    ("cf_sequencer.v", include_str!("../../hw/rtl/cf_sequencer.v")),
    ("cf_side.v", include_str!("../../hw/rtl/cf_side.v")),
    ("cf_softmax.v", include_str!("../../hw/rtl/cf_softmax.v")),
    ("cf_split.v", include_str!("../../hw/rtl/cf_split.v")),
    ("cf_split_read.v", include_str!("../../hw/rtl/cf_split_read.v")),
    ("cf_stream_fifo.v", include_str!("../../hw/rtl/cf_stream_fifo.v")),
    ("cf_stream_in.v", include_str!("../../hw/rtl/cf_stream_in.v")),
    ("cf_sum.v", include_str!("../../hw/rtl/cf_sum.v")),
    ("cf_uart_rx.v", include_str!("../../hw/board/cf_uart_rx.v")),
    ("cf_uart_tx.v", include_str!("../../hw/board/cf_uart_tx.v")),
    ("cf_unframe.v", include_str!("../../hw/board/cf_unframe.v")),
    ("cf_units_network.v", include_str!("../../hw/rtl/cf_units_network.v")),
    ("cf_units_serial.v", include_str!("../../hw/rtl/cf_units_serial.v")),
    ("cf_units_tied.v", include_str!("../../hw/rtl/cf_units_tied.v")),
    ("cf_units_wide.v", include_str!("../../hw/rtl/cf_units_wide.v")),
    ("cf_window.v", include_str!("../../hw/rtl/cf_window.v")),
];

/// The modules that these files instantiate, those that they do, and so on: file name and text.
pub(super) fn used_by(
    generated: &[String],
) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let mut used = BTreeSet::new();
    let mut open: Vec<&str> = generated.iter().map(String::as_str).collect();
    while let Some(text) = open.pop() {
        // an instance begins with the name of its module, alone on the line but for its brackets
        for word in text.lines().filter_map(|line| line.split_whitespace().next()) {
            if let Some(file) = FILES.iter().find(|(name, _)| name.strip_suffix(".v") == Some(word))
                && used.insert(file.0)
            {
                open.push(file.1);
            }
        }
    }
    FILES.iter().copied().filter(move |(name, _)| used.contains(name))
}
