// A dot product as written: `Lanes` activations times `Lanes` weights, summed in a pipelined tree.
//
// Does:      multiplies in one cycle, exactly; cf_sum adds.
// Does not:  accumulate over cycles: that is cf_accumulate's work.
// Latency:   1 + ceil(log2(Lanes)) cycles.
// Limits:    1 <= Lanes; activations signed or not, weights two's complement.
`default_nettype none

module cf_dot_plain #(
    parameter Lanes = 8,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    // derived, not to be set
    parameter SumBits = ActBits + WeightBits + ((Lanes > 1) ? $clog2(Lanes) : 0)
) (
    input  wire                        clk_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    output wire [         SumBits-1:0] sum_o
);

  generate
    if (Lanes < 1 || ActBits < 1 || WeightBits < 1) begin : g_illegal
      cf_dot_plain_needs_Lanes_ActBits_and_WeightBits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam ProductBits = ActBits + WeightBits;

  reg [Lanes*ProductBits-1:0] product_q;

  genvar l;
  generate
    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      wire signed [WeightBits-1:0] weight = weight_i[l*WeightBits+:WeightBits];
      if (ActSigned != 0) begin : g_signed
        wire signed [ActBits-1:0] act = act_i[l*ActBits+:ActBits];
        wire signed [ProductBits-1:0] product = act * weight;
        always @(posedge clk_i) product_q[l*ProductBits+:ProductBits] <= product;
      end else begin : g_unsigned
        // the zero on top makes the activation a positive signed number
        wire signed [ActBits:0] act = {1'b0, act_i[l*ActBits+:ActBits]};
        wire signed [ProductBits:0] product = act * weight;
        wire unused_sign = product[ProductBits];  // a copy of the bit below
        always @(posedge clk_i) product_q[l*ProductBits+:ProductBits] <= product[ProductBits-1:0];
      end
    end
  endgenerate

  cf_sum #(
      .Inputs(Lanes),
      .Bits  (ProductBits)
  ) i_sum (
      .clk_i(clk_i),
      .d_i  (product_q),
      .sum_o(sum_o)
  );

endmodule

`default_nettype wire
