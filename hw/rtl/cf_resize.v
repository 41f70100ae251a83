// Brings a two's complement number to another width: copies of the sign on top, or the top cut off.
//
// Does:      widens exactly; narrows modulo 2^To, exact where the sum it goes into fits To.
// Does not:  saturate.
// Latency:   none, wires only.
// Limits:    1 <= From, 1 <= To.
`default_nettype none

module cf_resize #(
    parameter From = 12,
    parameter To = 16
) (
    input  wire [From-1:0] d_i,
    output wire [  To-1:0] q_o
);

  generate
    if (From < To) begin : g_widen
      assign q_o = {{(To - From) {d_i[From-1]}}, d_i};
    end else if (From == To) begin : g_same
      assign q_o = d_i;
    end else begin : g_narrow
      assign q_o = d_i[To-1:0];
      wire unused_top = &{1'b0, d_i[From-1:To]};
    end
  endgenerate

endmodule

`default_nettype wire
