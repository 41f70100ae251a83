// [[ stamp ]]
// Generated. Do not edit: change the head or the options and compile again. The arithmetic is in
// rtl/lib/; this file only puts it together.
//
// [[ about ]]: a tree of adders for each accumulator.
//
// Does:      acc_o[r] = bias[r] + rounding constant + sum of weight[r][l] * act_i[l].
// Does not:  wait.
// Latency:   [[ latency ]] cycles.
`default_nettype none

module [[ module ]] (
    input  wire clk_i,
    input  wire [[ act_range ]] act_i,
    output wire [[ acc_range ]] acc_o
);
[% for delay in delays %]
  wire [[ act_range ]] x[[ delay ]];

  cf_delay #(
      .Width([[ act_bits ]]),
      .Depth([[ delay ]])
  ) i_x[[ delay ]] (
      .clk_i(clk_i),
      .d_i  (act_i),
      .q_o  (x[[ delay ]])
  );
[% endfor %]
[%- for neuron in neurons %]
  // right neuron [[ neuron.number ]]
[%- let adders = neuron.adders.as_slice() %]
[%- include "adders.v" %]
  assign acc_o[[ neuron.range ]] = [[ neuron.result ]];
[% endfor %]
[%- for name in unused %]
  wire unused_[[ name ]] = &{1'b0, [[ name ]]};
[%- endfor %]

endmodule

`default_nettype wire
