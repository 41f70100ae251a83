// What an interleaver of kind crossbar would be: one copy of the left memory, a full crossbar.
//
// Does:      deals and stores what is written; looks up which row each bank reads and which bank
//            each lane takes; reads and selects.
// Does not:  bring weights, nor say to which partial sum a lane's product belongs.
// Latency:   3 cycles from `cycle_i` to `act_o`.
// Limits:    as cf_deal, cf_left and cf_crossbar. RowFile has Banks fields of clog2(BankRows) bits a
//            line, BankFile Lanes fields of clog2(Banks); a file that nothing needs is not read.
`default_nettype none

module bench_crossbar #(
    parameter ActBits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 2,
    parameter Lockstep = 1,
    parameter Frames = 2,
    parameter Lanes = 32,
    parameter Cycles = 50,
    parameter RowFile = "",
    parameter BankFile = "",
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire [        Slots-1:0] we_i,
    input  wire [Slots*RowBits-1:0] wrow_i,
    input  wire [Slots*ActBits-1:0] wdata_i,
    input  wire                     wframe_end_i,
    input  wire [    CycleBits-1:0] cycle_i,
    input  wire                     last_i,
    output wire [Lanes*ActBits-1:0] act_o
);

  localparam Banks = Slots * Stripes;
  localparam BankRows = (Rows + Stripes - 1) / Stripes;
  localparam BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;

  wire [            Slots-1:0] we;
  wire [ Slots*StripeBits-1:0] wstripe;
  wire [Slots*BankRowBits-1:0] wrow;
  wire [    Slots*ActBits-1:0] wdata;
  wire                         wframe_end;
  wire                         unused_frame;
  wire                         unused_room;
  wire                         last_read;
  wire [        CycleBits-1:0] cycle_bank;
  wire [Banks*BankRowBits-1:0] row;
  wire [   Lanes*BankBits-1:0] bank;
  wire [    Banks*ActBits-1:0] column;

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

  generate
    if (BankRows > 1) begin : g_row_rom
      cf_rom #(
          .Width(Banks * BankRowBits),
          .Depth(Cycles),
          .File (RowFile)
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
          .File (BankFile)
      ) i_bank_rom (
          .clk_i (clk_i),
          .addr_i(cycle_bank),
          .data_o(bank)
      );
    end else begin : g_no_bank_rom
      assign bank = 'b0;
    end
  endgenerate

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
      .Fields  (Banks)
  ) i_left (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we),
      .wstripe_i   (wstripe),
      .wrow_i      (wrow),
      .wdata_i     (wdata),
      .wframe_end_i(wframe_end),
      .decide_i    (1'b0),
      .pass_i      (1'b0),
      .frame_o     (unused_frame),
      .room_o      (unused_room),
      .row_i       (row),
      .rframe_end_i(last_read),
      .column_o    (column)
  );

  cf_crossbar #(
      .Bits (ActBits),
      .Banks(Banks),
      .Lanes(Lanes)
  ) i_crossbar (
      .clk_i   (clk_i),
      .column_i(column),
      .bank_i  (bank),
      .data_o  (act_o)
  );

endmodule

`default_nettype wire
