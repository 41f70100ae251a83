// [[ stamp ]]
// Generated. Do not edit: change the head or the options and compile again. The arithmetic is in
// rtl/lib/; this file only puts it together.
//
// [[ dot.about ]]
//
// Does:      sum of act * weight, exactly.
// Does not:  wait.
// Latency:   [[ dot.latency ]] cycles.
`default_nettype none

module [[ dot.name ]] (
    input  wire clk_i,
    input  wire [[ dot.act_range ]] act_i,
    input  wire [[ dot.weight_range ]] weight_i,
    output wire [[ dot.sum_range ]] sum_o
);

  wire [[ dot.product_range ]] p;

  cf_products #(
      .Lanes([[ dot.lanes ]]),
      .ActBits([[ dot.act_bits ]]),
      .WeightBits([[ dot.weight_bits ]])
  ) i_products (
      .act_i(act_i),
      .weight_i(weight_i),
      .p_o(p)
  );
[% for delay in dot.delays %]
  wire [[ dot.product_range ]] x[[ delay ]];

  cf_delay #(
      .Width([[ dot.products ]]),
      .Depth([[ delay ]])
  ) i_x[[ delay ]] (
      .clk_i(clk_i),
      .d_i  (p),
      .q_o  (x[[ delay ]])
  );
[% endfor %]
[%- let adders = dot.adders.as_slice() %]
[%- include "adders.v" %]
  assign sum_o = [[ dot.result ]];
[% for name in dot.unused %]
  wire unused_[[ name ]] = &{1'b0, [[ name ]]};
[%- endfor %]

endmodule

`default_nettype wire
