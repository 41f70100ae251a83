// The lanes of a junction up to their operands: cycle number in, activations and weights out.
//
// The row r of a writer's slot is dealt to stripe r mod 2^StripeBits of that slot (see cf_deal).
// Lane l of unit u reads copy u*CopiesPerUnit + (l mod CopiesPerUnit) of the left memory, a shared
// lane has a copy of its own; with one copy in all, every lane reads that. With a copy for every
// lane (OneRow = 1) the row ROM has a row for each copy, else one for each bank of each copy.
//
// Does:      looks up which row each bank reads and which bank each lane takes, reads, selects, and
//            brings the weights at the same time.
// Does not:  multiply.
// Latency:   3 cycles from `cycle_i` to `act_o` and `weight_o`.
// Limits:    as cf_left and cf_deal. A ROM that a shape does not need has no file: RowFile where
//            banks have one row, BankFile where there is one bank.
`default_nettype none

module cf_lanes #(
    parameter ActBits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter StripeBits = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter Units = 4,
    parameter LanesPerUnit = 8,
    parameter SharedLanes = 0,
    parameter CopiesPerUnit = 1,
    parameter OneCopy = 0,
    parameter OneRow = 0,
    parameter WeightBits = 6,
    parameter Cycles = 50,
    parameter CycleBits = 6,
    parameter RowFile = "",
    parameter [31:0] RowHash = 32'h0,
    parameter BankFile = "",
    parameter [31:0] BankHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter Lanes = Units * LanesPerUnit + SharedLanes
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    // write port of the left memory
    input  wire [           Slots-1:0] we_i,
    input  wire [   Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*ActBits-1:0] wdata_i,
    input  wire                        wframe_end_i,
    // decisions and permits of its frames, if gated
    input  wire                        decide_i,
    input  wire                        pass_i,
    output wire                        frame_o,
    output wire                        room_o,
    // schedule
    input  wire [       CycleBits-1:0] cycle_i,
    input  wire                        last_i,
    output wire [   Lanes*ActBits-1:0] act_o,
    output wire [Lanes*WeightBits-1:0] weight_o
);

  localparam Stripes = ((1 << StripeBits) < Rows) ? (1 << StripeBits) : Rows;
  localparam Banks = Slots * Stripes;
  localparam BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam BankRows = (Rows + (1 << StripeBits) - 1) >> StripeBits;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam Copies = (OneCopy != 0) ? 1 : Units * CopiesPerUnit + SharedLanes;
  localparam LeftStripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;
  localparam Fields = (OneRow != 0) ? 1 : Banks;  // row fields of a copy

  wire [                   Slots-1:0] we;
  wire [    Slots*LeftStripeBits-1:0] wstripe;
  wire [       Slots*BankRowBits-1:0] wrow;
  wire [           Slots*ActBits-1:0] wdata;
  wire                                wframe_end;
  wire [Copies*Fields*BankRowBits-1:0] row;
  wire [          Lanes*BankBits-1:0] bank;
  wire [    Copies*ActBits*Banks-1:0] column;
  wire                                last_read;
  wire [               CycleBits-1:0] cycle_bank;
  wire [               CycleBits-1:0] cycle_weight;

  // cycle + 1: rows known, banks read; cycle + 2: banks known, lanes select; cycle + 3: operands
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
  ) i_cycle_bank (
      .clk_i(clk_i),
      .d_i  (cycle_i),
      .q_o  (cycle_bank)
  );

  cf_delay #(
      .Width(CycleBits),
      .Depth(1)
  ) i_cycle_weight (
      .clk_i(clk_i),
      .d_i  (cycle_bank),
      .q_o  (cycle_weight)
  );

  genvar l;
  generate
    if (BankRows > 1) begin : g_row_rom
      cf_rom #(
          .Width(Copies * Fields * BankRowBits),
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

    if (Banks > 1) begin : g_bank_rom
      cf_rom #(
          .Width(Lanes * BankBits),
          .Depth(Cycles),
          .File (BankFile),
          .Hash (BankHash)
      ) i_bank_rom (
          .clk_i (clk_i),
          .addr_i(cycle_bank),
          .data_o(bank)
      );
    end else begin : g_no_bank_rom
      assign bank = 'b0;
    end

    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      localparam Unit = l / LanesPerUnit;
      localparam Copy = (OneCopy != 0) ? 0 :
          (Unit < Units) ? Unit * CopiesPerUnit + (l % LanesPerUnit) % CopiesPerUnit :
          Units * CopiesPerUnit + l - Units * LanesPerUnit;

      cf_select #(
          .Bits (ActBits),
          .Banks(Banks)
      ) i_select (
          .clk_i   (clk_i),
          .column_i(column[Copy*ActBits*Banks+:ActBits*Banks]),
          .bank_i  (bank[l*BankBits+:BankBits]),
          .data_o  (act_o[l*ActBits+:ActBits])
      );
    end
  endgenerate

  cf_deal #(
      .Bits    (ActBits),
      .Slots   (Slots),
      .Rows    (Rows),
      .Stripes (Stripes),
      .BankRows(BankRows)
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
      .Copies  (Copies),
      .Fields  (Fields),
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

endmodule

`default_nettype wire
