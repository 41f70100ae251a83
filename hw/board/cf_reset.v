// The reset of a board: after power-on and while a button is pressed.
//
// Does:      holds rst_no low from power-on, and from a press of the button, until the button has
//            been up for 2^Bits cycles; brings the button into the clock domain.
// Does not:  need a reset itself: it counts on registers that are 0 when the FPGA has been loaded,
//            which the bitstreams of all families set.
// Latency:   2 to 3 cycles from the button to rst_no.
// Limits:    1 <= Bits; ActiveLow 1 if the button pulls its pin low, else 0.
`default_nettype none

module cf_reset #(
    parameter Bits = 16,
    parameter ActiveLow = 1
) (
    input  wire clk_i,
    input  wire button_i,
    output reg  rst_no
);

  generate
    if (Bits < 1 || ActiveLow < 0 || ActiveLow > 1) begin : g_illegal
      cf_reset_needs_Bits_of_at_least_1_and_ActiveLow_of_0_or_1 stop ();  // no such module
    end
  endgenerate

  reg [     1:0] pressed_q = 2'b00;
  reg [Bits-1:0] count_q = {Bits{1'b0}};

  initial rst_no = 1'b0;

  always @(posedge clk_i) begin
    pressed_q <= {pressed_q[0], button_i == (ActiveLow == 0)};
    rst_no    <= !pressed_q[1] && &count_q;
    if (pressed_q[1]) count_q <= {Bits{1'b0}};
    else if (!(&count_q)) count_q <= count_q + 1'b1;
  end

endmodule

`default_nettype wire
