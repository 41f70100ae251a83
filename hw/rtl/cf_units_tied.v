// The units of a tied junction: operands in, accumulators out.
//
// Straddle = 0, aligned: `Lines` lines of `Width` lanes in lockstep. Line v works on right neurons
// v, Lines + v, 2 * Lines + v, ..., each for `Steps` cycles; all lines give theirs at once.
// Straddle = 1: one line, Width edges a cycle, whether or not a neuron ends there. The lanes are
// blocks of `Block` lanes, and each block belongs to one right neuron. In a cycle in which a neuron
// ends (at most one does), its last blocks are OLD and those of the next neuron NEW: the first
// blocks are OLD and the others NEW (Masks = 0), or MaskFile says which (Masks = 1: a line a cycle,
// bit u = 1 where block u, lanes u * Block and up, is OLD; all ones where no neuron ends).
// BiasFile: a line a round; line v's bias is field v of AccBits bits, that of neuron round * Lines
// + v. A straddling junction has a round a neuron.
//
// Does:      dot products, accumulators, bias ROM.
// Does not:  round or clamp.
// Latency:   from operands to `acc_o` with `valid_o`: 2 + ceil(log2(Width)) aligned; straddling 2 +
//            ceil(log2(Block)) + ceil(log2(Width / Block)).
// Limits:    aligned: a frame has Rounds * Steps cycles. Straddling: Lines = 1, Block divides Width
//            and the in-degree, Blocks = in-degree / Block, and 2 <= Width / Block < Blocks; a
//            frame has Cycles, with Rounds * Blocks * Block = Width * Cycles.
`default_nettype none

module cf_units_tied #(
    parameter Straddle = 0,
    parameter Lines = 2,
    parameter Width = 8,
    parameter Rounds = 20,
    parameter Steps = 5,
    parameter Block = 1,
    parameter Blocks = 12,
    parameter Masks = 0,
    parameter Cycles = 100,
    parameter ActBits = 4,
    parameter ActSigned = 0,
    parameter WeightBits = 6,
    parameter AccBits = 16,
    parameter MaskFile = "",
    parameter [31:0] MaskHash = 32'h0,
    parameter BiasFile = "",
    parameter [31:0] BiasHash = 32'h0,
    // derived, not to be set
    parameter Lanes = Lines * Width
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    input  wire                        valid_i,  // with the operands
    input  wire                        last_i,
    input  wire [   Lanes*ActBits-1:0] act_i,
    input  wire [Lanes*WeightBits-1:0] weight_i,
    output reg                         valid_o,
    output wire [   Lines*AccBits-1:0] acc_o
);

  localparam Units = Width / Block;  // blocks of a cycle

  generate
    if (Lines < 1 || Width < 1 || Rounds < 1 || Block < 1 ||
        (Straddle == 0 && (Steps < 1 || Cycles != Rounds * Steps)) ||
        (Straddle != 0 && (Lines != 1 || Width % Block != 0 || Units < 2 || Units >= Blocks ||
                           Rounds * Blocks != Units * Cycles))) begin : g_illegal
      cf_units_tied_needs_Cycles_for_all_rounds_and_whole_blocks stop ();  // no such module
    end
  endgenerate

  localparam Leaves = (Straddle != 0) ? Block : Width;  // lanes of a dot product
  localparam DotLevels = (Leaves > 1) ? $clog2(Leaves) : 0;
  localparam DotBits = ActBits + WeightBits + DotLevels;
  localparam RoundBits = (Rounds > 1) ? $clog2(Rounds) : 1;
  localparam LastRoundInt = Rounds - 1;
  localparam [RoundBits-1:0] LastRound = LastRoundInt[RoundBits-1:0];

  // with the sums of the dot products
  wire                     valid_dot;
  wire                     last_dot;
  // with what is accumulated
  wire                     valid;
  wire                     last;
  wire                     begins;  // a neuron: its bias is taken
  wire                     ends;    // a neuron: its result is given
  wire [Lines*AccBits-1:0] bias;
  reg  [    RoundBits-1:0] round_q;  // the next to begin
  wire [    RoundBits-1:0] round_d = !valid ? round_q : last ? {RoundBits{1'b0}} :
      (begins && round_q != LastRound) ? round_q + 1'b1 : round_q;

  cf_delay_flag #(
      .Depth(1 + DotLevels)
  ) i_valid_dot (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid_i),
      .q_o   (valid_dot)
  );

  cf_delay_flag #(
      .Depth(1 + DotLevels)
  ) i_last_dot (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last_dot)
  );

  cf_rom #(
      .Width(Lines * AccBits),
      .Depth(Rounds),
      .File (BiasFile),
      .Hash (BiasHash)
  ) i_bias_rom (
      .clk_i (clk_i),
      .addr_i(round_d),
      .data_o(bias)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      round_q <= {RoundBits{1'b0}};
      valid_o <= 1'b0;
    end else begin
      round_q <= round_d;
      valid_o <= valid && ends;
    end
  end

  genvar v;
  generate
    if (Straddle == 0) begin : g_aligned
      assign valid = valid_dot;
      assign last  = last_dot;

      if (Steps > 1) begin : g_steps
        localparam StepBits = $clog2(Steps);
        localparam LastStepInt = Steps - 1;
        localparam [StepBits-1:0] LastStep = LastStepInt[StepBits-1:0];
        reg [StepBits-1:0] step_q;
        assign begins = step_q == {StepBits{1'b0}};
        assign ends   = step_q == LastStep;
        always @(posedge clk_i)
          if (!rst_ni) step_q <= {StepBits{1'b0}};
          else if (valid) step_q <= ends ? {StepBits{1'b0}} : step_q + 1'b1;
      end else begin : g_step
        assign begins = 1'b1;
        assign ends   = 1'b1;
      end

      for (v = 0; v < Lines; v = v + 1) begin : g_unit
        wire [DotBits-1:0] sum;
        wire [AccBits-1:0] addend;
        reg  [AccBits-1:0] acc_q;

        cf_dot #(
            .Lanes     (Width),
            .ActBits   (ActBits),
            .ActSigned (ActSigned),
            .WeightBits(WeightBits)
        ) i_dot (
            .clk_i   (clk_i),
            .act_i   (act_i[v*Width*ActBits+:Width*ActBits]),
            .weight_i(weight_i[v*Width*WeightBits+:Width*WeightBits]),
            .sum_o   (sum)
        );

        cf_resize #(
            .From(DotBits),
            .To  (AccBits)
        ) i_addend (
            .d_i(sum),
            .q_o(addend)
        );

        always @(posedge clk_i)
          if (valid) acc_q <= (begins ? bias[v*AccBits+:AccBits] : acc_q) + addend;
        assign acc_o[v*AccBits+:AccBits] = acc_q;

`ifdef CF_TRACE
        always @(posedge clk_i)
          if (rst_ni && valid) $display("CF_TRACE %m sum %0d", $signed(sum));
`endif
      end
    end else begin : g_straddle
      localparam TreeLevels = $clog2(Units);
      localparam TreeBits = DotBits + TreeLevels;
      localparam CountBits = $clog2(Blocks + 1);
      localparam [CountBits-1:0] All = Blocks[CountBits-1:0];
      localparam [CountBits-1:0] OfCycle = Units[CountBits-1:0];

      reg  [CountBits-1:0] lacks_q;   // blocks that the current neuron lacks
      wire                 ends_dot = lacks_q <= OfCycle;
      wire [    Units-1:0] is_old;
      wire [Units*DotBits-1:0] old_block;
      wire [Units*DotBits-1:0] new_block;
      wire [ TreeBits-1:0] old_sum;
      wire [ TreeBits-1:0] new_sum;
      wire [  AccBits-1:0] old_addend;
      wire [  AccBits-1:0] new_addend;
      reg                  fresh_q;   // the next cycle is a frame's first
      reg  [  AccBits-1:0] acc_q;
      reg  [  AccBits-1:0] result_q;

      always @(posedge clk_i)
        if (!rst_ni) lacks_q <= All;
        else if (valid_dot)
          lacks_q <= last_dot ? All : ends_dot ? lacks_q + (All - OfCycle) : lacks_q - OfCycle;

      if (Masks != 0) begin : g_masks
        localparam CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1;
        reg  [CycleBits-1:0] cycle_q;
        wire [CycleBits-1:0] cycle_d = !valid_dot ? cycle_q : last_dot ? {CycleBits{1'b0}} :
            cycle_q + 1'b1;

        always @(posedge clk_i)
          if (!rst_ni) cycle_q <= {CycleBits{1'b0}};
          else cycle_q <= cycle_d;

        cf_rom #(
            .Width(Units),
            .Depth(Cycles),
            .File (MaskFile),
            .Hash (MaskHash)
        ) i_mask_rom (
            .clk_i (clk_i),
            .addr_i(cycle_d),
            .data_o(is_old)
        );
      end else begin : g_prefix
        for (v = 0; v < Units; v = v + 1) begin : g_first
          localparam [CountBits-1:0] Place = v;
          assign is_old[v] = Place < lacks_q;
        end
      end

      for (v = 0; v < Units; v = v + 1) begin : g_block
        wire [DotBits-1:0] sum;

        cf_dot #(
            .Lanes     (Block),
            .ActBits   (ActBits),
            .ActSigned (ActSigned),
            .WeightBits(WeightBits)
        ) i_dot (
            .clk_i   (clk_i),
            .act_i   (act_i[v*Block*ActBits+:Block*ActBits]),
            .weight_i(weight_i[v*Block*WeightBits+:Block*WeightBits]),
            .sum_o   (sum)
        );

        assign old_block[v*DotBits+:DotBits] = sum & {DotBits{is_old[v]}};
        assign new_block[v*DotBits+:DotBits] = sum & {DotBits{!is_old[v]}};
      end

      cf_sum #(
          .Inputs(Units),
          .Bits  (DotBits)
      ) i_old (
          .clk_i(clk_i),
          .d_i  (old_block),
          .sum_o(old_sum)
      );

      cf_sum #(
          .Inputs(Units),
          .Bits  (DotBits)
      ) i_new (
          .clk_i(clk_i),
          .d_i  (new_block),
          .sum_o(new_sum)
      );

      cf_resize #(
          .From(TreeBits),
          .To  (AccBits)
      ) i_old_addend (
          .d_i(old_sum),
          .q_o(old_addend)
      );

      cf_resize #(
          .From(TreeBits),
          .To  (AccBits)
      ) i_new_addend (
          .d_i(new_sum),
          .q_o(new_addend)
      );

      cf_delay_flag #(
          .Depth(TreeLevels)
      ) i_valid (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (valid_dot),
          .q_o   (valid)
      );

      cf_delay_flag #(
          .Depth(TreeLevels)
      ) i_last (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (last_dot),
          .q_o   (last)
      );

      cf_delay_flag #(
          .Depth(TreeLevels)
      ) i_ends (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (ends_dot),
          .q_o   (ends)
      );

      // a frame's first cycle cannot end a neuron, so one addend and one start are enough
      assign begins = ends || fresh_q;

      always @(posedge clk_i) begin
        if (valid) begin
          acc_q    <= (begins ? bias : acc_q) + (ends ? new_addend : old_addend);
          result_q <= acc_q + old_addend;
        end
        if (!rst_ni) fresh_q <= 1'b1;
        else if (valid) fresh_q <= last;
      end

      assign acc_o = result_q;
    end
  endgenerate

endmodule

`default_nettype wire
