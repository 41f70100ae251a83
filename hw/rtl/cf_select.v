// A lane's operand selector: one bank of a copy.
//
// Does:      picks bank `bank_i` out of a bit-sliced copy and registers it.
// Does not:  check `bank_i`: it comes from a ROM that the compiler wrote.
// Latency:   1 cycle.
// Limits:    1 <= Bits, 1 <= Banks; `bank_i` below Banks.
`default_nettype none

module cf_select #(
    parameter Bits = 4,
    parameter Banks = 16,
    // derived, not to be set
    parameter BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
    input  wire                  clk_i,
    input  wire [Bits*Banks-1:0] column_i,
    input  wire [  BankBits-1:0] bank_i,
    output reg  [      Bits-1:0] data_o
);

  genvar b;
  generate
    for (b = 0; b < Bits; b = b + 1) begin : g_bit
      wire [Banks-1:0] column = column_i[b*Banks+:Banks];
      if (Banks == 1) begin : g_wire
        always @(posedge clk_i) data_o[b] <= column[0];
      end else begin : g_mux
        always @(posedge clk_i) data_o[b] <= column[bank_i];
      end
    end
    if (Banks == 1) begin : g_no_select
      wire unused_bank = &{1'b0, bank_i};
    end
  endgenerate

endmodule

`default_nettype wire
