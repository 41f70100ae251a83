// A cf_credit between honest neighbours: a permit is given back by whoever took it, and only what
// is there is taken. So the count stays within 0 to Max.
`default_nettype none

module prove_credit #(
    parameter Max = 3,
    parameter Initial = 2
) (
    input wire clk_i,
    input wire rst_ni,
    input wire give_i,
    input wire take_i
);

  wire avail;
  integer out_q = Max - Initial;  // permits with the neighbours
  reg started_q = 1'b0;

  cf_credit #(
      .Max    (Max),
      .Initial(Initial)
  ) dut (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i (give_i),
      .take_i (take_i),
      .avail_o(avail)
  );

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (started_q || !rst_ni);
    if (rst_ni) begin
      assume (!take_i || avail);
      assume (!give_i || out_q > 0);
      out_q <= out_q + take_i - give_i;
    end else out_q <= Max - Initial;
    assert (out_q >= 0 && out_q <= Max);
    if (started_q) assert (avail == (out_q < Max));
  end

endmodule

`default_nettype wire
