// The products of a dot product, bit by bit, three lanes counted into two bits.
//
// Does:      for bit i of the activations, bit j of the weights and lanes 3t, 3t + 1, 3t + 2: the
//            sum of the three products act[i] * weight[j], as bits p_o[2k] and p_o[2k + 1], where
//            k = (i * WeightBits + j) * Triples + t. Lanes beyond the last count nothing.
// Does not:  know signs: the top bit of a two's complement number is worth its column negatively,
//            which whoever adds up knows.
// Latency:   none.
// Limits:    1 <= Lanes, ActBits, WeightBits.
`default_nettype none

module cf_products #(
    parameter Lanes = 8,
    parameter ActBits = 4,
    parameter WeightBits = 6,
    // derived, not to be set
    parameter Triples = (Lanes + 2) / 3
) (
    input  wire [                   Lanes*ActBits-1:0] act_i,
    input  wire [                Lanes*WeightBits-1:0] weight_i,
    output wire [2*Triples*ActBits*WeightBits-1:0] p_o
);

  generate
    if (Lanes < 1 || ActBits < 1 || WeightBits < 1) begin : g_illegal
      cf_products_needs_Lanes_ActBits_and_WeightBits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  genvar i, j, t, l;
  generate
    for (i = 0; i < ActBits; i = i + 1) begin : g_act
      for (j = 0; j < WeightBits; j = j + 1) begin : g_weight
        wire [3*Triples-1:0] a;
        wire [3*Triples-1:0] b;
        for (l = 0; l < 3 * Triples; l = l + 1) begin : g_lane
          if (l < Lanes) begin : g_there
            assign a[l] = act_i[l*ActBits+i];
            assign b[l] = weight_i[l*WeightBits+j];
          end else begin : g_beyond
            assign a[l] = 1'b0;
            assign b[l] = 1'b0;
          end
        end
        for (t = 0; t < Triples; t = t + 1) begin : g_triple
          localparam K = (i * WeightBits + j) * Triples + t;
          cf_and3 i_count (
              .a_i(a[3*t+:3]),
              .b_i(b[3*t+:3]),
              .s_o(p_o[2*K]),
              .c_o(p_o[2*K+1])
          );
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
