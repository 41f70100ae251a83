// One junction whose weights are constants: everything but its adders, which are a generated
// module beside it, from `act_o` to `acc_i`.
//
// Flow = 0: the frame comes over the bus, row by row, into registers. The next one may follow at
// once: its first row is written at the edge at which the adders take the last of this one.
// Flow = 1: the whole layer comes in one cycle, from a junction that is unrolled too, and goes on;
// permits pass through to whoever is behind.
//
// Does:      holds a frame (Flow = 0), starts it when the next stage has room, requantises.
// Does not:  add.
// Latency:   3 + Latency cycles from a start to the write of the results; a frame starts in the
//            cycle of `frame_i`, or when there is room.
// Handshake: permits, as cf_junction. `frame_i` comes with the last write (Flow = 0: in the cycle
//            before it, Flow = 1: two before it).
// Limits:    0 <= Latency: registers between `act_o` and `acc_i`. Flow = 1: Rows = 1. Raw, Shift,
//            Low, High: see cf_output.
`default_nettype none

module cf_junction_unrolled #(
    // what comes in
    parameter ActBits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Flow = 0,
    // the work
    parameter Neurons = 40,
    parameter Latency = 3,
    parameter AccBits = 16,
    // what goes out
    parameter Raw = 0,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
    input  wire                          clk_i,
    input  wire                          rst_ni,
    // upstream
    output wire                          room_avail_o,
    input  wire                          room_take_i,
    input  wire                          frame_i,
    input  wire [             Slots-1:0] we_i,
    input  wire [     Slots*RowBits-1:0] wrow_i,
    input  wire [     Slots*ActBits-1:0] wdata_i,
    input  wire                          wframe_end_i,
    // the adders: code of row r of slot s at r * Slots + s
    output wire [Rows*Slots*ActBits-1:0] act_o,
    input  wire [   Neurons*AccBits-1:0] acc_i,
    // downstream
    input  wire                          room_avail_i,
    output wire                          room_take_o,
    output wire                          frame_o,
    output wire [           Neurons-1:0] we_o,
    output wire [           Neurons-1:0] wrow_o,
    output wire [   Neurons*OutBits-1:0] wdata_o,
    output wire                          wframe_end_o
);

  generate
    if (Latency < 0 || (Flow != 0 && Rows != 1)) begin : g_illegal
      cf_junction_unrolled_needs_one_row_to_Flow stop ();  // no such module
    end
  endgenerate

  wire start;
  wire valid;
  wire unused_end = &{1'b0, wframe_end_i};

  generate
    if (Flow != 0) begin : g_flow
      assign room_avail_o = room_avail_i;
      assign room_take_o  = room_take_i;
      assign start        = frame_i;
      assign act_o        = wdata_i;
      wire unused_write = &{1'b0, we_i, wrow_i};
    end else begin : g_hold
      cf_hold #(
          .Bits (ActBits),
          .Slots(Slots),
          .Rows (Rows)
      ) i_hold (
          .clk_i       (clk_i),
          .rst_ni      (rst_ni),
          .room_avail_o(room_avail_o),
          .room_take_i (room_take_i),
          .frame_i     (frame_i),
          .we_i        (we_i),
          .wrow_i      (wrow_i),
          .wdata_i     (wdata_i),
          .room_avail_i(room_avail_i),
          .start_o     (start),
          .act_o       (act_o)
      );
      assign room_take_o = start;
    end
  endgenerate

  // two cycles to the last write, `Latency` to the accumulators, one to the results
  cf_delay_flag #(
      .Depth(Latency + 1)
  ) i_frame (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (start),
      .q_o   (frame_o)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_valid (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (frame_o),
      .q_o   (valid)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_frame_end (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid),
      .q_o   (wframe_end_o)
  );

  cf_output #(
      .Slots  (Neurons),
      .RowBits(1),
      .AccBits(AccBits),
      .Raw    (Raw),
      .Shift  (Shift),
      .OutBits(OutBits),
      .Low    (Low),
      .High   (High)
  ) i_output (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .valid_i({Neurons{valid}}),
      .row_i  ({Neurons{1'b0}}),
      .acc_i  (acc_i),
      .we_o   (we_o),
      .wrow_o (wrow_o),
      .wdata_o(wdata_o)
  );

endmodule

`default_nettype wire
