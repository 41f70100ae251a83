// The units of a network junction: each lane's product and partial sums, and for each group of
// lanes a drain that puts right neurons together from them.
//
// Group g is lanes g*LanesPerGroup and up, and has right neurons g*NeuronsPerGroup and up; the last
// may have fewer. A lane's products belong to neurons of its group.
//
// ROMs, fields from the low end:
//   DrainFile   Pieces words. Of group g: where its next   Groups fields of LaneBits + IndexBits
//               piece is, and whether it is the last of    + 1 bits: the lane in the group in the
//               its neuron                                 low bits, then which of the lane's sums,
//                                                          then last on top
//   BiasFile    NeuronsPerGroup words. Of group g: bias,   Groups fields of AccBits bits
//               rounding constant included, of a neuron
// LaneBits = clog2(LanesPerGroup), IndexBits = clog2(Sums), but at least 1 each. Pieces of a neuron
// follow each other, neurons come in order. A group with fewer pieces or neurons than others has
// zeros in what is left over.
//
// Does:      adds up a frame while it hands on the one before, so that frames follow each other
//            with no gap.
// Does not:  round or clamp.
// Latency:   the last operands of a frame in cycle T: row n of the drain ROM comes in cycle
//            T + 3 + n, and the neuron that it ends is at `acc_o` in cycle T + 6 + n. `end_o` comes
//            in cycle T + 1 + Pieces, 4 before the neuron that row Pieces - 1 ends.
// Limits:    1 <= Pieces <= Cycles; Sums as cf_partial;
//            (Groups-1)*NeuronsPerGroup < Neurons <= Groups*NeuronsPerGroup.
`default_nettype none

module cf_units_network #(
    parameter Neurons = 40,
    parameter Groups = 4,
    parameter LanesPerGroup = 8,
    parameter NeuronsPerGroup = 10,
    parameter Sums = 3,
    parameter Pieces = 17,
    parameter Cycles = 50,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    parameter AccBits = 14,
    parameter DrainFile = "",
    parameter [31:0] DrainHash = 32'h0,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter Lanes = Groups * LanesPerGroup,
    parameter IndexBits = (Sums > 1) ? $clog2(Sums) : 1,
    parameter RowBits = (NeuronsPerGroup > 1) ? $clog2(NeuronsPerGroup) : 1
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    // with the operands
    input  wire                        valid_i,
    input  wire                        last_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    // a cycle later, with their product
    input  wire [           Lanes-1:0] work_i,
    input  wire [           Lanes-1:0] fresh_i,
    input  wire [ Lanes*IndexBits-1:0] index_i,
    // results
    output wire                        end_o,
    output wire [          Groups-1:0] valid_o,
    output wire [  Groups*RowBits-1:0] row_o,
    output wire [  Groups*AccBits-1:0] acc_o
);

  generate
    if (Pieces < 1 || Pieces > Cycles || Neurons > Groups * NeuronsPerGroup ||
        Neurons <= (Groups - 1) * NeuronsPerGroup) begin : g_illegal
      cf_units_network_needs_Pieces_up_to_Cycles_and_Neurons_that_fit stop ();  // no such module
    end
  endgenerate

  localparam ProductBits = ActBits + WeightBits;
  localparam PieceBits = (Pieces > 1) ? $clog2(Pieces) : 1;
  localparam LaneBits = (LanesPerGroup > 1) ? $clog2(LanesPerGroup) : 1;
  localparam FieldBits = LaneBits + IndexBits + 1;
  localparam LastNeurons = Neurons - (Groups - 1) * NeuronsPerGroup;

  wire                        valid_product;
  wire                        last_product;
  wire                        run;
  wire [       PieceBits-1:0] piece;
  wire                        valid_row;
  wire                        first_row;
  wire [Groups*FieldBits-1:0] fields;
  wire [  Groups*RowBits-1:0] bias_row;
  wire [  Groups*AccBits-1:0] bias;
  wire                        unused_start;
  wire                        unused_release;

  cf_delay_flag #(
      .Depth(1)
  ) i_valid_product (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid_i),
      .q_o   (valid_product)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_product (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last_product)
  );

  // a frame's last product starts the count; Pieces <= Cycles, so it is over when the next comes
  cf_sequencer #(
      .Cycles (Pieces),
      .Release(0)
  ) i_pieces (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .frame_avail_i(last_product),
      .room_avail_i (1'b1),
      .start_o      (unused_start),
      .run_o        (run),
      .cycle_o      (piece),
      .last_o       (end_o),
      .release_o    (unused_release)
  );

  cf_rom #(
      .Width(Groups * FieldBits),
      .Depth(Pieces),
      .File (DrainFile),
      .Hash (DrainHash)
  ) i_drain_rom (
      .clk_i (clk_i),
      .addr_i(piece),
      .data_o(fields)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_valid_row (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run),
      .q_o   (valid_row)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_first_row (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run && piece == {PieceBits{1'b0}}),
      .q_o   (first_row)
  );

  cf_bias #(
      .Units(Groups),
      .Rows (NeuronsPerGroup),
      .Bits (AccBits),
      .File (BiasFile),
      .Hash (BiasHash)
  ) i_bias (
      .clk_i (clk_i),
      .row_i (bias_row),
      .bias_o(bias)
  );

  genvar g, l;
  generate
    for (g = 0; g < Groups; g = g + 1) begin : g_group
      wire [            FieldBits-1:0] field = fields[g*FieldBits+:FieldBits];
      wire [LanesPerGroup*AccBits-1:0] sum;

      for (l = g * LanesPerGroup; l < (g + 1) * LanesPerGroup; l = l + 1) begin : g_lane
        wire [ProductBits-1:0] product;

        cf_dot #(
            .Lanes     (1),
            .ActBits   (ActBits),
            .ActSigned (ActSigned),
            .WeightBits(WeightBits)
        ) i_product (
            .clk_i   (clk_i),
            .act_i   (act_i[l*ActBits+:ActBits]),
            .weight_i(weight_i[l*WeightBits+:WeightBits]),
            .sum_o   (product)
        );

        cf_partial #(
            .AccBits    (AccBits),
            .ProductBits(ProductBits),
            .Sums       (Sums)
        ) i_partial (
            .clk_i    (clk_i),
            .rst_ni   (rst_ni),
            .valid_i  (valid_product && work_i[l]),
            .last_i   (last_product),
            .fresh_i  (fresh_i[l]),
            .index_i  (index_i[l*IndexBits+:IndexBits]),
            .product_i(product),
            .read_i   (field[LaneBits+:IndexBits]),
            .sum_o    (sum[(l-g*LanesPerGroup)*AccBits+:AccBits])
        );
      end

      cf_drain #(
          .AccBits(AccBits),
          .Lanes  (LanesPerGroup),
          .Neurons((g + 1 < Groups) ? NeuronsPerGroup : LastNeurons),
          .RowBits(RowBits)
      ) i_drain (
          .clk_i     (clk_i),
          .rst_ni    (rst_ni),
          .valid_i   (valid_row),
          .first_i   (first_row),
          .end_i     (field[FieldBits-1]),
          .lane_i    (field[LaneBits-1:0]),
          .sum_i     (sum),
          .bias_row_o(bias_row[g*RowBits+:RowBits]),
          .bias_i    (bias[g*AccBits+:AccBits]),
          .acc_o     (acc_o[g*AccBits+:AccBits]),
          .valid_o   (valid_o[g]),
          .row_o     (row_o[g*RowBits+:RowBits])
      );
    end
  endgenerate

  wire unused_permits = &{1'b0, unused_start, unused_release};

endmodule

`default_nettype wire
