// An adder with its sum at once and after each of some registers.
//
// Does:      row_i + x_i + carry_i, or, with Propagate = 1, row_i + (row_i ^ x_i) + carry_i: x_i is
//            then what an adder computes anyway, made by cf_window together with more. With
//            Subtract = 1: row_i - x_i, modulo 2^Bits.
// Does not:  keep a carry beyond `Bits`.
// Latency:   none to the lowest Bits of `sum_o`, k registers to the k-th Bits above them.
// Limits:    1 <= Columns, 1 <= Bits <= Columns + 1, 0 <= Taps. Subtract = 1: Propagate = 0, and
//            carry_i means nothing.
`default_nettype none

module cf_add #(
    parameter Columns = 9,
    parameter Bits = 10,
    parameter Taps = 1,
    parameter Propagate = 0,
    parameter Subtract = 0
) (
    input  wire                     clk_i,
    input  wire [      Columns-1:0] row_i,
    input  wire [      Columns-1:0] x_i,
    input  wire                     carry_i,
    output wire [(Taps+1)*Bits-1:0] sum_o
);

  generate
    if (Columns < 1 || Bits < 1 || Bits > Columns + 1 || Taps < 0 ||
        (Subtract != 0 && Propagate != 0)) begin : g_illegal
      cf_add_needs_Bits_up_to_Columns_plus_1_and_no_Propagate_to_Subtract stop ();
    end
  endgenerate

  wire [Columns:0] total;

  generate
    if (Subtract != 0) begin : g_subtract
      assign total = {1'b0, row_i} - {1'b0, x_i};
      wire unused_carry = &{1'b0, carry_i};
    end else begin : g_add
      wire [Columns-1:0] addend = (Propagate != 0) ? row_i ^ x_i : x_i;
      wire               unused_low;
      // a column below the first one, both of whose bits are the carry
      assign {total, unused_low} = {1'b0, row_i, carry_i} + {1'b0, addend, carry_i};
    end
    if (Bits <= Columns) begin : g_cut
      wire unused_high = &{1'b0, total[Columns:Bits]};
    end
  endgenerate

  assign sum_o[Bits-1:0] = total[Bits-1:0];

  genvar t;
  generate
    for (t = 1; t <= Taps; t = t + 1) begin : g_tap
      cf_delay #(
          .Width(Bits),
          .Depth(1)
      ) i_register (
          .clk_i(clk_i),
          .d_i  (sum_o[(t-1)*Bits+:Bits]),
          .q_o  (sum_o[t*Bits+:Bits])
      );
    end
    if (Taps == 0) begin : g_wire
      wire unused_clk = &{1'b0, clk_i};
    end
  endgenerate

endmodule

`default_nettype wire
