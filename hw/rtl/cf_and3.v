// Three products of one bit each, counted.
//
// Two functions of six bits: what a six-input LUT takes, kept together so that no tool tears them
// apart.
//
// Does:      {c_o, s_o} = a_i[0] * b_i[0] + a_i[1] * b_i[1] + a_i[2] * b_i[2].
// Does not:  register.
// Latency:   none.
// Limits:    none.
`default_nettype none

(* keep_hierarchy *)
module cf_and3 #(
    // derived, not to be set
    parameter Products = 3
) (
    input  wire [Products-1:0] a_i,
    input  wire [Products-1:0] b_i,
    output wire                s_o,
    output wire                c_o
);

  wire [Products-1:0] p = a_i & b_i;

  assign s_o = ^p;
  assign c_o = (p[0] && p[1]) || (p[0] && p[2]) || (p[1] && p[2]);

endmodule

`default_nettype wire
