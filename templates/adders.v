[%- for adder in adders %]
  // [[ adder.about ]]
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
