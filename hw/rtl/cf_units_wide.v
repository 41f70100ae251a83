// The units of a wide junction: each is one right neuron with `LanesPerUnit` lanes of its own for
// all `Cycles`, and its share of `SharedLanes` for the `Rest` of its edges (see cf_side).
//
// Does:      dot products, shares, accumulators, bias ROM.
// Does not:  round or clamp.
// Latency:   4 + ceil(log2(LanesPerUnit)) cycles from operands to `acc_o`.
// Limits:    1 <= LanesPerUnit, 0 <= Rest < Cycles, SharedLanes = ceil(Units*Rest/Cycles).
`default_nettype none

module cf_units_wide #(
    parameter Units = 40,
    parameter LanesPerUnit = 13,
    parameter SharedLanes = 14,
    parameter Rest = 1,
    parameter Cycles = 3,
    parameter CycleBits = 2,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    parameter AccBits = 16,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter Lanes = Units * LanesPerUnit + SharedLanes
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        valid_i,  // with the operands
    input  wire                        last_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    output wire [           Units-1:0] valid_o,
    output wire [   Units*AccBits-1:0] acc_o
);

  generate
    if (LanesPerUnit < 1 || Rest < 0 || Rest >= Cycles ||
        SharedLanes * Cycles < Units * Rest) begin : g_illegal
      cf_units_wide_needs_Rest_below_Cycles_and_lanes_for_it stop ();  // no such module
    end
  endgenerate

  localparam Levels = (LanesPerUnit > 1) ? $clog2(LanesPerUnit) : 0;
  localparam SumBits = ActBits + WeightBits + Levels;
  localparam ProductBits = ActBits + WeightBits;
  localparam OwnLanes = Units * LanesPerUnit;

  wire                       valid;
  wire                       last;
  wire                       valid_side;
  wire                       last_side;
  wire                       first_side;
  wire [  Units*AccBits-1:0] bias;
  wire [  Units*AccBits-1:0] side;
  reg  [      CycleBits-1:0] cycle_q;  // of the sums and shared products
  reg                        first_q;

  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_valid (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid_i),
      .q_o   (valid)
  );

  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_last (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_valid_side (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid),
      .q_o   (valid_side)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_side (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_side)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_first_side (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (first_q),
      .q_o   (first_side)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      cycle_q <= {CycleBits{1'b0}};
      first_q <= 1'b1;
    end else if (valid) begin
      cycle_q <= last ? {CycleBits{1'b0}} : cycle_q + 1'b1;
      first_q <= last;
    end
  end

  wire [Units-1:0] bias_row = 'b0;  // a unit has one neuron: row 0 for all

  cf_bias #(
      .Units(Units),
      .Rows (1),
      .Bits (AccBits),
      .File (BiasFile),
      .Hash (BiasHash)
  ) i_bias (
      .clk_i (clk_i),
      .row_i (bias_row),
      .bias_o(bias)
  );

  genvar u, k;
  generate
    if (SharedLanes > 0) begin : g_shared
      wire [SharedLanes*ProductBits-1:0] product;

      for (k = 0; k < SharedLanes; k = k + 1) begin : g_lane
        wire [ProductBits-1:0] at_once;

        cf_dot #(
            .Lanes     (1),
            .ActBits   (ActBits),
            .ActSigned (ActSigned),
            .WeightBits(WeightBits)
        ) i_product (
            .clk_i   (clk_i),
            .act_i   (act_i[(OwnLanes+k)*ActBits+:ActBits]),
            .weight_i(weight_i[(OwnLanes+k)*WeightBits+:WeightBits]),
            .sum_o   (at_once)
        );

        cf_delay #(
            .Width(ProductBits),
            .Depth(Levels)
        ) i_wait (
            .clk_i(clk_i),
            .d_i  (at_once),
            .q_o  (product[k*ProductBits+:ProductBits])
        );

`ifdef CF_TRACE
        always @(posedge clk_i)
          if (rst_ni && valid)
            $display("CF_TRACE %m sum %0d", $signed(product[k*ProductBits+:ProductBits]));
`endif
      end

      for (u = 0; u < Units; u = u + 1) begin : g_side
        cf_side #(
            .Unit       (u),
            .Rest       (Rest),
            .Cycles     (Cycles),
            .CycleBits  (CycleBits),
            .SharedLanes(SharedLanes),
            .ProductBits(ProductBits),
            .AccBits    (AccBits)
        ) i_side (
            .clk_i    (clk_i),
            .cycle_i  (cycle_q),
            .product_i(product),
            .side_o   (side[u*AccBits+:AccBits])
        );
      end
    end else begin : g_no_shared
      assign side = 'b0;
      wire unused_cycle = &{1'b0, cycle_q};
    end

    for (u = 0; u < Units; u = u + 1) begin : g_unit
      wire [SumBits-1:0] sum;
      wire [AccBits-1:0] addend;

      cf_dot #(
          .Lanes     (LanesPerUnit),
          .ActBits   (ActBits),
          .ActSigned (ActSigned),
          .WeightBits(WeightBits)
      ) i_dot (
          .clk_i   (clk_i),
          .act_i   (act_i[u*LanesPerUnit*ActBits+:LanesPerUnit*ActBits]),
          .weight_i(weight_i[u*LanesPerUnit*WeightBits+:LanesPerUnit*WeightBits]),
          .sum_o   (sum)
      );

      cf_resize #(
          .From(SumBits),
          .To  (AccBits)
      ) i_addend (
          .d_i(sum),
          .q_o(addend)
      );

      cf_accumulate_wide #(
          .AccBits(AccBits)
      ) i_accumulate (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .valid_i(valid_side),
          .first_i(first_side),
          .last_i (last_side),
          .sum_i  (addend),
          .side_i (side[u*AccBits+:AccBits]),
          .bias_i (bias[u*AccBits+:AccBits]),
          .acc_o  (acc_o[u*AccBits+:AccBits]),
          .valid_o(valid_o[u])
      );

`ifdef CF_TRACE
      always @(posedge clk_i)
        if (rst_ni && valid) $display("CF_TRACE %m sum %0d", $signed(sum));
`endif
    end
  endgenerate

endmodule

`default_nettype wire
