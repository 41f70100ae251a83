// cf_window before cf_add against plain sums: every state of a window's bits, random rows, and the
// same sum after each register.
// run: Width=3 Values=20'h11111
// run: Width=3 Values=20'h99993
// run: Width=3 Values=20'h0002d
// run: Width=2 Values=20'h00191
// run: Width=2 Values=20'h00012
// run: Width=1 Values=20'h00009
// run: Width=3 Values=20'h11111 Columns=3 Bits=3
// run: Width=3 Values=20'h11111 Columns=12 Bits=13 Taps=3
`default_nettype none

module tb_window;
  parameter Width = 3;
  parameter [19:0] Values = 20'h11111;
  parameter Columns = 5;
  parameter Bits = Columns + 1;
  parameter Taps = 1;
  parameter Seed = 1;

  localparam Sets = 4000;

  reg clk = 1'b0;
  reg [4:0] x = 5'd0;
  reg [Columns-1:0] row = 'b0;
  reg [Columns-1:0] plain = 'b0;
  reg carry = 1'b0;
  wire [Columns-1:0] s;
  wire [(Taps+1)*Bits-1:0] sum;
  wire [Bits-1:0] difference;

  cf_window #(
      .Width (Width),
      .Values(Values)
  ) dut_window (
      .x_i  (x),
      .row_i(row[Width-1:0]),
      .s_o  (s[Width-1:0])
  );

  generate
    if (Columns > Width) begin : g_rest
      assign s[Columns-1:Width] = row[Columns-1:Width];
    end
  endgenerate

  cf_add #(
      .Columns  (Columns),
      .Bits     (Bits),
      .Taps     (Taps),
      .Propagate(1)
  ) dut_add (
      .clk_i  (clk),
      .row_i  (row),
      .x_i    (s),
      .carry_i(carry),
      .sum_o  (sum)
  );

  cf_add #(
      .Columns (Columns),
      .Bits    (Bits),
      .Taps    (0),
      .Subtract(1)
  ) dut_subtract (
      .clk_i  (clk),
      .row_i  (row),
      .x_i    (plain),
      .carry_i(carry),
      .sum_o  (difference)
  );

  reg [Bits-1:0] want[0:Sets-1];
  integer seed, n, i, t, worth, errors;

  initial begin
    seed   = Seed;
    errors = 0;
    for (n = 0; n < Sets; n = n + 1) begin
      x     = n;
      row   = $random(seed);
      plain = $random(seed);
      carry = $random(seed);
      if (n % 7 == 0) row = ~('b0);
      worth = row + carry;
      for (i = 0; i < 5; i = i + 1)
      if (x[i] != Values[4*i+3]) worth = worth + Values[4*i+:3];
      want[n] = worth;
      #1;
      for (t = 0; t <= Taps; t = t + 1)
      if (n >= t && sum[t*Bits+:Bits] !== want[n-t]) begin
        if (errors < 5) $display("set %0d: tap %0d, got %0d, want %0d", n, t, sum[t*Bits+:Bits],
                                 want[n-t]);
        errors = errors + 1;
      end
      worth = row - plain;
      if (difference !== worth[Bits-1:0]) begin
        if (errors < 5) $display("set %0d: %0d - %0d gives %0d", n, row, plain, difference);
        errors = errors + 1;
      end
      clk = 1'b1;
      #1 clk = 1'b0;
    end
    $display("%0s: %0d sets, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", Sets, errors);
    $finish;
  end

endmodule

`default_nettype wire
