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
[%- for adder in neuron.adders %]
  wire [[ adder.sum_range ]] [[ adder.name ]];
[%- if adder.windows.is_empty() %]

  cf_add #(
      .Columns([[ adder.columns ]]),
      .Bits([[ adder.bits ]]),
      .Taps([[ adder.taps ]]),
      .Subtract([[ adder.subtract ]])
  ) i_[[ adder.name ]] (
      .clk_i(clk_i),
      .row_i([[ adder.row ]]),
      .x_i([[ adder.x ]]),
      .carry_i([[ adder.carry ]]),
      .sum_o([[ adder.name ]])
  );
[% else %]
  wire [[ adder.row_range ]] [[ adder.name ]]_row = [[ adder.row ]];
  wire [[ adder.row_range ]] [[ adder.name ]]_s;
[% for window in adder.windows %]
[%- if window.values.is_empty() %]
  assign [[ adder.name ]]_s[[ window.range ]] = [[ adder.name ]]_row[[ window.range ]];
[% else %]
  cf_window #(
      .Width([[ window.width ]]),
      .Values(20'h[[ window.values ]])
  ) i_[[ adder.name ]]_[[ loop.index0 ]] (
      .x_i([[ window.x ]]),
      .row_i([[ adder.name ]]_row[[ window.range ]]),
      .s_o([[ adder.name ]]_s[[ window.range ]])
  );
[% endif %]
[%- endfor %]
  cf_add #(
      .Columns([[ adder.columns ]]),
      .Bits([[ adder.bits ]]),
      .Taps([[ adder.taps ]]),
      .Propagate(1)
  ) i_[[ adder.name ]] (
      .clk_i(clk_i),
      .row_i([[ adder.name ]]_row),
      .x_i([[ adder.name ]]_s),
      .carry_i([[ adder.carry ]]),
      .sum_o([[ adder.name ]])
  );
[% endif %]
[%- endfor %]
  assign acc_o[[ neuron.range ]] = [[ neuron.result ]];
[% endfor %]
[%- for name in unused %]
  wire unused_[[ name ]] = &{1'b0, [[ name ]]};
[%- endfor %]

endmodule

`default_nettype wire
