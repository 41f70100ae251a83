// cf_units_tied against direct sums: every right neuron is its bias and the products of its edges.
// Aligned: line v's round k has the lanes of line v in its `Steps` cycles. Straddling: the blocks of
// a frame stand in one line, neuron after neuron; with Masks the lanes of a cycle are shuffled and
// the masks say which are OLD. Frames follow each other with and without gaps.
// run: Straddle=0 Lines=1 Width=1 Rounds=1 Steps=1
// run: Straddle=0 Lines=1 Width=8 Rounds=5 Steps=1
// run: Straddle=0 Lines=3 Width=3 Rounds=4 Steps=5
// run: Straddle=0 Lines=4 Width=4 Rounds=1 Steps=3 ActSigned=1
// run: Straddle=1 Width=8 Rounds=40 Block=1 Blocks=9
// run: Straddle=1 Width=8 Rounds=40 Block=1 Blocks=9 Masks=1
// run: Straddle=1 Width=6 Rounds=4 Block=3 Blocks=3
// run: Straddle=1 Width=6 Rounds=6 Block=2 Blocks=7 Masks=1 ActSigned=1
// run: Straddle=1 Width=4 Rounds=16 Block=1 Blocks=25
// run: Straddle=1 Width=5 Rounds=10 Block=1 Blocks=11
// run: Straddle=1 Width=2 Rounds=2 Block=1 Blocks=3
`define SYNTHESIS  // the tables are put into the ROMs from here, without files and their check
`default_nettype none

module tb_units_tied;
  parameter Straddle = 1;
  parameter Lines = 1;
  parameter Width = 8;
  parameter Rounds = 40;
  parameter Steps = 1;
  parameter Block = 1;
  parameter Blocks = 9;
  parameter Masks = 0;
  parameter ActSigned = 0;
  parameter Seed = 1;

  localparam ActBits = 4;
  localparam WeightBits = 6;
  localparam AccBits = 20;
  localparam Units = Width / Block;
  localparam Cycles = (Straddle != 0) ? Rounds * Blocks / Units : Rounds * Steps;
  localparam Lanes = Lines * Width;
  localparam Leaves = (Straddle != 0) ? Block : Width;
  localparam Latency = 2 + ((Leaves > 1) ? $clog2(Leaves) : 0) +
      ((Straddle != 0 && Units > 1) ? $clog2(Units) : 0);
  localparam Frames = 60;
  localparam Stages = 64;

  reg                         clk = 1'b0;
  reg                         rst_n = 1'b0;
  reg                         valid = 1'b0;
  reg                         last = 1'b0;
  reg  [   Lanes*ActBits-1:0] act = 'b0;
  reg  [Lanes*WeightBits-1:0] weight = 'b0;
  wire                        given;
  wire [   Lines*AccBits-1:0] acc;

  cf_units_tied #(
      .Straddle(Straddle),
      .Lines(Lines),
      .Width(Width),
      .Rounds(Rounds),
      .Steps(Steps),
      .Block(Block),
      .Blocks(Blocks),
      .Masks(Masks),
      .Cycles(Cycles),
      .ActBits(ActBits),
      .ActSigned(ActSigned),
      .WeightBits(WeightBits),
      .AccBits(AccBits)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .valid_i(valid),
      .last_i(last),
      .act_i(act),
      .weight_i(weight),
      .valid_o(given),
      .acc_o(acc)
  );

  reg signed [AccBits-1:0] bias[0:Rounds*Lines-1];
  reg signed [AccBits-1:0] sum[0:Rounds*Lines-1];   // of this frame's neurons so far
  integer place[0:Cycles*Units-1];  // of the cycle's unit u in the line of blocks
  reg signed [AccBits-1:0] product, a, w;
  // what is to come out after each of the next cycles
  reg due[0:Stages-1];
  reg [Lines*AccBits-1:0] want[0:Stages-1];
  integer seed, frame, t, u, v, l, n, i, spare, errors, results, now;

  // the generate blocks name the ROM that exists
  generate
    if (Straddle != 0 && Masks != 0) begin : g_masks
      integer at, unit;
      initial begin
        #2;  // after `place`
        for (at = 0; at < Cycles; at = at + 1)
          for (unit = 0; unit < Units; unit = unit + 1)
            dut.g_straddle.g_masks.i_mask_rom.mem[at][unit] =
                ((at + 1) * Units - 1) / Blocks == at * Units / Blocks ||
                place[at*Units+unit] / Blocks == at * Units / Blocks;
      end
    end
  endgenerate

  task tick;
    begin
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      now = now + 1;
      i   = now % Stages;
      if (given !== due[i] || (due[i] && acc !== want[i])) begin
        if (errors < 5)
          $display("cycle %0d: got %b %h, want %b %h", now, given, acc, due[i], want[i]);
        errors = errors + 1;
      end
      if (given === 1'b1) results = results + 1;
      due[i] = 1'b0;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    results = 0;
    now = 0;
    for (i = 0; i < Stages; i = i + 1) due[i] = 1'b0;
    for (t = 0; t < Cycles * Units; t = t + 1) place[t] = t;
    if (Masks != 0)
      for (t = 0; t < Cycles; t = t + 1)
        for (u = Units - 1; u > 0; u = u - 1) begin
          v = {$random(seed)} % (u + 1);
          spare = place[t*Units+u];
          place[t*Units+u] = place[t*Units+v];
          place[t*Units+v] = spare;
        end
    #1;
    for (n = 0; n < Rounds; n = n + 1)
      for (v = 0; v < Lines; v = v + 1) begin
        bias[n*Lines+v] = $random(seed) >>> 16;
        dut.i_bias_rom.mem[n][v*AccBits+:AccBits] = bias[n*Lines+v];
      end
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    tick;
    for (frame = 0; frame < Frames; frame = frame + 1) begin
      for (n = 0; n < Rounds * Lines; n = n + 1) sum[n] = bias[n];
      for (t = 0; t < Cycles; t = t + 1) begin
        for (l = 0; l < Lanes; l = l + 1) begin
          act[l*ActBits+:ActBits] = $random(seed);
          weight[l*WeightBits+:WeightBits] = $random(seed);
          a = act[l*ActBits+:ActBits];
          w = weight[l*WeightBits+:WeightBits];
          if (ActSigned != 0 && a >= (1 << (ActBits - 1))) a = a - (1 << ActBits);
          if (w >= (1 << (WeightBits - 1))) w = w - (1 << WeightBits);
          product = a * w;
          n = (Straddle != 0) ? place[t*Units+l/Block] / Blocks :
              (t / Steps) * Lines + l / Width;
          sum[n] = sum[n] + product;
        end
        valid = 1'b1;
        last  = t == Cycles - 1;
        i = (now + Latency) % Stages;
        if (Straddle != 0) begin
          n = (t + 1) * Units / Blocks;  // neurons that are complete
          due[i]  = n > t * Units / Blocks;
          want[i] = sum[(n>0)?n-1 : 0];
        end else begin
          due[i] = t % Steps == Steps - 1;
          for (v = 0; v < Lines; v = v + 1) want[i][v*AccBits+:AccBits] = sum[(t/Steps)*Lines+v];
        end
        tick;
      end
      valid  = 1'b0;
      last   = 1'b0;
      act    = {Lanes{4'ha}};
      weight = {Lanes{6'h2a}};
      if ({$random(seed)} % 2 == 0) for (t = {$random(seed)} % 6; t > 0; t = t - 1) tick;
    end
    for (t = 0; t < Stages; t = t + 1) tick;
    if (results != Frames * Rounds) errors = errors + 1;
    $display("%0s: %0d results, %0d errors", (errors == 0) ? "PASS" : "FAIL", results, errors);
    $finish;
  end

endmodule

`default_nettype wire
