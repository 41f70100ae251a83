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

  wire a_greater = $signed(a_best_i) > $signed(b_best_i);
  wire equal = a_best_i == b_best_i;
  wire a_wins = a_some_i && (!b_some_i || a_greater || (equal && a_class_i < b_class_i));

  wire lose_some = a_wins ? b_some_i : a_some_i;
  wire [Bits-1:0] lose_best = a_wins ? b_best_i : a_best_i;
  wire win_two = a_wins ? a_two_i : b_two_i;
  wire [Bits-1:0] win_second = a_wins ? a_second_i : b_second_i;
  wire lose_is_second = lose_some && (!win_two || $signed(lose_best) > $signed(win_second));

  assign some_o   = a_some_i || b_some_i;
  assign two_o    = (a_some_i && b_some_i) || a_two_i || b_two_i;
  assign class_o  = a_wins ? a_class_i : b_class_i;
  assign best_o   = a_wins ? a_best_i : b_best_i;
  assign second_o = lose_is_second ? lose_best : win_second;

endmodule

`default_nettype wire
