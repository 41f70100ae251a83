// [[ stamp ]]
// Generated. Do not edit: change the head or the options and compile again. The arithmetic is in
// rtl/lib/; this file only puts it together.
//
// A dot product: `Lanes` activations times `Lanes` weights, summed. The shapes listed below are
// heaps of adders made for them, others are written as products and a tree.
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
[%- for dot in dots %]
    if (Lanes == [[ dot.lanes ]] && ActBits == [[ dot.act_bits ]] && ActSigned == [[ dot.act_signed ]] && WeightBits == [[ dot.weight_bits ]]) begin : g_[[ dot.name ]]
      [[ dot.name ]] i_dot (
          .clk_i   (clk_i),
          .act_i   (act_i),
          .weight_i(weight_i),
          .sum_o   (sum_o)
      );
    end else [%- endfor %] begin : g_plain
      cf_dot_plain #(
          .Lanes     (Lanes),
          .ActBits   (ActBits),
          .ActSigned (ActSigned),
          .WeightBits(WeightBits)
      ) i_dot (
          .clk_i   (clk_i),
          .act_i   (act_i),
          .weight_i(weight_i),
          .sum_o   (sum_o)
      );
    end
  endgenerate

endmodule

`default_nettype wire
