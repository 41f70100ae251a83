// Merges two candidates for the largest and second largest logit.
//
// Does:      keeps the larger of both largest values with its class (the lower class where they are
//            equal), and the largest of what remains.
// Does not:  register: it is wires and comparators only.
// Latency:   none.
// Limits:    a candidate with `some` = 0 holds nothing; `two` = 0: no second value.
`default_nettype none

module cf_best_two #(
    parameter Bits = 16,
    parameter ClassBits = 4
) (
    input  wire                 a_some_i,
    input  wire                 a_two_i,
    input  wire [ClassBits-1:0] a_class_i,
    input  wire [     Bits-1:0] a_best_i,
    input  wire [     Bits-1:0] a_second_i,
    input  wire                 b_some_i,
    input  wire                 b_two_i,
    input  wire [ClassBits-1:0] b_class_i,
    input  wire [     Bits-1:0] b_best_i,
    input  wire [     Bits-1:0] b_second_i,
    output wire                 some_o,
    output wire                 two_o,
    output wire [ClassBits-1:0] class_o,
    output wire [     Bits-1:0] best_o,
    output wire [     Bits-1:0] second_o
);

  // three comparators side by side: which one wins decides only what is picked at the end
  wire a_greater = $signed(a_best_i) > $signed(b_best_i);
  wire equal = a_best_i == b_best_i;
  wire a_wins = a_some_i && (!b_some_i || a_greater || (equal && a_class_i < b_class_i));

  wire a_second_loses = !a_two_i || $signed(b_best_i) > $signed(a_second_i);
  wire b_second_loses = !b_two_i || $signed(a_best_i) > $signed(b_second_i);
  wire [Bits-1:0] second_a_wins = (b_some_i && a_second_loses) ? b_best_i : a_second_i;
  wire [Bits-1:0] second_b_wins = (a_some_i && b_second_loses) ? a_best_i : b_second_i;

  assign some_o   = a_some_i || b_some_i;
  assign two_o    = (a_some_i && b_some_i) || a_two_i || b_two_i;
  assign class_o  = a_wins ? a_class_i : b_class_i;
  assign best_o   = a_wins ? a_best_i : b_best_i;
  assign second_o = a_wins ? second_a_wins : second_b_wins;

endmodule

`default_nettype wire
