// Takes frames from an AXI4-Stream and writes them, beat by beat, into a junction's left memory.
//
// Does:      checks the length of every frame by `tlast`. A frame that ends early or late is
//            dropped whole (its words are written over by the next frame), flagged for one cycle
//            and counted.
// Does not:  look at the codes, or take a beat while there is no memory to put its frame into.
// Latency:   1 cycle from an accepted beat to its write; `frame_o` in the cycle in which a good
//            frame's last beat is accepted.
// Handshake: AXI4-Stream slave; `s_axis_tready` does not depend on `s_axis_tvalid`.
// Limits:    1 <= Slots * Bits <= BusBits, 1 <= Beats.
`default_nettype none

module cf_stream_in #(
    parameter BusBits = 64,
    parameter Bits = 4,
    parameter Slots = 16,
    parameter Beats = 50,
    parameter RowBits = (Beats > 1) ? $clog2(Beats) : 1
) (
    input  wire                     aclk,
    input  wire                     aresetn,
    input  wire [      BusBits-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output wire                     s_axis_tready,
    input  wire                     s_axis_tlast,
    // permits: room for one more frame, and its taking
    input  wire                     room_avail_i,
    output wire                     room_take_o,
    // a good frame is complete with the write of the next cycle
    output wire                     frame_o,
    // write port: one row of all slots a beat
    output wire [        Slots-1:0] we_o,
    output wire [Slots*RowBits-1:0] row_o,
    output wire [   Slots*Bits-1:0] data_o,
    output reg                      frame_end_o,
    output reg                      frame_error_o,
    output reg  [             31:0] dropped_frames_o
);

  generate
    if (Slots < 1 || Bits < 1 || Slots * Bits > BusBits || Beats < 1) begin : g_illegal
      cf_stream_in_needs_Slots_times_Bits_within_BusBits_and_a_beat stop ();  // no such module
    end
  endgenerate

  localparam LastInt = Beats - 1;
  localparam [RowBits-1:0] Last = LastInt[RowBits-1:0];

  reg  [   RowBits-1:0] beat_q;  // of the frame that is coming in
  reg                   skip_q;  // past the end of a frame that is too long
  reg                   own_q;   // a dropped frame left its room to the next one
  reg                   we_q;
  reg  [   RowBits-1:0] row_q;
  reg  [Slots*Bits-1:0] data_q;

  wire at_start = beat_q == {RowBits{1'b0}};
  wire at_last = beat_q == Last;
  wire accept = s_axis_tvalid && s_axis_tready;
  wire take_beat = accept && !skip_q;
  wire good = take_beat && at_last && s_axis_tlast;
  wire early = take_beat && !at_last && s_axis_tlast;
  wire late = take_beat && at_last && !s_axis_tlast;
  wire dropped = early || (accept && skip_q && s_axis_tlast);

  assign s_axis_tready = skip_q || !at_start || own_q || room_avail_i;
  assign room_take_o = take_beat && at_start && !own_q;
  assign frame_o = good;

  assign we_o = {Slots{we_q}};
  assign row_o = {Slots{row_q}};
  assign data_o = data_q;

  always @(posedge aclk) begin
    row_q  <= beat_q;
    data_q <= s_axis_tdata[Slots*Bits-1:0];
    if (!aresetn) begin
      beat_q           <= {RowBits{1'b0}};
      skip_q           <= 1'b0;
      own_q            <= 1'b0;
      we_q             <= 1'b0;
      frame_end_o      <= 1'b0;
      frame_error_o    <= 1'b0;
      dropped_frames_o <= 32'd0;
    end else begin
      we_q          <= take_beat;
      frame_end_o   <= good;
      frame_error_o <= dropped;
      if (dropped) dropped_frames_o <= dropped_frames_o + 32'd1;
      if (take_beat) begin
        beat_q <= (at_last || s_axis_tlast) ? {RowBits{1'b0}} : beat_q + 1'b1;
        own_q  <= early || late || (own_q && !good);
      end
      if (late) skip_q <= 1'b1;
      else if (accept && s_axis_tlast) skip_q <= 1'b0;
    end
  end

  generate
    if (Slots * Bits < BusBits) begin : g_spare
      wire unused_spare = &{1'b0, s_axis_tdata[BusBits-1:Slots*Bits]};
    end
  endgenerate

endmodule

`default_nettype wire
