// Two lights of a board: alive, and something went wrong.
//
// Does:      blinks alive_o, half of 2^Bits cycles on and half off; lights error_o for at least
//            2^Bits cycles after error_i.
// Does not:  count errors.
// Latency:   1 cycle.
// Limits:    2 <= Bits; ActiveLow 1 if a pin is low where its light is on, else 0.
`default_nettype none

module cf_lights #(
    parameter Bits = 24,
    parameter ActiveLow = 0
) (
    input  wire clk_i,
    input  wire rst_ni,
    input  wire error_i,
    output reg  alive_o,
    output reg  error_o
);

  generate
    if (Bits < 2 || ActiveLow < 0 || ActiveLow > 1) begin : g_illegal
      cf_lights_needs_Bits_of_at_least_2_and_ActiveLow_of_0_or_1 stop ();  // no such module
    end
  endgenerate

  localparam Off = ActiveLow != 0;

  reg [Bits-1:0] count_q;
  reg [     1:0] error_q;  // turns of the counter that the light stays on, this one included

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= {Bits{1'b0}};
      error_q <= 2'd0;
      alive_o <= Off;
      error_o <= Off;
    end else begin
      count_q <= count_q + 1'b1;
      if (error_i) error_q <= 2'd2;
      else if (&count_q && error_q != 2'd0) error_q <= error_q - 1'b1;
      alive_o <= count_q[Bits-1] ^ Off;
      error_o <= (error_q != 2'd0) ^ Off;
    end
  end

endmodule

`default_nettype wire
