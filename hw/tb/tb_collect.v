// cf_collect against counting: right neuron n must come out of slot n mod Slots in row n div Slots,
// in order and in time. Rounds come as close as they may, or with gaps.
// run: Lines=1 Slots=1 Neurons=1
// run: Lines=1 Slots=1 Neurons=7
// run: Lines=2 Slots=1 Neurons=6
// run: Lines=4 Slots=4 Neurons=10
// run: Lines=4 Slots=4 Neurons=3
// run: Lines=6 Slots=2 Neurons=23
// run: Lines=6 Slots=2 Neurons=24
// run: Lines=6 Slots=3 Neurons=20
// run: Lines=8 Slots=1 Neurons=9
`default_nettype none

module tb_collect;
  parameter Lines = 6;
  parameter Slots = 2;
  parameter Neurons = 23;
  parameter Seed = 1;

  localparam Bits = 12;
  localparam RowBits = 6;
  localparam Rounds = (Neurons + Lines - 1) / Lines;
  localparam Groups = Lines / Slots;
  localparam Latency = (Lines > 1) ? 1 : 0;
  localparam Frames = 100;

  reg                      clk = 1'b0;
  reg                      rst_n = 1'b0;
  reg                      valid = 1'b0;
  reg  [   Lines*Bits-1:0] data = 'b0;
  wire [        Slots-1:0] given;
  wire [Slots*RowBits-1:0] row;
  wire [   Slots*Bits-1:0] word;

  cf_collect #(
      .Lines(Lines),
      .Slots(Slots),
      .Neurons(Neurons),
      .Bits(Bits),
      .RowBits(RowBits)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .valid_i(valid),
      .data_i(data),
      .valid_o(given),
      .row_o(row),
      .data_o(word)
  );

  reg [Bits-1:0] value[0:2*Rounds*Lines-1];  // of this frame and the one before
  integer due[0:2*Rounds*Lines-1];  // cycle in which a neuron is to come out
  integer seed, cycle, frame, round, v, s, at, next, wait_for, errors, words;

  initial begin
    seed = Seed;
    errors = 0;
    words = 0;
    frame = 0;
    round = 0;
    next = 0;  // neuron that comes out next
    wait_for = 0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (cycle = 0; frame < Frames || words < Frames * Neurons; cycle = cycle + 1) begin
      valid = 1'b0;
      data  = {Lines{12'hbad}};
      if (wait_for == 0 && frame < Frames) begin
        valid = 1'b1;
        for (v = 0; v < Lines; v = v + 1) begin
          data[v*Bits+:Bits] = $random(seed);
          value[((frame%2)*Rounds+round)*Lines+v] = data[v*Bits+:Bits];
          due[((frame%2)*Rounds+round)*Lines+v] = cycle + Latency + v / Slots;
        end
        wait_for = Groups + (({$random(seed)} % 2 == 0) ? {$random(seed)} % 4 : 0);
        round = (round + 1) % Rounds;
        if (round == 0) frame = frame + 1;
      end
      wait_for = wait_for - 1;
      if (wait_for < 0) wait_for = 0;
      #1;
      for (s = 0; s < Slots; s = s + 1)
        if (given[s]) begin
          words = words + 1;
          at = ((words - 1) / Neurons % 2) * Rounds * Lines + next;
          if (next % Slots != s || row[s*RowBits+:RowBits] !== next / Slots ||
              word[s*Bits+:Bits] !== value[at] || due[at] != cycle) begin
            if (errors < 5) $display("cycle %0d slot %0d: not neuron %0d", cycle, s, next);
            errors = errors + 1;
          end
          next = (next + 1) % Neurons;
        end
      if (cycle > Frames * Rounds * (Groups + 4)) begin
        $display("FAIL: %0d words only", words);
        $finish;
      end
      clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (words != Frames * Neurons) errors = errors + 1;
    $display("%0s: %0d words, %0d errors", (errors == 0) ? "PASS" : "FAIL", words, errors);
    $finish;
  end

endmodule

`default_nettype wire
