// Few pins for a design of many ports, to place and route it alone.
//
// Does:      shifts one pin into a register of `In` bits that drive a design, and the `Out` bits
//            of the design into another whose parity over time is a pin: every path of the design
//            begins and ends in a register, and none is swept away.
// Does not:  mean anything: it is no interface, has no reset, and is in no package.
// Latency:   bit n of `in_o` is `pin_i` n + 1 cycles ago; `out_i` is taken every cycle.
// Limits:    1 <= In, 1 <= Out.
`default_nettype none

module cf_pins #(
    parameter In  = 8,
    parameter Out = 8
) (
    input  wire           clk_i,
    input  wire           pin_i,
    output reg  [ In-1:0] in_o,
    input  wire [Out-1:0] out_i,
    output wire           pin_o
);

  generate
    if (In < 1 || Out < 1) begin : g_illegal
      cf_pins_needs_In_and_Out_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg [Out-1:0] out_q;
  reg [Out-1:0] sum_q;

  always @(posedge clk_i) out_q <= out_i;

  generate
    if (In > 1) begin : g_ins
      always @(posedge clk_i) in_o <= {in_o[In-2:0], pin_i};
    end else begin : g_in
      always @(posedge clk_i) in_o <= pin_i;
    end
    if (Out > 1) begin : g_outs
      always @(posedge clk_i) sum_q <= {sum_q[Out-2:0], 1'b0} ^ out_q;
    end else begin : g_out
      always @(posedge clk_i) sum_q <= out_q;
    end
  endgenerate

  assign pin_o = sum_q[Out-1];

endmodule

`default_nettype wire
