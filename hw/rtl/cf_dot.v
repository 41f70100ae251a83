// A dot product: `Lanes` activations times `Lanes` weights, summed in a pipelined tree.
//
// Does:      multiplies in one cycle and adds pairs in each one after, exact at every node.
// Does not:  accumulate over cycles: that is cf_accumulate's work.
// Latency:   1 + ceil(log2(Lanes)) cycles.
// Limits:    1 <= Lanes; activations signed or not, weights two's complement.
`default_nettype none

module cf_dot #(
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
      cf_dot_needs_Lanes_ActBits_and_WeightBits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam ProductBits = ActBits + WeightBits;
  localparam Levels = (Lanes > 1) ? $clog2(Lanes) : 0;

  genvar l, k, n;
  generate
    // level 0: products; level k: ceil(Lanes / 2^k) sums, one bit wider each
    for (k = 0; k <= Levels; k = k + 1) begin : g_level
      localparam Nodes = (Lanes + (1 << k) - 1) >> k;
      localparam Bits = ProductBits + k;
      reg [Nodes*Bits-1:0] node_q;

      if (k == 0) begin : g_products
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
          wire signed [WeightBits-1:0] weight = weight_i[l*WeightBits+:WeightBits];
          if (ActSigned != 0) begin : g_signed
            wire signed [ActBits-1:0] act = act_i[l*ActBits+:ActBits];
            wire signed [ProductBits-1:0] product = act * weight;
            always @(posedge clk_i) node_q[l*Bits+:Bits] <= product;
          end else begin : g_unsigned
            // the zero on top makes the activation a positive signed number
            wire signed [ActBits:0] act = {1'b0, act_i[l*ActBits+:ActBits]};
            wire signed [ProductBits:0] product = act * weight;
            wire unused_sign = product[ProductBits];  // a copy of the bit below
            always @(posedge clk_i) node_q[l*Bits+:Bits] <= product[ProductBits-1:0];
          end
        end
      end else begin : g_sums
        localparam Below = (Lanes + (1 << (k - 1)) - 1) >> (k - 1);
        localparam BelowBits = Bits - 1;
        for (n = 0; n < Nodes; n = n + 1) begin : g_node
          wire signed [BelowBits-1:0] a = g_level[k-1].node_q[2*n*BelowBits+:BelowBits];
          if (2 * n + 1 < Below) begin : g_pair
            wire signed [BelowBits-1:0] b = g_level[k-1].node_q[(2*n+1)*BelowBits+:BelowBits];
            wire signed [Bits-1:0] sum = a + b;
            always @(posedge clk_i) node_q[n*Bits+:Bits] <= sum;
          end else begin : g_alone
            always @(posedge clk_i) node_q[n*Bits+:Bits] <= {a[BelowBits-1], a};
          end
        end
      end
    end
  endgenerate

  assign sum_o = g_level[Levels].node_q;

endmodule

`default_nettype wire
