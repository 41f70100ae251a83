// One junction of any pattern: one copy of the left memory, a network, partial sums, drains.
//
// The banks' words go to the lanes through a network that lets every lane read any bank, each bank
// one lane a cycle. So the cycles in which a lane's edges come are free, and it keeps a partial sum
// for each right neuron that it works for; drains put these together while the next frame runs. It
// stands where cf_junction would, with the same ports, `Groups` write slots downstream: slot g
// writes right neurons g*NeuronsPerGroup and up, in rows 0 and up.
//
// ROMs: cf_lanes_network has the row, control, weight and partial ROMs, cf_units_network the drain
// and bias ROMs.
//
// Does:      runs a frame whenever one is there and the next stage has room for it.
// Does not:  stall within a frame.
// Latency:   from the issue of a frame's last cycle: 8 + N + Pieces cycles to the write of its last
//            result, at least 9 + N to that of its first; N = 1 for the crossbar (Benes = 0),
//            ceil((2*clog2(Terminals)-1) / StagesPerRegister) for the Benes network (Benes = 1),
//            with Terminals the power of two that holds Banks, Lanes and 2.
// Handshake: as cf_junction, gated too; `frame_o` comes two cycles before the last write may be.
// Limits:    1 <= Pieces <= Cycles; Lanes = Groups*LanesPerGroup;
//            (Groups-1)*NeuronsPerGroup < Neurons <= Groups*NeuronsPerGroup. Raw, Shift, Low, High:
//            see cf_output. Release: as cf_junction.
`default_nettype none

module cf_junction_network #(
    // what comes in
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 2,
    parameter BankRows = 25,
    parameter Lockstep = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    // the work
    parameter Neurons = 40,
    parameter Cycles = 50,
    parameter Groups = 4,
    parameter LanesPerGroup = 8,
    parameter NeuronsPerGroup = 10,
    parameter Sums = 3,
    parameter Pieces = 17,
    parameter Benes = 0,
    parameter StagesPerRegister = 3,
    parameter WeightBits = 6,
    parameter AccBits = 14,
    parameter Release = 0,
    // what goes out
    parameter Raw = 0,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63,
    // tables
    parameter RowFile = "",
    parameter [31:0] RowHash = 32'h0,
    parameter ControlFile = "",
    parameter [31:0] ControlHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    parameter PartialFile = "",
    parameter [31:0] PartialHash = 32'h0,
    parameter DrainFile = "",
    parameter [31:0] DrainHash = 32'h0,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter OutRowBits = (NeuronsPerGroup > 1) ? $clog2(NeuronsPerGroup) : 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    // upstream
    output wire                         room_avail_o,
    input  wire                         room_take_i,
    input  wire                         frame_i,
    input  wire [            Slots-1:0] we_i,
    input  wire [    Slots*RowBits-1:0] wrow_i,
    input  wire [    Slots*ActBits-1:0] wdata_i,
    input  wire                         wframe_end_i,
    // the gate's decisions, if gated
    input  wire                         decide_i,
    input  wire                         pass_i,
    // downstream
    input  wire                         room_avail_i,
    output wire                         room_take_o,
    output wire                         frame_o,
    output wire [           Groups-1:0] we_o,
    output wire [Groups*OutRowBits-1:0] wrow_o,
    output wire [   Groups*OutBits-1:0] wdata_o,
    output wire                         wframe_end_o
);

  localparam CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1;
  localparam IndexBits = (Sums > 1) ? $clog2(Sums) : 1;
  localparam Lanes = Groups * LanesPerGroup;
  localparam Banks = Slots * Stripes;
  localparam Most = (Banks > Lanes) ? Banks : Lanes;
  localparam Stages = (Most > 2) ? 2 * $clog2(Most) - 1 : 1;
  localparam NetLatency = (Benes != 0) ? (Stages + StagesPerRegister - 1) / StagesPerRegister : 1;

  wire                         pool_frame;
  wire                         pool_room;
  wire                         run;
  wire                         last;
  wire [        CycleBits-1:0] cycle;
  wire                         valid_operands;
  wire                         last_operands;
  wire [    Lanes*ActBits-1:0] act;
  wire [ Lanes*WeightBits-1:0] weight;
  wire [  Lanes*IndexBits-1:0] index;
  wire [            Lanes-1:0] fresh;
  wire [            Lanes-1:0] work;
  wire                         drain_end;
  wire [           Groups-1:0] valid_acc;
  wire [Groups*OutRowBits-1:0] row_acc;
  wire [   Groups*AccBits-1:0] acc;

  // a frame's last write comes 5 cycles after the drains' last row is asked for
  cf_control #(
      .Frames   (Frames),
      .Cycles   (Cycles),
      .Release  (Release),
      .LastWrite(5),
      .Gated    (Gated)
  ) i_control (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .room_avail_o(room_avail_o),
      .room_take_i (room_take_i),
      .frame_i     (frame_i),
      .pool_frame_i(pool_frame),
      .pool_room_i (pool_room),
      .room_avail_i(room_avail_i),
      .room_take_o (room_take_o),
      .frame_o     (frame_o),
      .wframe_end_o(wframe_end_o),
      .run_o       (run),
      .cycle_o     (cycle),
      .last_o      (last),
      .end_i       (drain_end)
  );

  cf_lanes_network #(
      .ActBits          (ActBits),
      .Slots            (Slots),
      .Rows             (Rows),
      .Stripes          (Stripes),
      .BankRows         (BankRows),
      .Lockstep         (Lockstep),
      .Frames           (Frames),
      .Gated            (Gated),
      .Lanes            (Lanes),
      .Sums             (Sums),
      .Benes            (Benes),
      .StagesPerRegister(StagesPerRegister),
      .WeightBits       (WeightBits),
      .Cycles           (Cycles),
      .RowFile          (RowFile),
      .RowHash          (RowHash),
      .ControlFile      (ControlFile),
      .ControlHash      (ControlHash),
      .WeightFile       (WeightFile),
      .WeightHash       (WeightHash),
      .PartialFile      (PartialFile),
      .PartialHash      (PartialHash)
  ) i_lanes (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we_i),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .frame_o     (pool_frame),
      .room_o      (pool_room),
      .cycle_i     (cycle),
      .last_i      (last),
      .act_o       (act),
      .weight_o    (weight),
      .index_o     (index),
      .fresh_o     (fresh),
      .work_o      (work)
  );

  cf_delay_flag #(
      .Depth(2 + NetLatency)
  ) i_valid_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run),
      .q_o   (valid_operands)
  );

  cf_delay_flag #(
      .Depth(2 + NetLatency)
  ) i_last_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_operands)
  );

  cf_units_network #(
      .Neurons        (Neurons),
      .Groups         (Groups),
      .LanesPerGroup  (LanesPerGroup),
      .NeuronsPerGroup(NeuronsPerGroup),
      .Sums           (Sums),
      .Pieces         (Pieces),
      .Cycles         (Cycles),
      .ActBits        (ActBits),
      .ActSigned      (ActSigned),
      .WeightBits     (WeightBits),
      .AccBits        (AccBits),
      .DrainFile      (DrainFile),
      .DrainHash      (DrainHash),
      .BiasFile       (BiasFile),
      .BiasHash       (BiasHash)
  ) i_units (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .valid_i (valid_operands),
      .last_i  (last_operands),
      .act_i   (act),
      .weight_i(weight),
      .work_i  (work),
      .fresh_i (fresh),
      .index_i (index),
      .end_o   (drain_end),
      .valid_o (valid_acc),
      .row_o   (row_acc),
      .acc_o   (acc)
  );

  cf_output #(
      .Slots  (Groups),
      .RowBits(OutRowBits),
      .AccBits(AccBits),
      .Raw    (Raw),
      .Shift  (Shift),
      .OutBits(OutBits),
      .Low    (Low),
      .High   (High)
  ) i_output (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .valid_i(valid_acc),
      .row_i  (row_acc),
      .acc_i  (acc),
      .we_o   (we_o),
      .wrow_o (wrow_o),
      .wdata_o(wdata_o)
  );

`ifdef CF_TRACE
  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_trace
      always @(posedge clk_i)
        if (rst_ni && valid_operands)
          $display(
              "CF_TRACE %m operands %0d %0d",
              act[l*ActBits+:ActBits],
              $signed(weight[l*WeightBits+:WeightBits])
          );
    end
  endgenerate
`endif

endmodule

`default_nettype wire
