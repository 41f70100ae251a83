// A window of an adder: five bits, each worth a small number, added to a raw bit of each column.
//
// Bit i is worth Values[4*i +: 3] when it is 1, or, with Values[4*i+3] set, when it is 0. A column
// of the window is one function of six bits: the adder's propagate signal (see cf_add).
//
// Does:      s_o = row_i ^ (sum of what the bits are worth), column by column.
// Does not:  carry: what the bits are worth together fits in Width columns.
// Latency:   none.
// Limits:    1 <= Width <= 3; all values together below 2^Width.
`default_nettype none

(* keep_hierarchy *)
module cf_window #(
    parameter Width = 3,
    parameter [19:0] Values = 20'h11111
) (
    input  wire [      4:0] x_i,
    input  wire [Width-1:0] row_i,
    output wire [Width-1:0] s_o
);

  localparam Most = Values[2:0] + Values[6:4] + Values[10:8] + Values[14:12] + Values[18:16];

  generate
    if (Width < 1 || Width > 3 || Most >= (1 << Width)) begin : g_illegal
      cf_window_needs_values_together_below_2_to_the_Width stop ();  // no such module
    end
  endgenerate

  // what is worth `column` in each of the 32 states of the bits
  function [31:0] table_of(input [1:0] column);
    integer state, i;
    reg [2:0] worth;
    begin
      for (state = 0; state < 32; state = state + 1) begin
        worth = 3'd0;
        for (i = 0; i < 5; i = i + 1)
        if (Values[4*i+3] ^ state[i]) worth = worth + Values[4*i+:3];
        table_of[state] = worth[column];
      end
    end
  endfunction

  genvar k;
  generate
    for (k = 0; k < Width; k = k + 1) begin : g_column
      localparam [1:0] Column = k;
      localparam [31:0] Table = table_of(Column);
      assign s_o[k] = Table[x_i] ^ row_i[k];
    end
  endgenerate

endmodule

`default_nettype wire
