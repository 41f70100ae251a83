// cf_requant at every accumulator value. The code q must be the one with
// q * 2^Shift <= acc < (q + 1) * 2^Shift, or a limit with acc beyond it: no shift, no rounding here.
// run: Shift=4
// run: Shift=0
// run: Shift=1 Low=-32 High=31
// run: Shift=-3 AccBits=6
// run: Shift=-2 AccBits=6 Low=-32 High=31
// run: Shift=12 AccBits=12
// run: Shift=40 AccBits=12 Low=-32 High=31
// run: Shift=3 AccBits=8 OutBits=1 High=1
// run: Shift=3 AccBits=8 OutBits=1 Low=-1 High=0
// run: Shift=2 AccBits=6 OutBits=16 Low=-32768 High=32767
// run: Shift=2 AccBits=12 OutBits=6 Low=-5 High=20
`default_nettype none

module tb_requant;
  parameter AccBits = 12;
  parameter Shift = 4;
  parameter OutBits = 6;
  parameter signed [31:0] Low = 0;
  parameter signed [31:0] High = 63;

  reg                clk = 1'b0;
  reg  [AccBits-1:0] acc;
  wire [OutBits-1:0] code;

  cf_requant #(
      .AccBits(AccBits),
      .Shift(Shift),
      .OutBits(OutBits),
      .Low(Low),
      .High(High)
  ) dut (
      .clk_i(clk),
      .acc_i(acc),
      .code_o(code)
  );

  // both sides multiplied so that every number is whole
  localparam signed [63:0] One = 1;
  localparam signed [63:0] UnitAcc = (Shift < 0) ? One << -Shift : One;
  localparam signed [63:0] UnitCode = (Shift > 0) ? One << Shift : One;

  reg signed [63:0] a, q;
  reg right;
  integer n, errors;

  initial begin
    errors = 0;
    for (n = 0; n < (1 << AccBits); n = n + 1) begin
      acc = n[AccBits-1:0];
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      a = (n < (1 << (AccBits - 1))) ? n : n - (1 << AccBits);
      q = code;
      if (Low < 0 && code[OutBits-1]) q = q - (One << OutBits);
      right = (q == High || a * UnitAcc < (q + 1) * UnitCode) &&
              (q == Low || a * UnitAcc >= q * UnitCode) && q >= Low && q <= High;
      if (right !== 1'b1) begin
        if (errors < 5) $display("acc %0d: got %0d", a, q);
        errors = errors + 1;
      end
    end
    $display("%0s: %0d values, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", n, errors);
    $finish;
  end

endmodule

`default_nettype wire
