// A shift register: `q_o` is `d_i` as it was Depth cycles ago.
//
// Does:      delays a bus; Depth 0 is a wire. No reset, so that tools may use shift-register LUTs.
// Does not:  reset: flags that must be quiet after reset go through cf_delay_flag.
// Latency:   Depth cycles.
// Limits:    1 <= Width, 0 <= Depth.
`default_nettype none

module cf_delay #(
    parameter Width = 1,
    parameter Depth = 1
) (
    input  wire             clk_i,
    input  wire [Width-1:0] d_i,
    output wire [Width-1:0] q_o
);

  genvar i;
  generate
    for (i = 0; i < Depth; i = i + 1) begin : g_stage
      reg [Width-1:0] data_q;
      if (i == 0) begin : g_first
        always @(posedge clk_i) data_q <= d_i;
      end else begin : g_next
        always @(posedge clk_i) data_q <= g_stage[i-1].data_q;
      end
    end
    if (Depth == 0) begin : g_wire
      assign q_o = d_i;
      wire unused_clk = &{1'b0, clk_i};
    end else begin : g_out
      assign q_o = g_stage[Depth-1].data_q;
    end
  endgenerate

endmodule

`default_nettype wire
