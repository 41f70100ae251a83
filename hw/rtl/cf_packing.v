// Chooses how the codes of a frame are packed, while the frame is written.
//
// With zero flags a code of zero takes 1 bit and any other Bits + 1; raw, each takes Bits.
//
// Does:      counts the neurons whose code is not zero, takes zero flags where they are fewer bits
//            than raw codes (Neurons + count * Bits < Neurons * Bits), and keeps the choices until
//            the frames are packed. Gated = 1: that of a frame that exits is forgotten.
// Does not:  know which frame is packed: `pop_i` says that one more is.
// Latency:   `flags_o` is there 2 + Clog cycles after `wframe_end_i`, Clog = ceil(log2(Slots)), or,
//            Gated = 1, 3 + Clog after `decide_i`.
// Limits:    as cf_split; a neuron is written once a frame.
`default_nettype none

module cf_packing #(
    parameter Neurons = 40,
    parameter Bits = 6,
    parameter Slots = 4,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter RowBits = 4
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     decide_i,
    input  wire                     pass_i,
    input  wire [        Slots-1:0] we_i,
    input  wire [Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*Bits-1:0] wdata_i,
    input  wire                     wframe_end_i,
    input  wire                     pop_i,
    output wire                     flags_o
);

  generate
    if (Neurons < 1 || Bits < 1 || Slots < 1 || Rows < 1 || Steps < 1 || Cycles < 1 ||
        Frames < 1) begin : g_illegal
      cf_packing_needs_all_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam SumBits = 1 + Levels;
  // the largest count at which zero flags are fewer bits: below 0 where codes have one bit
  localparam MostInt = (Neurons * (Bits - 1) + Bits - 1) / Bits - 1;
  localparam SlackBits = $clog2(Neurons + 1) + 1;
  localparam [SlackBits-1:0] Most = MostInt[SlackBits-1:0];

  reg  [    Slots-1:0] some_q;
  wire [  SumBits-1:0] sum;      // minus the number of set bits: each is a one-bit -1
  reg  [SlackBits-1:0] slack_q;  // Most minus the count so far
  wire [SlackBits-1:0] step;
  wire [SlackBits-1:0] slack = slack_q + step;
  wire                 awake;
  wire                 done;
  wire                 done_flags = !slack[SlackBits-1];
  wire                 run;
  wire                 run_flags;
  wire                 there;

  genvar s;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      localparam First = (s * Cycles + Steps - 1) / Steps;
      localparam Next = ((s + 1) * Cycles + Steps - 1) / Steps;
      localparam CountInt = ((Next < Neurons) ? Next : Neurons) - First;
      wire neuron;

      if (CountInt >= Rows || CountInt < 1) begin : g_all_or_none
        assign neuron = CountInt > 0;
        wire unused_row = &{1'b0, wrow_i[s*RowBits+:RowBits]};
      end else begin : g_some
        localparam [RowBits-1:0] Count = CountInt[RowBits-1:0];
        assign neuron = wrow_i[s*RowBits+:RowBits] < Count;
      end

      always @(posedge clk_i) some_q[s] <= we_i[s] && neuron && wdata_i[s*Bits+:Bits] != 'b0;
    end
  endgenerate

  cf_sum #(
      .Inputs(Slots),
      .Bits  (1)
  ) i_sum (
      .clk_i(clk_i),
      .d_i  (some_q),
      .sum_o(sum)
  );

  cf_resize #(
      .From(SumBits),
      .To  (SlackBits)
  ) i_step (
      .d_i(sum),
      .q_o(step)
  );

  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_done (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (wframe_end_i),
      .q_o   (done)
  );

  // what the sum still holds of writes before a reset is not counted
  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_awake (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (1'b1),
      .q_o   (awake)
  );

  always @(posedge clk_i) slack_q <= (!awake || done) ? Most : slack;

  generate
    if (Gated != 0) begin : g_gated
      wire decided;
      wire pass;
      wire waiting;

      // a decision may come with the frame's last write: it waits until the choice is there
      cf_delay_flag #(
          .Depth(2 + Levels)
      ) i_decided (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (decide_i),
          .q_o   (decided)
      );

      cf_delay_flag #(
          .Depth(2 + Levels)
      ) i_pass (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (pass_i),
          .q_o   (pass)
      );

      cf_queue #(
          .Width(1),
          .Depth(Frames)
      ) i_waiting (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .push_i (done),
          .data_i (done_flags),
          .pop_i  (decided),
          .head_o (run_flags),
          .valid_o(waiting)
      );

      assign run = decided && pass;
      wire unused_waiting = &{1'b0, waiting};
    end else begin : g_all
      assign run       = done;
      assign run_flags = done_flags;
      wire unused_decision = &{1'b0, decide_i, pass_i};
    end
  endgenerate

  // a frame's place is free, and may be written again, a cycle before its last code is packed
  cf_queue #(
      .Width(1),
      .Depth(Frames + 1)
  ) i_run (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .push_i (run),
      .data_i (run_flags),
      .pop_i  (pop_i),
      .head_o (flags_o),
      .valid_o(there)
  );

  wire unused_there = &{1'b0, there};

endmodule

`default_nettype wire
