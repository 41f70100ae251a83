// Decides whether a frame is answered here, when its class is known.
//
// Rule 0: always. 1: margin >= threshold, unsigned. 2: largest logit >= threshold, signed. 3: the
// softmax probability of the class >= threshold / 65536, with a table: see cf_softmax.
//
// Does:      gives one decision a frame, in order: pass_o = 0 for an answer.
// Does not:  wait: whoever hears `decide_o` takes it.
// Latency:   from `done_i` to `decide_o`: none for rules 0 to 2, for rule 3
//            Rows + 3 + ceil(log2(Slots)) cycles.
// Handshake: `threshold_i` is that of the oldest frame that is not decided, up to the cycle of its
//            `decide_o`. With rule 3 there are 3 cycles or more between two frames' `done_i`.
// Limits:    as cf_result. ThresholdBits = Bits for rules 1 and 2, 17 for rule 3.
`default_nettype none

module cf_rule #(
    parameter Rule = 0,
    parameter ThresholdBits = 1,
    parameter Classes = 10,
    parameter Bits = 16,
    parameter Slots = 1,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter SoftmaxShift = 4,
    parameter SoftmaxFile = "",
    parameter [31:0] SoftmaxHash = 32'h0,
    parameter ClassBits = 4
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire [ThresholdBits-1:0] threshold_i,
    input  wire [   Slots*Bits-1:0] logit_i,
    input  wire                     done_i,
    input  wire [    ClassBits-1:0] class_i,
    input  wire [         Bits-1:0] best_i,
    input  wire [         Bits-1:0] margin_i,
    output wire                     decide_o,
    output wire                     pass_o
);

  generate
    if (Rule < 0 || Rule > 3 || ThresholdBits < 1 || (Rule == 3 && ThresholdBits != 17) ||
        ((Rule == 1 || Rule == 2) && ThresholdBits != Bits)) begin : g_illegal
      cf_rule_needs_a_Rule_from_0_to_3_and_its_ThresholdBits stop ();  // no such module
    end else if (Rule == 3) begin : g_softmax
      cf_softmax #(
          .Classes  (Classes),
          .Bits     (Bits),
          .Slots    (Slots),
          .Rows     (Rows),
          .Steps    (Steps),
          .Cycles   (Cycles),
          .Shift    (SoftmaxShift),
          .File     (SoftmaxFile),
          .Hash     (SoftmaxHash),
          .ClassBits(ClassBits)
      ) i_softmax (
          .clk_i      (clk_i),
          .rst_ni     (rst_ni),
          .threshold_i(threshold_i),
          .logit_i    (logit_i),
          .done_i     (done_i),
          .class_i    (class_i),
          .best_i     (best_i),
          .decide_o   (decide_o),
          .pass_o     (pass_o)
      );
      wire unused_margin = &{1'b0, margin_i};
    end else begin : g_compare
      assign decide_o = done_i;
      if (Rule == 1) begin : g_margin
        assign pass_o = margin_i < threshold_i;
        wire unused_best = &{1'b0, best_i};
      end else if (Rule == 2) begin : g_largest
        assign pass_o = $signed(best_i) < $signed(threshold_i);
        wire unused_margin = &{1'b0, margin_i};
      end else begin : g_always
        assign pass_o = 1'b0;
        wire unused_values = &{1'b0, threshold_i, best_i, margin_i};
      end
      wire unused_frame = &{1'b0, clk_i, rst_ni, logit_i, class_i};
    end
  endgenerate

endmodule

`default_nettype wire
