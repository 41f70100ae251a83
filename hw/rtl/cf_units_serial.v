// The units of a serial junction: each adds up `LanesPerUnit` lanes and takes its right neurons one
// after the other, `Steps` cycles each.
//
// Unit u does steps u*Cycles to (u+1)*Cycles-1 of the junction's Neurons*Steps; right neuron r is
// steps r*Steps to (r+1)*Steps-1, and is given by the unit in which it begins.
//
// Does:      dot products, accumulators, bias ROM.
// Does not:  round or clamp.
// Latency:   2 + ceil(log2(LanesPerUnit)) cycles from operands to `acc_o`.
// Limits:    1 <= Steps <= Cycles; (Units-1)*Cycles < Neurons*Steps <= Units*Cycles.
`default_nettype none

module cf_units_serial #(
    parameter Units = 4,
    parameter LanesPerUnit = 8,
    parameter Neurons = 40,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    parameter AccBits = 16,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    parameter BiasRows = 10,
    parameter RowBits = 4,
    // derived, not to be set
    parameter Lanes = Units * LanesPerUnit
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        valid_i,  // with the operands
    input  wire                        last_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    output wire [           Units-1:0] valid_o,
    output wire [   Units*RowBits-1:0] row_o,
    output wire [   Units*AccBits-1:0] acc_o
);

  generate
    if (Steps < 1 || Cycles < Steps || Units * Cycles < Neurons * Steps ||
        (Units - 1) * Cycles >= Neurons * Steps) begin : g_illegal
      cf_units_serial_needs_Steps_up_to_Cycles_and_Units_for_all_steps stop ();  // no such module
    end
  endgenerate

  localparam Levels = (LanesPerUnit > 1) ? $clog2(LanesPerUnit) : 0;
  localparam SumBits = ActBits + WeightBits + Levels;
  localparam SegmentBits = (BiasRows > 1) ? $clog2(BiasRows) : 1;
  localparam Total = Neurons * Steps;

  wire                         valid;
  wire                         last;
  wire [Units*SegmentBits-1:0] segment;
  wire [    Units*AccBits-1:0] bias;
  wire [    Units*AccBits-1:0] held;

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

  cf_bias #(
      .Units(Units),
      .Rows (BiasRows),
      .Bits (AccBits),
      .File (BiasFile),
      .Hash (BiasHash)
  ) i_bias (
      .clk_i (clk_i),
      .row_i (segment),
      .bias_o(bias)
  );

  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      localparam First = u * Cycles;  // steps of the junction that this unit does
      localparam End = (First + Cycles < Total) ? First + Cycles : Total;
      localparam Phase = First % Steps;
      localparam Segments = (End + Steps - 1) / Steps - First / Steps;
      localparam Chained = (End % Steps != 0) ? 1 : 0;
      localparam Next = (u + 1 < Units) ? u + 1 : u;

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

      cf_accumulate #(
          .AccBits    (AccBits),
          .Steps      (Steps),
          .Phase      (Phase),
          .Segments   (Segments),
          .Chained    (Chained),
          .SegmentBits(SegmentBits),
          .RowBits    (RowBits)
      ) i_accumulate (
          .clk_i    (clk_i),
          .rst_ni   (rst_ni),
          .valid_i  (valid),
          .last_i   (last),
          .sum_i    (addend),
          .segment_o(segment[u*SegmentBits+:SegmentBits]),
          .bias_i   (bias[u*AccBits+:AccBits]),
          .chain_i  (held[Next*AccBits+:AccBits]),
          .held_o   (held[u*AccBits+:AccBits]),
          .acc_o    (acc_o[u*AccBits+:AccBits]),
          .valid_o  (valid_o[u]),
          .row_o    (row_o[u*RowBits+:RowBits])
      );

`ifdef CF_TRACE
      always @(posedge clk_i)
        if (rst_ni && valid) $display("CF_TRACE %m sum %0d", $signed(sum));
`endif
    end
  endgenerate

  wire unused_held = &{1'b0, held};  // the first unit's is nobody's

endmodule

`default_nettype wire
