// Counts permits that pass between a producer and a consumer of frames.
//
// Does:      keeps 0 to Max permits; `avail_o` says that at least one may be taken.
// Does not:  protect against taking what is not there or giving more than Max: both are bugs of
//            the neighbours, which end a simulation and are asserted under FORMAL.
// Latency:   a permit given in one cycle may be taken in the next.
// Limits:    1 <= Max, 0 <= Initial <= Max.
`default_nettype none

module cf_credit #(
    parameter Max = 2,
    parameter Initial = 0
) (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire give_i,
    input  wire take_i,
    output wire avail_o
);

  generate
    if (Max < 1 || Initial < 0 || Initial > Max) begin : g_illegal
      cf_credit_needs_Max_of_at_least_1_and_Initial_from_0_to_Max stop ();  // no such module
    end
  endgenerate

  localparam CountBits = $clog2(Max + 1);

  reg [CountBits-1:0] count_q;

  assign avail_o = count_q != {CountBits{1'b0}};

  always @(posedge clk_i) begin
    if (!rst_ni) count_q <= Initial[CountBits-1:0];
    else if (give_i && !take_i) count_q <= count_q + 1'b1;
    else if (take_i && !give_i) count_q <= count_q - 1'b1;
  end

`ifdef FORMAL
  // asserted of the neighbours wherever a credit is proved with them
  reg f_reset_q = 1'b0;
  always @(posedge clk_i) begin
    if (!rst_ni) f_reset_q <= 1'b1;
    if (rst_ni && f_reset_q) begin
      assert (!take_i || avail_o);
      assert (!give_i || take_i || count_q != Max[CountBits-1:0]);
      assert (count_q <= Max[CountBits-1:0]);
    end
  end
`elsif SYNTHESIS
`else
  always @(posedge clk_i)
    if (rst_ni && ((take_i && !avail_o) || (give_i && !take_i && count_q == Max[CountBits-1:0])))
    begin
      $display("CF_CREDIT_ERROR %m: more taken or given than there is");
      $finish;
    end
`endif

endmodule

`default_nettype wire
