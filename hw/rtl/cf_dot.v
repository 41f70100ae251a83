// A dot product: `Lanes` activations times `Lanes` weights, summed.
//
// This file stands for the one that packages bring instead, in which the shapes that they use most
// are heaps of adders made for them; it is what those are tested against.
//
// Does:      sum of act * weight, exactly.
// Does not:  accumulate over cycles: that is cf_accumulate's work.
// Latency:   1 + ceil(log2(Lanes)) cycles.
// Limits:    1 <= Lanes; activations signed or not, weights two's complement.
`default_nettype none

module cf_dot #(
    parameter Lanes = 8,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    // derived, not to be set
    parameter SumBits = ActBits + WeightBits + ((Lanes > 1) ? $clog2(Lanes) : 0)
) (
    input  wire                        clk_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    output wire [         SumBits-1:0] sum_o
);

  generate
    if (Lanes < 1 || ActBits < 1 || WeightBits < 1) begin : g_illegal
      cf_dot_needs_Lanes_ActBits_and_WeightBits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  cf_dot_plain #(
      .Lanes     (Lanes),
      .ActBits   (ActBits),
      .ActSigned (ActSigned),
      .WeightBits(WeightBits)
  ) i_plain (
      .clk_i   (clk_i),
      .act_i   (act_i),
      .weight_i(weight_i),
      .sum_o   (sum_o)
  );

endmodule

`default_nettype wire
