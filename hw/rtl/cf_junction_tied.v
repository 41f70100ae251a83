// One junction whose lanes are tied to banks: left memory, lanes, units, requantisation.
//
// `Lines` lines of `Width` lanes; lane i of a line reads only banks b with b mod Width = i, so
// there is no network between banks and lanes (see cf_lanes_tied). A line takes right neurons v,
// Lines + v, 2 * Lines + v, ... one after the other, all lines in lockstep (aligned), or the one
// line takes Width edges a cycle wherever neurons end (straddling; see cf_units_tied). Right neuron
// n is written in slot n mod OutSlots, row n div OutSlots.
//
// Does:      runs a frame whenever one is there and the next stage has room for it; frames follow
//            each other with no gap.
// Does not:  stall within a frame.
// Latency:   R = O + U + (Lines > 1 ? 2 : 1) cycles from the issue of a neuron's last cycle to the
//            first write of its round, O = 2 + (Slots * Stripes > Width), U of
//            cf_units_tied. A round is Lines / OutSlots writes, one a cycle; the last round of a
//            frame ceil((Neurons - (Rounds - 1) * Lines) / OutSlots), Rounds = ceil(Neurons /
//            Lines). The left memory is read one cycle after issue.
// Handshake: permits, as cf_junction. With Place = 1 words are stored one cycle later, and the
//            permit of a frame is held back by as much. Gated = 1: as cf_junction.
// Limits:    see cf_lanes_tied and cf_units_tied; OutSlots divides Lines; rounds end at least
//            Lines / OutSlots cycles apart. Aligned: Cycles = Rounds * Steps; Steps is also that of
//            cf_count. Raw, Shift, Low, High: see cf_output. Release: as cf_junction, reckoned from
//            this junction's last read.
`default_nettype none

module cf_junction_tied #(
    // what comes in
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 1,
    parameter BankRows = 50,
    parameter Lockstep = 1,
    parameter Place = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    // the work
    parameter Straddle = 0,
    parameter Neurons = 40,
    parameter Cycles = 100,
    parameter Lines = 2,
    parameter Width = 8,
    parameter Steps = 5,
    parameter Block = 1,
    parameter Blocks = 1,
    parameter Masks = 0,
    parameter Shared = 0,
    parameter Addresses = 0,
    parameter Depth = 100,
    parameter Sweeps = 2,
    parameter Skip = 1,
    parameter WeightBits = 6,
    parameter AccBits = 16,
    parameter Release = 0,
    // what goes out
    parameter Raw = 0,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63,
    parameter OutSlots = 1,
    // tables
    parameter PlaceFile = "",
    parameter [31:0] PlaceHash = 32'h0,
    parameter AddressFile = "",
    parameter [31:0] AddressHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    parameter MaskFile = "",
    parameter [31:0] MaskHash = 32'h0,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter OutRows = (Neurons + OutSlots - 1) / OutSlots,
    parameter OutRowBits = (OutRows > 1) ? $clog2(OutRows) : 1
) (
    input  wire                           clk_i,
    input  wire                           rst_ni,
    // upstream
    output wire                           room_avail_o,
    input  wire                           room_take_i,
    input  wire                           frame_i,
    input  wire [              Slots-1:0] we_i,
    input  wire [      Slots*RowBits-1:0] wrow_i,
    input  wire [      Slots*ActBits-1:0] wdata_i,
    input  wire                           wframe_end_i,
    // the gate's decisions, if gated
    input  wire                           decide_i,
    input  wire                           pass_i,
    // downstream
    input  wire                           room_avail_i,
    output wire                           room_take_o,
    output wire                           frame_o,
    output wire [           OutSlots-1:0] we_o,
    output wire [OutSlots*OutRowBits-1:0] wrow_o,
    output wire [   OutSlots*OutBits-1:0] wdata_o,
    output wire                           wframe_end_o
);

  generate
    if (OutSlots < 1 || Lines % OutSlots != 0 || Neurons < 1 ||
        (Straddle == 0 ? Steps : Blocks / (Width / Block)) < Lines / OutSlots) begin : g_illegal
      cf_junction_tied_needs_OutSlots_that_divide_Lines_and_write_a_round_in_time stop ();  // none
    end
  endgenerate

  localparam CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1;
  localparam Lanes = Lines * Width;
  localparam Rounds = (Neurons + Lines - 1) / Lines;
  localparam Leaves = (Straddle != 0) ? Block : Width;  // lanes of a dot product
  localparam Trees = (Straddle != 0) ? Width / Block : 1;  // sums that a cycle adds to others
  localparam OperandLatency = 2 + ((Slots * Stripes > Width) ? 1 : 0);
  localparam UnitLatency = 2 + ((Leaves > 1) ? $clog2(Leaves) : 0) +
      ((Trees > 1) ? $clog2(Trees) : 0);
  localparam CollectLatency = (Lines > 1) ? 1 : 0;
  localparam FirstWrite = OperandLatency + UnitLatency + CollectLatency + 1;
  localparam LastLines = Neurons - (Rounds - 1) * Lines;
  localparam LastWrite = FirstWrite + (LastLines + OutSlots - 1) / OutSlots - 1;

  wire                           frame;
  wire                           pool_frame;
  wire                           pool_room;
  wire                           run;
  wire                           last;
  wire [          CycleBits-1:0] cycle;
  wire                           valid_operands;
  wire                           last_operands;
  wire [      Lanes*ActBits-1:0] act;
  wire [   Lanes*WeightBits-1:0] weight;
  wire                           valid_round;
  wire [      Lines*AccBits-1:0] acc_round;
  wire [           OutSlots-1:0] valid_acc;
  wire [OutSlots*OutRowBits-1:0] row_acc;
  wire [   OutSlots*AccBits-1:0] acc;

  generate
    if (Place != 0) begin : g_later
      cf_delay_flag #(
          .Depth(1)
      ) i_frame (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (frame_i),
          .q_o   (frame)
      );
    end else begin : g_at_once
      assign frame = frame_i;
    end
  endgenerate

  cf_control #(
      .Frames   (Frames),
      .Cycles   (Cycles),
      .Release  (Release),
      .LastWrite(LastWrite),
      .Gated    (Gated)
  ) i_control (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .room_avail_o(room_avail_o),
      .room_take_i (room_take_i),
      .frame_i     (frame),
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

  cf_lanes_tied #(
      .ActBits    (ActBits),
      .Slots      (Slots),
      .Rows       (Rows),
      .Stripes    (Stripes),
      .BankRows   (BankRows),
      .Lockstep   (Lockstep),
      .Place      (Place),
      .Frames     (Frames),
      .Gated      (Gated),
      .Lines      (Lines),
      .Width      (Width),
      .Shared     (Shared),
      .Addresses  (Addresses),
      .Depth      (Depth),
      .Sweeps     (Sweeps),
      .Steps      (Steps),
      .Skip       (Skip),
      .WeightBits (WeightBits),
      .Cycles     (Cycles),
      .PlaceFile  (PlaceFile),
      .PlaceHash  (PlaceHash),
      .AddressFile(AddressFile),
      .AddressHash(AddressHash),
      .WeightFile (WeightFile),
      .WeightHash (WeightHash)
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
      .run_i       (run),
      .cycle_i     (cycle),
      .last_i      (last),
      .act_o       (act),
      .weight_o    (weight)
  );

  cf_delay_flag #(
      .Depth(OperandLatency)
  ) i_valid_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run),
      .q_o   (valid_operands)
  );

  cf_delay_flag #(
      .Depth(OperandLatency)
  ) i_last_operands (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_operands)
  );

  cf_units_tied #(
      .Straddle  (Straddle),
      .Lines     (Lines),
      .Width     (Width),
      .Rounds    (Rounds),
      .Steps     (Steps),
      .Block     (Block),
      .Blocks    (Blocks),
      .Masks     (Masks),
      .Cycles    (Cycles),
      .ActBits   (ActBits),
      .ActSigned (ActSigned),
      .WeightBits(WeightBits),
      .AccBits   (AccBits),
      .MaskFile  (MaskFile),
      .MaskHash  (MaskHash),
      .BiasFile  (BiasFile),
      .BiasHash  (BiasHash)
  ) i_units (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .valid_i (valid_operands),
      .last_i  (last_operands),
      .act_i   (act),
      .weight_i(weight),
      .valid_o (valid_round),
      .acc_o   (acc_round)
  );

  cf_collect #(
      .Lines  (Lines),
      .Slots  (OutSlots),
      .Neurons(Neurons),
      .Bits   (AccBits),
      .RowBits(OutRowBits)
  ) i_collect (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .valid_i(valid_round),
      .data_i (acc_round),
      .valid_o(valid_acc),
      .row_o  (row_acc),
      .data_o (acc)
  );

  cf_output #(
      .Slots  (OutSlots),
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
