// cf_benes: settings found by the looping algorithm for random permutations (for all 24 of four
// terminals), one a cycle, against the permutation; the identity for all zeros; for up to four
// terminals every setting, each of which must be a permutation, and all of them must come up.
// run: K=1 StagesPerRegister=1
// run: K=1 StagesPerRegister=3
// run: K=2 StagesPerRegister=1
// run: K=2 StagesPerRegister=2
// run: K=2 StagesPerRegister=3
// run: K=3 StagesPerRegister=1 Bits=3
// run: K=3 StagesPerRegister=4
// run: K=4 StagesPerRegister=2
// run: K=5 StagesPerRegister=3 Bits=6
`default_nettype none

module tb_benes;
  parameter K = 2;
  parameter StagesPerRegister = 2;
  parameter Bits = 4;
  parameter Seed = 1;

  localparam N = 1 << K;
  localparam Stages = 2 * K - 1;
  localparam ControlBits = Stages * N / 2;
  localparam Latency = (Stages + StagesPerRegister - 1) / StagesPerRegister;
  localparam Sets = 600;
  localparam Settings = (K == 1) ? 2 : (K == 2) ? 64 : 0;

  reg                    clk = 1'b0;
  reg  [     N*Bits-1:0] data = 'b0;
  reg  [ControlBits-1:0] control = 'b0;
  wire [     N*Bits-1:0] out;

  cf_benes #(
      .Bits(Bits),
      .Terminals(N),
      .StagesPerRegister(StagesPerRegister)
  ) dut (
      .clk_i(clk),
      .data_i(data),
      .control_i(control),
      .data_o(out)
  );

  reg [N*Bits-1:0] want[0:Sets-1];
  integer dest[0:N-1];  // terminal that the word of each input goes to
  integer inner[0:N-1];
  integer side[0:N-1];
  integer seed, set, n, i, j, t, d, base, p, x, y, swap, errors, found;
  reg [255:0] seen;
  reg [N-1:0] once;

  // Settings for `dest`, from the recursive definition of the network: in a block of n terminals
  // the first switches send one of each pair to the upper half-sized network and one to the lower,
  // the last ones bring them together. Two words of a pair, in or out, may not take the same half.
  task route;
    begin
      control = 'b0;
      for (d = 0; d < K - 1; d = d + 1) begin
        n = N >> d;
        for (base = 0; base < N; base = base + n) begin
          for (i = base; i < base + n; i = i + 1) side[i] = -1;
          for (i = base; i < base + n; i = i + 1) begin
            x = i;
            while (side[x] < 0) begin
              side[x] = 0;
              y = x ^ 1;  // its partner at the input takes the other half
              side[y] = 1;
              for (t = base; t < base + n; t = t + 1) if (dest[t] == (dest[y] ^ 1)) x = t;
            end
          end
          for (i = base; i < base + n; i = i + 1) begin
            j = (i - base) / 2;
            if (i % 2 == 0) control[d*N/2+i/2] = side[i] == 1;
            // the half's terminal that word i enters, and the one that it must leave it at
            inner[base+side[i]*n/2+j] = base + side[i] * n / 2 + (dest[i] - base) / 2;
            if (dest[i] % 2 == 0) control[(Stages-1-d)*N/2+dest[i]/2] = side[i] == 1;
          end
        end
        for (i = 0; i < N; i = i + 1) dest[i] = inner[i];
      end
      for (i = 0; i < N; i = i + 2) control[(K-1)*N/2+i/2] = dest[i] != i;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    for (set = 0; set < Sets + Latency - 1; set = set + 1) begin
      if (set < Sets) begin
        for (i = 0; i < N; i = i + 1) begin
          dest[i] = i;
          data[i*Bits+:Bits] = $random(seed);
        end
        if (set > 0)
          for (i = N - 1; i > 0; i = i - 1) begin
            j = {$random(seed)} % (i + 1);
            swap = dest[i];
            dest[i] = dest[j];
            dest[j] = swap;
          end
        for (i = 0; i < N; i = i + 1) want[set][dest[i]*Bits+:Bits] = data[i*Bits+:Bits];
        route;
        if (set == 0) control = 'b0;
      end
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      // nothing of what is inside may matter from here on
      data = {N * Bits{1'b1}};
      control = $random(seed);
      i = set - Latency + 1;
      if (i >= 0 && out !== want[i]) begin
        if (errors < 5) $display("set %0d: got %h, want %h", i, out, want[i]);
        errors = errors + 1;
      end
    end

    // every setting of a small network; the numbers 0 to N-1 tell where a word came from
    seen = 'b0;
    found = 0;
    for (set = 0; set < Settings; set = set + 1) begin
      for (i = 0; i < N; i = i + 1) data[i*Bits+:Bits] = i;
      control = set;
      for (i = 0; i < Latency; i = i + 1) begin
        #1 clk = 1'b1;
        #1 clk = 1'b0;
        control = 'b0;
      end
      once = 'b0;
      p = 0;
      for (i = 0; i < N; i = i + 1) begin
        once[out[i*Bits+:Bits]] = 1'b1;
        p = p * N + out[i*Bits+:Bits];
      end
      if (once !== {N{1'b1}}) begin
        $display("setting %b: %h is no permutation", set[ControlBits-1:0], out);
        errors = errors + 1;
      end
      if (!seen[p]) found = found + 1;
      seen[p] = 1'b1;
    end
    if (K == 1 && found != 2 || K == 2 && found != 24) begin
      $display("%0d permutations", found);
      errors = errors + 1;
    end
    $display("%0s: %0d sets, %0d settings, %0d errors", (errors == 0) ? "PASS" : "FAIL", Sets,
             Settings, errors);
    $finish;
  end

endmodule

`default_nettype wire
