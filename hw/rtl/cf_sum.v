// A pipelined tree that adds `Inputs` two's complement numbers, one set a cycle.
//
// Does:      adds pairs in each cycle, exact at every node: a level is one bit wider than the one
//            below.
// Does not:  accumulate over cycles.
// Latency:   ceil(log2(Inputs)) cycles; one input is a wire.
// Limits:    1 <= Inputs, 1 <= Bits.
`default_nettype none

module cf_sum #(
    parameter Inputs = 8,
    parameter Bits = 10,
    // derived, not to be set
    parameter SumBits = Bits + ((Inputs > 1) ? $clog2(Inputs) : 0)
) (
    input  wire                   clk_i,
    input  wire [Inputs*Bits-1:0] d_i,
    output wire [    SumBits-1:0] sum_o
);

  generate
    if (Inputs < 1 || Bits < 1) begin : g_illegal
      cf_sum_needs_Inputs_and_Bits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = (Inputs > 1) ? $clog2(Inputs) : 0;

  genvar k, n;
  generate
    // level k: ceil(Inputs / 2^k) sums
    for (k = 0; k <= Levels; k = k + 1) begin : g_level
      localparam Nodes = (Inputs + (1 << k) - 1) >> k;
      localparam NodeBits = Bits + k;
      wire [Nodes*NodeBits-1:0] node;

      if (k == 0) begin : g_inputs
        assign node = d_i;
      end else begin : g_sums
        localparam Below = (Inputs + (1 << (k - 1)) - 1) >> (k - 1);
        localparam BelowBits = NodeBits - 1;
        for (n = 0; n < Nodes; n = n + 1) begin : g_node
          reg signed  [ NodeBits-1:0] sum_q;
          wire signed [BelowBits-1:0] a = g_level[k-1].node[2*n*BelowBits+:BelowBits];
          if (2 * n + 1 < Below) begin : g_pair
            wire signed [BelowBits-1:0] b = g_level[k-1].node[(2*n+1)*BelowBits+:BelowBits];
            always @(posedge clk_i) sum_q <= a + b;
          end else begin : g_alone
            always @(posedge clk_i) sum_q <= {a[BelowBits-1], a};
          end
          assign node[n*NodeBits+:NodeBits] = sum_q;
        end
      end
    end
    if (Levels == 0) begin : g_wire
      wire unused_clk = &{1'b0, clk_i};
    end
  endgenerate

  assign sum_o = g_level[Levels].node;

endmodule

`default_nettype wire
