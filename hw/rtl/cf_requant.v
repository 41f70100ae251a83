// From an accumulator to an output code: shift, clamp.
//
// Does:      q = clamp(acc >> Shift, Low, High), rounding down; the constant that makes it 'round
//            half up' is part of the bias ROM. A negative Shift shifts left, exactly.
// Does not:  round by itself.
// Latency:   1 cycle.
// Limits:    Low <= 0 <= High, both within OutBits (two's complement if Low < 0, else unsigned).
`default_nettype none

module cf_requant #(
    parameter AccBits = 16,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63
) (
    input  wire               clk_i,
    input  wire [AccBits-1:0] acc_i,
    output reg  [OutBits-1:0] code_o
);

  generate
    if (Low > 0 || High < 0 || OutBits < 1 || OutBits > 30 ||
        Low < -(1 << (OutBits - 1)) ||
        High >= (1 << ((Low < 0) ? OutBits - 1 : OutBits))) begin : g_illegal
      cf_requant_needs_Low_and_High_around_0_and_within_OutBits stop ();  // no such module
    end
  endgenerate

  // the shifted accumulator, never narrower than what it is compared with
  localparam Left = (Shift < 0) ? -Shift : 0;
  localparam Right = (Shift < 0) ? 0 : (Shift < AccBits) ? Shift : AccBits - 1;
  localparam ShiftedBits = AccBits - Right + Left;
  localparam Bits = (ShiftedBits > OutBits + 1) ? ShiftedBits : OutBits + 2;
  localparam LimitBits = OutBits + 1;  // the limits as signed numbers

  wire [ShiftedBits-1:0] shifted;
  generate
    if (Left > 0) begin : g_left
      assign shifted = {acc_i, {Left{1'b0}}};
    end else begin : g_right
      assign shifted = acc_i[AccBits-1:Right];
      if (Right > 0) begin : g_fraction
        wire unused_fraction = &{1'b0, acc_i[Right-1:0]};
      end
    end
  endgenerate

  wire signed [Bits-1:0] value;
  cf_resize #(
      .From(ShiftedBits),
      .To  (Bits)
  ) i_value (
      .d_i(shifted),
      .q_o(value)
  );

  localparam signed [LimitBits-1:0] LowLimit = Low[LimitBits-1:0];
  localparam signed [LimitBits-1:0] HighLimit = High[LimitBits-1:0];
  wire signed [Bits-1:0] low = {{(Bits - LimitBits) {LowLimit[LimitBits-1]}}, LowLimit};
  wire signed [Bits-1:0] high = {{(Bits - LimitBits) {HighLimit[LimitBits-1]}}, HighLimit};

  always @(posedge clk_i) begin
    if (value < low) code_o <= LowLimit[OutBits-1:0];
    else if (value > high) code_o <= HighLimit[OutBits-1:0];
    else code_o <= value[OutBits-1:0];
  end

endmodule

`default_nettype wire
