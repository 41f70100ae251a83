// Puts the right neurons of a group of lanes together from the lanes' partial sums.
//
// When a frame is over, a row of the drain ROM comes each cycle: which lane of the group has the
// next piece, and whether it is its neuron's last. The pieces of a neuron follow each other, and
// neurons come in order. What comes after a frame's last neuron counts for nothing.
//
// Does:      takes a piece a cycle, starts from the bias, gives a result at each neuron's last
//            piece with its number in the group.
// Does not:  ask the lanes for their sums: the row's other field, which of a lane's sums it is,
//            goes to all lanes (cf_partial) when the row comes here; `sum_i` is their answer.
// Latency:   3 cycles from a row to `acc_o`. In between: `sum_i` and `bias_row_o` 1 cycle after the
//            row, `bias_i` 2 cycles.
// Limits:    1 <= Lanes, 1 <= Neurons <= 2^RowBits; a frame's rows come without a pause; `lane_i`
//            below Lanes; sums modulo 2^AccBits.
`default_nettype none

module cf_drain #(
    parameter AccBits = 14,
    parameter Lanes = 8,
    parameter Neurons = 10,
    parameter RowBits = 4,
    // derived, not to be set
    parameter LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    // a row of the drain ROM
    input  wire                     valid_i,
    input  wire                     first_i,     // the frame's first
    input  wire                     end_i,       // the neuron's last
    input  wire [     LaneBits-1:0] lane_i,
    // the cycle after it
    input  wire [Lanes*AccBits-1:0] sum_i,
    output wire [      RowBits-1:0] bias_row_o,
    // and the one after that
    input  wire [      AccBits-1:0] bias_i,
    output wire [      AccBits-1:0] acc_o,
    output wire                     valid_o,
    output wire [      RowBits-1:0] row_o
);

  generate
    if (Lanes < 1 || Neurons < 1 || Neurons > (1 << RowBits)) begin : g_illegal
      cf_drain_needs_Lanes_and_Neurons_and_RowBits_for_them stop ();  // no such module
    end
  endgenerate

  localparam LastRowInt = Neurons - 1;
  localparam [RowBits-1:0] LastRow = LastRowInt[RowBits-1:0];

  reg  [ RowBits-1:0] row_q;    // neuron of the next piece
  reg                 begin_q;  // the next piece is a neuron's first
  reg  [LaneBits-1:0] lane_q;
  reg                 begin_sum_q;
  reg                 begin_piece_q;
  reg  [ RowBits-1:0] row_sum_q;
  reg  [ AccBits-1:0] acc_q;
  wire [ AccBits-1:0] piece;
  wire [ RowBits-1:0] row = first_i ? {RowBits{1'b0}} : row_q;

  assign bias_row_o = row_sum_q;
  assign acc_o = acc_q;

  always @(posedge clk_i) begin
    if (valid_i) begin
      row_q   <= !end_i ? row : (row == LastRow) ? {RowBits{1'b0}} : row + 1'b1;
      begin_q <= end_i;
    end
    lane_q        <= lane_i;
    row_sum_q     <= row;
    begin_sum_q   <= first_i || begin_q;
    begin_piece_q <= begin_sum_q;
    acc_q         <= (begin_piece_q ? bias_i : acc_q) + piece;
  end

  cf_delay_flag #(
      .Depth(3)
  ) i_valid (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid_i && end_i),
      .q_o   (valid_o)
  );

  cf_delay #(
      .Width(RowBits),
      .Depth(2)
  ) i_row (
      .clk_i(clk_i),
      .d_i  (row_sum_q),
      .q_o  (row_o)
  );

  genvar l, b;
  wire [AccBits*Lanes-1:0] column;  // bit b of all lanes side by side
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      for (b = 0; b < AccBits; b = b + 1) begin : g_bit
        assign column[b*Lanes+l] = sum_i[l*AccBits+b];
      end
    end
  endgenerate

  cf_select #(
      .Bits (AccBits),
      .Banks(Lanes)
  ) i_piece (
      .clk_i   (clk_i),
      .column_i(column),
      .bank_i  (lane_q),
      .data_o  (piece)
  );

endmodule

`default_nettype wire
