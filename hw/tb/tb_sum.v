// cf_sum against a plain sum, random numbers and extremes, one set a cycle.
// run: Inputs=1 Bits=1
// run: Inputs=2 Bits=1
// run: Inputs=3 Bits=9
// run: Inputs=7 Bits=4
// run: Inputs=8 Bits=10
// run: Inputs=33 Bits=30
`default_nettype none

module tb_sum;
  parameter Inputs = 8;
  parameter Bits = 10;
  parameter Seed = 1;

  localparam Levels = (Inputs > 1) ? $clog2(Inputs) : 0;
  localparam SumBits = Bits + Levels;
  localparam Sets = 2000;

  reg                    clk = 1'b0;
  reg  [Inputs*Bits-1:0] numbers = 'b0;
  wire [    SumBits-1:0] sum;

  cf_sum #(
      .Inputs(Inputs),
      .Bits(Bits)
  ) dut (
      .clk_i(clk),
      .d_i  (numbers),
      .sum_o(sum)
  );

  reg signed [63:0] want[0:Sets-1];
  reg signed [Bits-1:0] number;
  reg signed [SumBits-1:0] got;
  integer seed, n, i, errors, extreme;

  initial begin
    seed = Seed;
    errors = 0;
    for (n = 0; n < Sets + Levels; n = n + 1) begin
      if (n < Sets) begin
        want[n]  = 0;
        extreme = {$random(seed)} % 4;
        for (i = 0; i < Inputs; i = i + 1) begin
          number = $random(seed);
          if (extreme == 0) number = 1 << (Bits - 1);
          if (extreme == 1) number = (1 << (Bits - 1)) - 1;
          numbers[i*Bits+:Bits] = number;
          want[n] = want[n] + number;
        end
      end
      #1;
      got = sum;
      if (n >= Levels && got !== want[n-Levels]) begin
        if (errors < 5) $display("set %0d: got %0d, want %0d", n - Levels, got, want[n-Levels]);
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
