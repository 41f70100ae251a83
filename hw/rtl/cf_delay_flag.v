// A one-bit shift register that reset clears: `q_o` is `d_i` as it was Depth cycles ago.
//
// Does:      delays a valid, first or last flag; nothing that was under way outlives a reset.
// Does not:  hold data: that is cf_delay's work.
// Latency:   Depth cycles.
// Limits:    1 <= Depth.
`default_nettype none

module cf_delay_flag #(
    parameter Depth = 1
) (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire d_i,
    output wire q_o
);

  generate
    if (Depth < 1) begin : g_illegal
      cf_delay_flag_needs_Depth_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg [Depth-1:0] data_q;

  assign q_o = data_q[Depth-1];

  generate
    if (Depth == 1) begin : g_one
      always @(posedge clk_i) data_q <= rst_ni & d_i;
    end else begin : g_many
      always @(posedge clk_i) data_q <= rst_ni ? {data_q[Depth-2:0], d_i} : {Depth{1'b0}};
    end
  endgenerate

endmodule

`default_nettype wire
