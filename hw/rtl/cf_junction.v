// One junction: left memory, lanes, units, requantisation.
//
// A frame is read out of the left memory in `Cycles` cycles and its results are written to the
// next stage's memory while the next frame is read: junctions overlap, and a junction's own frames
// follow each other with no gap.
//
// Does:      runs a frame whenever one is there and the next stage has room for it.
// Does not:  stall within a frame.
// Latency:   from a cycle's issue to the write of a result: 6 + L cycles (serial) or 8 + L (wide),
//            L = ceil(log2(LanesPerUnit)).
// Handshake: permits. Upstream: `room_avail_o`/`room_take_i` before a frame is written, `frame_i`
//            as soon as its last write is close enough to start. Downstream the same, mirrored.
//            Gated = 1: instead of `frame_i`, `decide_i` comes once for each frame, in order, after
//            its `wframe_end_i`. With `pass_i` the frame runs; without, it costs no cycle, and
//            there is room for another. Release means nothing: room is given after the last read.
// Limits:    Wide = 0: see cf_units_serial; Wide = 1: see cf_units_wide. Raw, Shift, Low, High: see
//            cf_output. Release: the cycle of this junction in which its left memory may be written
//            again: late enough that the first word comes no earlier than the last read, max(0,
//            Cycles - 1 - write latency of the junction before), or max(0, Cycles - 2) behind
//            cf_stream_in.
`default_nettype none

module cf_junction #(
    // what comes in
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter StripeBits = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    // the work
    parameter Wide = 0,
    parameter Neurons = 40,
    parameter Cycles = 50,
    parameter Units = 4,
    parameter LanesPerUnit = 8,
    parameter Steps = 5,
    parameter SharedLanes = 0,
    parameter Rest = 0,
    parameter CopiesPerUnit = 1,
    parameter OneCopy = 0,
    parameter OneRow = 0,
    parameter WeightBits = 6,
    parameter AccBits = 16,
    parameter BiasRows = 10,
    parameter Release = 0,
    // what goes out
    parameter Raw = 0,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63,
    parameter OutRows = 10,
    // tables
    parameter RowFile = "",
    parameter [31:0] RowHash = 32'h0,
    parameter BankFile = "",
    parameter [31:0] BankHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter OutRowBits = (OutRows > 1) ? $clog2(OutRows) : 1
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    // upstream
    output wire                        room_avail_o,
    input  wire                        room_take_i,
    input  wire                        frame_i,
    input  wire [           Slots-1:0] we_i,
    input  wire [   Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*ActBits-1:0] wdata_i,
    input  wire                        wframe_end_i,
    // the gate's decisions, if gated
    input  wire                        decide_i,
    input  wire                        pass_i,
    // downstream
    input  wire                        room_avail_i,
    output wire                        room_take_o,
    output wire                        frame_o,
    output wire [           Units-1:0] we_o,
    output wire [Units*OutRowBits-1:0] wrow_o,
    output wire [   Units*OutBits-1:0] wdata_o,
    output wire                        wframe_end_o
);

  localparam CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1;
  localparam Lanes = Units * LanesPerUnit + SharedLanes;
  localparam Levels = (LanesPerUnit > 1) ? $clog2(LanesPerUnit) : 0;
  localparam UnitLatency = (Wide != 0) ? 4 + Levels : 2 + Levels;
  localparam WriteLatency = 3 + UnitLatency + 1;  // operands, units, requantisation

  wire                        pool_frame;
  wire                        pool_room;
  wire                        run;
  wire                        last;
  wire [       CycleBits-1:0] cycle;
  wire                        valid_operands;
  wire                        last_operands;
  wire [   Lanes*ActBits-1:0] act;
  wire [Lanes*WeightBits-1:0] weight;
  wire [           Units-1:0] valid_acc;
  wire [Units*OutRowBits-1:0] row_acc;
  wire [   Units*AccBits-1:0] acc;

  cf_control #(
      .Frames   (Frames),
      .Cycles   (Cycles),
      .Release  (Release),
      .LastWrite(WriteLatency),
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
      .end_i       (last)
  );

  cf_lanes #(
      .ActBits      (ActBits),
      .Slots        (Slots),
      .Rows         (Rows),
      .StripeBits   (StripeBits),
      .Frames       (Frames),
      .Gated        (Gated),
      .Units        (Units),
      .LanesPerUnit (LanesPerUnit),
      .SharedLanes  (SharedLanes),
      .CopiesPerUnit(CopiesPerUnit),
      .OneCopy      (OneCopy),
      .OneRow       (OneRow),
      .WeightBits   (WeightBits),
      .Cycles       (Cycles),
      .CycleBits    (CycleBits),
      .RowFile      (RowFile),
      .RowHash      (RowHash),
      .BankFile     (BankFile),
      .BankHash     (BankHash),
      .WeightFile   (WeightFile),
      .WeightHash   (WeightHash)
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
      .weight_o    (weight)
  );

  cf_delay_flag #(
      .Depth(3)
  ) i_valid_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run),
      .q_o   (valid_operands)
  );

  cf_delay_flag #(
      .Depth(3)
  ) i_last_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_operands)
  );

  generate
    if (Wide != 0) begin : g_wide
      cf_units_wide #(
          .Units       (Units),
          .LanesPerUnit(LanesPerUnit),
          .SharedLanes (SharedLanes),
          .Rest        (Rest),
          .Cycles      (Cycles),
          .CycleBits   (CycleBits),
          .ActBits     (ActBits),
          .ActSigned   (ActSigned),
          .WeightBits  (WeightBits),
          .AccBits     (AccBits),
          .BiasFile    (BiasFile),
          .BiasHash    (BiasHash)
      ) i_units (
          .clk_i   (clk_i),
          .rst_ni  (rst_ni),
          .valid_i (valid_operands),
          .last_i  (last_operands),
          .act_i   (act),
          .weight_i(weight),
          .valid_o (valid_acc),
          .acc_o   (acc)
      );
      assign row_acc = 'b0;
    end else begin : g_serial
      cf_units_serial #(
          .Units       (Units),
          .LanesPerUnit(LanesPerUnit),
          .Neurons     (Neurons),
          .Steps       (Steps),
          .Cycles      (Cycles),
          .ActBits     (ActBits),
          .ActSigned   (ActSigned),
          .WeightBits  (WeightBits),
          .AccBits     (AccBits),
          .BiasFile    (BiasFile),
          .BiasHash    (BiasHash),
          .BiasRows    (BiasRows),
          .RowBits     (OutRowBits)
      ) i_units (
          .clk_i   (clk_i),
          .rst_ni  (rst_ni),
          .valid_i (valid_operands),
          .last_i  (last_operands),
          .act_i   (act),
          .weight_i(weight),
          .valid_o (valid_acc),
          .row_o   (row_acc),
          .acc_o   (acc)
      );
    end
  endgenerate

  cf_output #(
      .Slots  (Units),
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
