// cf_dot against a plain sum, random operands and extremes, one set a cycle.
// run: Lanes=1
// run: Lanes=2 ActSigned=1
// run: Lanes=3 ActBits=1 WeightBits=1
// run: Lanes=3 ActBits=1 WeightBits=1 ActSigned=1
// run: Lanes=5 ActBits=6 WeightBits=8 ActSigned=1
// run: Lanes=8
// run: Lanes=13 ActBits=16 WeightBits=16
`default_nettype none

module tb_dot;
  parameter Lanes = 8;
  parameter ActBits = 4;
  parameter ActSigned = 0;
  parameter WeightBits = 6;
  parameter Seed = 1;
  parameter Cycles = 2000;

  localparam Levels = (Lanes > 1) ? $clog2(Lanes) : 0;
  localparam SumBits = ActBits + WeightBits + Levels;
  localparam Latency = 1 + Levels;

  reg                         clk = 1'b0;
  reg  [   Lanes*ActBits-1:0] act = 'b0;
  reg  [Lanes*WeightBits-1:0] weight = 'b0;
  wire [         SumBits-1:0] sum;

  cf_dot #(
      .Lanes(Lanes),
      .ActBits(ActBits),
      .ActSigned(ActSigned),
      .WeightBits(WeightBits)
  ) dut (
      .clk_i(clk),
      .act_i(act),
      .weight_i(weight),
      .sum_o(sum)
  );

  reg signed [63:0] want[0:Cycles-1];
  reg signed [63:0] a, w;
  reg signed [SumBits-1:0] got;
  integer seed, n, l, errors, extreme;

  initial begin
    seed = Seed;
    errors = 0;
    for (n = 0; n < Cycles + Latency; n = n + 1) begin
      if (n < Cycles) begin
        want[n] = 0;
        extreme = {$random(seed)} % 3;
        for (l = 0; l < Lanes; l = l + 1) begin
          a = {$random(seed)} % (1 << ActBits);
          w = {$random(seed)} % (1 << WeightBits);
          if (extreme == 0) begin  // smallest and largest codes in all lanes
            a = (ActSigned != 0) ? ((n % 8 < 4) ? 1 << (ActBits - 1) : (1 << (ActBits - 1)) - 1) :
                (n % 4 < 2) ? (1 << ActBits) - 1 : 0;
            w = (n % 2 == 0) ? 1 << (WeightBits - 1) : (1 << (WeightBits - 1)) - 1;
          end
          act[l*ActBits+:ActBits] = a[ActBits-1:0];
          weight[l*WeightBits+:WeightBits] = w[WeightBits-1:0];
          if (ActSigned != 0 && a >= (1 << (ActBits - 1))) a = a - (1 << ActBits);
          if (w >= (1 << (WeightBits - 1))) w = w - (1 << WeightBits);
          want[n] = want[n] + a * w;
        end
      end
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      got = sum;
      if (n >= Latency - 1 && n - Latency + 1 < Cycles && got !== want[n-Latency+1]) begin
        if (errors < 5) $display("set %0d: got %0d, want %0d", n - Latency + 1, got, want[n-Latency+1]);
        errors = errors + 1;
      end
    end
    $display("%0s: %0d sets, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", Cycles, errors);
    $finish;
  end

endmodule

`default_nettype wire
