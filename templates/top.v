// [[ stamp ]]
// Generated. Do not edit: change the head or the options and compile again. Everything with state or
// arithmetic is in rtl/lib/; this file only puts it together.
//
// junction  left  right  edges  lanes  cycles  units x lanes  copies  interleaver
[%- for j in junctions %]
// [[ j.row ]]
[%- endfor %]
//
// Initiation interval: [[ design.initiation_interval ]] cycles a frame. Input: [[ design.input.bus.beats() ]] beats of [[ design.input.bus.codes_per_beat() ]] codes, [[ design.input.format ]].
`default_nettype none

module [[ design.top ]] #(
    // where the ROM files are, with a slash at the end; "./" for the working directory
    parameter RomDir = "rom/"
) (
    input  wire         aclk,
    input  wire         aresetn,
    // frames in
    input  wire [[ bus_range ]] s_axis_tdata,
    input  wire         s_axis_tvalid,
    output wire         s_axis_tready,
    input  wire         s_axis_tlast,
    // packets out
    output wire [[ bus_range ]] m_axis_tdata,
    output wire [[ keep_range ]] m_axis_tkeep,
    output wire         m_axis_tvalid,
    input  wire         m_axis_tready,
    output wire         m_axis_tlast,
    output wire         m_axis_tuser,      // 1: answered here
    // a frame of the wrong length was dropped
    output wire         frame_error_o,
    output wire [ 31:0] dropped_frames_o
);
[% for layer in layers %]
  // layer [[ loop.index0 ]]: [[ layer.neurons ]] [[ layer.what ]]
  localparam L[[ loop.index0 ]]Bits = [[ layer.bits ]];
  localparam L[[ loop.index0 ]]Slots = [[ layer.slots ]];
  localparam L[[ loop.index0 ]]Rows = [[ layer.rows ]];
  localparam L[[ loop.index0 ]]RowBits = [[ layer.row_bits ]];

  wire l[[ loop.index0 ]]_room_avail;
  wire l[[ loop.index0 ]]_room_take;
  wire l[[ loop.index0 ]]_frame;
  wire l[[ loop.index0 ]]_frame_end;
  wire [L[[ loop.index0 ]]Slots-1:0] l[[ loop.index0 ]]_we;
  wire [L[[ loop.index0 ]]Slots*L[[ loop.index0 ]]RowBits-1:0] l[[ loop.index0 ]]_row;
  wire [L[[ loop.index0 ]]Slots*L[[ loop.index0 ]]Bits-1:0] l[[ loop.index0 ]]_data;
[% endfor %]
  cf_stream_in #(
      .BusBits([[ design.input.bus.bus_bits ]]),
      .Bits   (L0Bits),
      .Slots  (L0Slots),
      .Beats  (L0Rows)
  ) i_input (
      .aclk            (aclk),
      .aresetn         (aresetn),
      .s_axis_tdata    (s_axis_tdata),
      .s_axis_tvalid   (s_axis_tvalid),
      .s_axis_tready   (s_axis_tready),
      .s_axis_tlast    (s_axis_tlast),
      .room_avail_i    (l0_room_avail),
      .room_take_o     (l0_room_take),
      .frame_o         (l0_frame),
      .we_o            (l0_we),
      .row_o           (l0_row),
      .data_o          (l0_data),
      .frame_end_o     (l0_frame_end),
      .frame_error_o   (frame_error_o),
      .dropped_frames_o(dropped_frames_o)
  );
[% for j in junctions %]
[% include "junction.v" %]
[% endfor %]
  wire [[ bus_range ]] result_tdata;
  wire [[ keep_range ]] result_tkeep;
  wire         result_tvalid;
  wire         result_tready;
  wire         result_tlast;
  wire         result_tuser;
  wire         unused_result_decide;  // a head that answers every frame has nobody to tell
  wire         unused_result_pass;

  cf_result #(
      .BusBits   ([[ design.input.bus.bus_bits ]]),
      .Classes   ([[ design.output.classes ]]),
      .Bits      (L[[ last ]]Bits),
      .FieldBytes([[ design.output.packet.field_bytes ]]),
      .Logits    ([[ logits ]]),
      .Slots     (L[[ last ]]Slots),
      .Rows      (L[[ last ]]Rows),
      .Steps     ([[ design.output.steps ]]),
      .Cycles    ([[ design.output.cycles ]]),
      .Frames    ([[ design.output.frames ]]),
      .Packets   ([[ design.output.packets ]]),
      .Release   ([[ design.output.release ]])
  ) i_result (
      .aclk         (aclk),
      .aresetn      (aresetn),
      .room_avail_o (l[[ last ]]_room_avail),
      .room_take_i  (l[[ last ]]_room_take),
      .frame_i      (l[[ last ]]_frame),
      .we_i         (l[[ last ]]_we),
      .wrow_i       (l[[ last ]]_row),
      .wdata_i      (l[[ last ]]_data),
      .wframe_end_i (l[[ last ]]_frame_end),
      .threshold_i  (1'b0),
      .decide_o     (unused_result_decide),
      .pass_o       (unused_result_pass),
      .m_axis_tdata (result_tdata),
      .m_axis_tkeep (result_tkeep),
      .m_axis_tvalid(result_tvalid),
      .m_axis_tready(result_tready),
      .m_axis_tlast (result_tlast),
      .m_axis_tuser (result_tuser)
  );

  cf_number #(
      .BusBits([[ design.input.bus.bus_bits ]])
  ) i_number (
      .aclk         (aclk),
      .aresetn      (aresetn),
      .s_axis_tdata (result_tdata),
      .s_axis_tkeep (result_tkeep),
      .s_axis_tvalid(result_tvalid),
      .s_axis_tready(result_tready),
      .s_axis_tlast (result_tlast),
      .s_axis_tuser (result_tuser),
      .m_axis_tdata (m_axis_tdata),
      .m_axis_tkeep (m_axis_tkeep),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tlast (m_axis_tlast),
      .m_axis_tuser (m_axis_tuser)
  );

endmodule

`default_nettype wire
