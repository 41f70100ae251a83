// The accumulator of a wide unit: one right neuron, all cycles of a frame.
//
// Does:      starts from the bias, adds the sum of the neuron's own lanes and its share of the
//            shared lanes, gives the result after the frame's last cycle.
// Does not:  round or clamp.
// Latency:   3 cycles from a sum to `acc_o`; `valid_o` comes with the last.
// Limits:    `sum_i` and `side_i` modulo 2^AccBits; flags come with `side_i`, one cycle after
//            `sum_i`.
`default_nettype none

module cf_accumulate_wide #(
    parameter AccBits = 16
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    input  wire               valid_i,
    input  wire               first_i,
    input  wire               last_i,
    input  wire [AccBits-1:0] sum_i,
    input  wire [AccBits-1:0] side_i,
    input  wire [AccBits-1:0] bias_i,
    output wire [AccBits-1:0] acc_o,
    output reg                valid_o
);

  reg               valid_q;
  reg               first_q;
  reg               last_q;
  reg [AccBits-1:0] sum_q;
  reg [AccBits-1:0] total_q;
  reg [AccBits-1:0] acc_q;

  assign acc_o = acc_q;

  always @(posedge clk_i) begin
    sum_q   <= sum_i;
    total_q <= sum_q + side_i;
    first_q <= first_i;
    last_q  <= last_i;
    if (valid_q) acc_q <= (first_q ? bias_i : acc_q) + total_q;
    if (!rst_ni) begin
      valid_q <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      valid_q <= valid_i;
      valid_o <= valid_q && last_q;
    end
  end

endmodule

`default_nettype wire
