  // [[ j.about ]]
  [[ j.module ]] #(
[%- for p in j.parameters %]
      .[[ p.name ]]([[ p.value ]])[% if !loop.last %],[% endif %]
[%- endfor %]
  ) i_junction_[[ j.number ]] (
      .clk_i       (aclk),
      .rst_ni      (aresetn),
      .room_avail_o(l[[ j.number ]]_room_avail),
      .room_take_i (l[[ j.number ]]_room_take),
      .frame_i     (l[[ j.number ]]_frame),
      .we_i        (l[[ j.number ]]_we),
      .wrow_i      (l[[ j.number ]]_row),
      .wdata_i     (l[[ j.number ]]_data),
      .wframe_end_i(l[[ j.number ]]_frame_end),
      .decide_i    (1'b0),
      .pass_i      (1'b0),
      .room_avail_i(l[[ j.number + 1 ]]_room_avail),
      .room_take_o (l[[ j.number + 1 ]]_room_take),
      .frame_o     (l[[ j.number + 1 ]]_frame),
      .we_o        (l[[ j.number + 1 ]]_we),
      .wrow_o      (l[[ j.number + 1 ]]_row),
      .wdata_o     (l[[ j.number + 1 ]]_data),
      .wframe_end_o(l[[ j.number + 1 ]]_frame_end)
  );
