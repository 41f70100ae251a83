// The lanes of a network junction up to their operands: cycle number in, activations and weights
// out, and to which of the lane's partial sums their product belongs.
//
// The left memory stands here once. In a cycle every bank gives one row, and a network brings the
// banks' words to the lanes: a crossbar (Benes = 0), or a Benes network (Benes = 1), terminal t of
// which is bank t where they go in and lane t where they come out. Where it has more terminals than
// there are banks, zeros go in.
//
// ROMs, each with a word for every cycle of the frame, fields from the low end:
//   RowFile       row of bank b                    Banks fields of clog2(BankRows) bits; no file
//                                                  where BankRows = 1
//   ControlFile   Benes = 0: bank of lane l        Lanes fields of clog2(Banks) bits; no file where
//                                                  Banks = 1
//                 Benes = 1: switches, stage 0 first, as cf_benes has them
//                                                  (2*clog2(Terminals)-1) * Terminals/2 bits
//   WeightFile    weight of lane l                 Lanes fields of WeightBits bits
//   PartialFile   of lane l: which partial sum,    Lanes fields of IndexBits + 2 bits: the number
//                 fresh, work                      in the low bits, then fresh, then work on top
// Banks = Slots * Stripes as cf_left has them, IndexBits = clog2(Sums), but at least 1. fresh:
// this is the frame's first product for that sum. work = 0: the lane is idle, nothing else of it
// counts. A bank that no lane reads may read any row.
//
// Does:      looks up which row each bank reads and how the network is set, reads, brings words to
//            lanes, and brings the weights at the same time.
// Does not:  multiply.
// Latency:   2 + N cycles from `cycle_i` to `act_o` and `weight_o`, 3 + N to the others, which go
//            with the product. N is the network's: 1 for the crossbar, cf_benes says it for the
//            other.
// Limits:    as cf_deal, cf_left and the network. Terminals is the power of two that holds Banks,
//            Lanes and 2.
`default_nettype none

module cf_lanes_network #(
    parameter ActBits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 2,
    parameter BankRows = 25,
    parameter Lockstep = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter Lanes = 32,
    parameter Sums = 2,
    parameter Benes = 0,
    parameter StagesPerRegister = 3,
    parameter WeightBits = 6,
    parameter Cycles = 50,
    parameter RowFile = "",
    parameter [31:0] RowHash = 32'h0,
    parameter ControlFile = "",
    parameter [31:0] ControlHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    parameter PartialFile = "",
    parameter [31:0] PartialHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1,
    parameter IndexBits = (Sums > 1) ? $clog2(Sums) : 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    // write port of the left memory
    input  wire [            Slots-1:0] we_i,
    input  wire [    Slots*RowBits-1:0] wrow_i,
    input  wire [    Slots*ActBits-1:0] wdata_i,
    input  wire                         wframe_end_i,
    // decisions and permits of its frames, if gated
    input  wire                         decide_i,
    input  wire                         pass_i,
    output wire                         frame_o,
    output wire                         room_o,
    // schedule
    input  wire [        CycleBits-1:0] cycle_i,
    input  wire                         last_i,
    // operands
    output wire [    Lanes*ActBits-1:0] act_o,
    output wire [ Lanes*WeightBits-1:0] weight_o,
    // a cycle later, with their product
    output wire [  Lanes*IndexBits-1:0] index_o,
    output wire [            Lanes-1:0] fresh_o,
    output wire [            Lanes-1:0] work_o
);

  localparam Banks = Slots * Stripes;
  localparam BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam Most = (Banks > Lanes) ? Banks : Lanes;
  localparam Terminals = (Most > 2) ? 1 << $clog2(Most) : 2;
  localparam Stages = 2 * $clog2(Terminals) - 1;
  localparam NetLatency = (Benes != 0) ? (Stages + StagesPerRegister - 1) / StagesPerRegister : 1;
  localparam FieldBits = IndexBits + 2;

  wire [            Slots-1:0] we;
  wire [ Slots*StripeBits-1:0] wstripe;
  wire [Slots*BankRowBits-1:0] wrow;
  wire [    Slots*ActBits-1:0] wdata;
  wire                         wframe_end;
  wire [Banks*BankRowBits-1:0] row;
  wire [    ActBits*Banks-1:0] column;
  wire                         last_read;
  wire [        CycleBits-1:0] cycle_network;
  wire [        CycleBits-1:0] cycle_weight;
  wire [        CycleBits-1:0] cycle_partial;
  wire [  Lanes*FieldBits-1:0] partial;

  // cycle + 1: rows known, banks read; cycle + 2: the network has words and control;
  // cycle + 2 + N: operands
  cf_delay_flag #(
      .Depth(1)
  ) i_last_read (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last_read)
  );

  cf_delay #(
      .Width(CycleBits),
      .Depth(1)
  ) i_cycle_network (
      .clk_i(clk_i),
      .d_i  (cycle_i),
      .q_o  (cycle_network)
  );

  cf_delay #(
      .Width(CycleBits),
      .Depth(NetLatency)
  ) i_cycle_weight (
      .clk_i(clk_i),
      .d_i  (cycle_network),
      .q_o  (cycle_weight)
  );

  cf_delay #(
      .Width(CycleBits),
      .Depth(1)
  ) i_cycle_partial (
      .clk_i(clk_i),
      .d_i  (cycle_weight),
      .q_o  (cycle_partial)
  );

  cf_deal #(
      .Bits    (ActBits),
      .Slots   (Slots),
      .Rows    (Rows),
      .Stripes (Stripes),
      .BankRows(BankRows),
      .Lockstep(Lockstep)
  ) i_deal (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we_i),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .we_o        (we),
      .wstripe_o   (wstripe),
      .wrow_o      (wrow),
      .wdata_o     (wdata),
      .wframe_end_o(wframe_end)
  );

  cf_left #(
      .Bits    (ActBits),
      .Slots   (Slots),
      .Stripes (Stripes),
      .BankRows(BankRows),
      .Frames  (Frames),
      .Copies  (1),
      .Fields  (Banks),
      .Gated   (Gated)
  ) i_left (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we),
      .wstripe_i   (wstripe),
      .wrow_i      (wrow),
      .wdata_i     (wdata),
      .wframe_end_i(wframe_end),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .frame_o     (frame_o),
      .room_o      (room_o),
      .row_i       (row),
      .rframe_end_i(last_read),
      .column_o    (column)
  );

  genvar l, t, b;
  generate
    if (BankRows > 1) begin : g_row_rom
      cf_rom #(
          .Width(Banks * BankRowBits),
          .Depth(Cycles),
          .File (RowFile),
          .Hash (RowHash)
      ) i_row_rom (
          .clk_i (clk_i),
          .addr_i(cycle_i),
          .data_o(row)
      );
    end else begin : g_no_row_rom
      assign row = 'b0;
    end

    if (Benes != 0) begin : g_benes
      localparam ControlBits = Stages * (Terminals / 2);
      wire [      ControlBits-1:0] control;
      wire [Terminals*ActBits-1:0] from;
      wire [Terminals*ActBits-1:0] to;

      cf_rom #(
          .Width(ControlBits),
          .Depth(Cycles),
          .File (ControlFile),
          .Hash (ControlHash)
      ) i_control_rom (
          .clk_i (clk_i),
          .addr_i(cycle_network),
          .data_o(control)
      );

      for (t = 0; t < Terminals; t = t + 1) begin : g_terminal
        if (t < Banks) begin : g_bank
          for (b = 0; b < ActBits; b = b + 1) begin : g_bit
            assign from[t*ActBits+b] = column[b*Banks+t];
          end
        end else begin : g_zero
          assign from[t*ActBits+:ActBits] = {ActBits{1'b0}};
        end
      end

      cf_benes #(
          .Bits             (ActBits),
          .Terminals        (Terminals),
          .StagesPerRegister(StagesPerRegister)
      ) i_network (
          .clk_i    (clk_i),
          .data_i   (from),
          .control_i(control),
          .data_o   (to)
      );

      assign act_o = to[Lanes*ActBits-1:0];
      wire unused_to = &{1'b0, to};
    end else begin : g_crossbar
      wire [Lanes*BankBits-1:0] bank;

      if (Banks > 1) begin : g_bank_rom
        cf_rom #(
            .Width(Lanes * BankBits),
            .Depth(Cycles),
            .File (ControlFile),
            .Hash (ControlHash)
        ) i_bank_rom (
            .clk_i (clk_i),
            .addr_i(cycle_network),
            .data_o(bank)
        );
      end else begin : g_no_bank_rom
        assign bank = 'b0;
      end

      cf_crossbar #(
          .Bits (ActBits),
          .Banks(Banks),
          .Lanes(Lanes)
      ) i_network (
          .clk_i   (clk_i),
          .column_i(column),
          .bank_i  (bank),
          .data_o  (act_o)
      );
    end

    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      assign index_o[l*IndexBits+:IndexBits] = partial[l*FieldBits+:IndexBits];
      assign fresh_o[l] = partial[l*FieldBits+IndexBits];
      assign work_o[l]  = partial[l*FieldBits+IndexBits+1];
    end
  endgenerate

  cf_rom #(
      .Width(Lanes * WeightBits),
      .Depth(Cycles),
      .File (WeightFile),
      .Hash (WeightHash)
  ) i_weight_rom (
      .clk_i (clk_i),
      .addr_i(cycle_weight),
      .data_o(weight_o)
  );

  cf_rom #(
      .Width(Lanes * FieldBits),
      .Depth(Cycles),
      .File (PartialFile),
      .Hash (PartialHash)
  ) i_partial_rom (
      .clk_i (clk_i),
      .addr_i(cycle_partial),
      .data_o(partial)
  );

endmodule

`default_nettype wire
