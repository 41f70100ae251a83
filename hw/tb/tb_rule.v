// cf_rule (behind cf_classify): rows of frames with random pauses between them, thresholds at, just
// below and just above what decides, against each rule in plain integers. Every decision must come
// in its very cycle, and none that was under way at a reset after it.
// run: Rule=0 Bits=16 ThresholdBits=5
// run: Rule=1
// run: Rule=1 Classes=1 Slots=1 Rows=1 Steps=1 Cycles=1 Gap=0
// run: Rule=1 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Gap=0 Bits=7
// run: Rule=1 Classes=7 Slots=3 Rows=3 Steps=5 Cycles=12 Bits=40 Seed=2
// run: Rule=2
// run: Rule=2 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Gap=0 Bits=1
// run: Rule=2 Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Bits=13 Gap=0
// run: Rule=3
// run: Rule=3 Gap=0
// run: Rule=3 Classes=1 Slots=1 Rows=1 Steps=1 Cycles=1 Gap=0
// run: Rule=3 Classes=2 Slots=1 Rows=2 Steps=1 Cycles=2 Gap=0 Bits=1 Shift=0
// run: Rule=3 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Gap=0 Shift=3
// run: Rule=3 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Shift=8 Bits=17
// run: Rule=3 Classes=7 Slots=3 Rows=3 Steps=5 Cycles=12 Gap=0 Shift=4 Bits=24 Seed=2
// run: Rule=3 Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Gap=1 Shift=0 Bits=8
// run: Rule=3 Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Gap=0 Shift=0 Bits=9 Seed=3
// run: Rule=3 Classes=40 Slots=7 Rows=6 Steps=1 Cycles=6 Gap=2 Shift=30 Bits=40
// run: Rule=3 Classes=6 Slots=1 Rows=6 Steps=1 Cycles=6 Shift=20 Bits=16
`default_nettype none

module tb_rule;
  parameter Rule = 1;
  parameter Classes = 10;
  parameter Bits = 16;
  parameter ThresholdBits = (Rule == 3) ? 17 : Bits;
  parameter Slots = 1;
  parameter Rows = 10;
  parameter Steps = 5;
  parameter Cycles = 50;
  parameter Shift = 6;
  parameter Gap = 2;  // mean pause between two frames
  parameter Seed = 1;

  localparam Total = 600;  // frames
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam ClassBits = (Classes > 1) ? $clog2(Classes) : 1;
  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam Least = (Rule == 3 && Rows < 3) ? 3 : Rows;  // cycles from frame to frame
  localparam Latency = (Rule == 3) ? 2 * Rows + 5 + 2 * Levels : Rows + 2 + Levels;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  reg valid = 1'b0;
  reg [RowBits-1:0] row;
  reg [Slots*Bits-1:0] logit;
  reg [ThresholdBits-1:0] threshold;
  wire done, decide, pass;
  wire [ClassBits-1:0] class_found;
  wire [Bits-1:0] best_found, margin;

  cf_classify #(
      .Classes(Classes),
      .Bits(Bits),
      .Slots(Slots),
      .Steps(Steps),
      .Cycles(Cycles),
      .RowBits(RowBits),
      .ClassBits(ClassBits)
  ) i_classify (
      .clk_i(clk),
      .rst_ni(rst_n),
      .valid_i(valid),
      .last_i(valid && row == Rows - 1),
      .row_i(row),
      .logit_i(logit),
      .done_o(done),
      .class_o(class_found),
      .best_o(best_found),
      .margin_o(margin)
  );

  cf_rule #(
      .Rule(Rule),
      .ThresholdBits(ThresholdBits),
      .Classes(Classes),
      .Bits(Bits),
      .Slots(Slots),
      .Rows(Rows),
      .Steps(Steps),
      .Cycles(Cycles),
      .SoftmaxShift(Shift),
      .SoftmaxFile("hw/tb/softmax.mem"),
      .SoftmaxHash(32'hd9490134),
      .ClassBits(ClassBits)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .threshold_i(threshold),
      .logit_i(logit),
      .done_i(done),
      .class_i(class_found),
      .best_i(best_found),
      .margin_i(margin),
      .decide_o(decide),
      .pass_o(pass)
  );

  reg [12:0] table_words[0:255];
  reg signed [63:0] value[0:Classes-1];  // of the frame that is coming in
  reg [ThresholdBits-1:0] thresholds[0:Total];
  reg want_pass[0:Total];
  integer want_at[0:Total];
  reg signed [63:0] best, second, sum, away, at, probe;
  integer seed, n, i, s, first, next, frame, at_row, decided, errors, exits, pause, resets;
  integer wait_left;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d frame %0d: rule %0d is broken", n, decided, what);
      errors = errors + 1;
    end
  endtask

  // logits of a frame: any, from a small range (ties), all equal, or around the end of the table
  task draw;
    begin
      pause = {$random(seed)} % 4;
      for (i = 0; i < Classes; i = i + 1) begin
        value[i] = {$random(seed), $random(seed)};
        if (pause == 1) value[i] = ({$random(seed)} % 4) - 2;
        if (pause == 2) value[i] = 3;
        if (pause == 3) begin
          away = {$random(seed)} % 270;
          value[i] = (64'sd1 << (Bits - 1)) - 1 - ((i == 4) ? 0 : (away << Shift) - {$random(seed)} % 2);
        end
        value[i] = $signed(value[i] << (64 - Bits)) >>> (64 - Bits);
      end
    end
  endtask

  // what the rule says of it, and a threshold that makes it say something
  task decide_on(input integer f);
    begin
      best = value[0];
      first = 0;
      for (i = 1; i < Classes; i = i + 1)
        if (value[i] > best) begin
          best = value[i];
          first = i;
        end
      second = best;
      next = 0;
      for (i = 0; i < Classes; i = i + 1)
        if (i != first && (next == 0 || value[i] > second)) begin
          second = value[i];
          next = 1;
        end
      sum = 4096 - table_words[0];
      for (i = 0; i < Classes; i = i + 1) begin
        away = (best - value[i]) / (64'sd1 << Shift);
        if (away < 256) sum = sum + table_words[away];
      end
      away = {$random(seed)} % 4;  // -1, 0, 1 from what decides, or anything
      at = (Rule == 1) ? best - second : (Rule == 2) ? best : 64'sd268435456 / sum;
      thresholds[f] = at + away - 1;
      if (away == 3) thresholds[f] = {$random(seed), $random(seed)};
      if (Rule == 3 && at + away > 131071) thresholds[f] = 131071;
      probe = thresholds[f];
      if (Rule == 2) probe = $signed(probe << (64 - Bits)) >>> (64 - Bits);
      want_pass[f] = (Rule == 0) ? 0 : (Rule == 1) ? best - second < probe :
          (Rule == 2) ? best < probe : probe * sum > 64'sd268435456;
      want_at[f] = n + Latency;
    end
  endtask

  initial begin
    $readmemh("hw/tb/softmax.mem", table_words);
    seed = Seed;
    {errors, frame, decided, exits, resets} = 'b0;
    at_row = -1;
    wait_left = 0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (n = 0; decided < Total && n < 100000; n = n + 1) begin
      if (at_row < 0 && wait_left <= 0 && frame < Total) begin
        draw;
        decide_on(frame);
        at_row = 0;
        wait_left = Least + ((Gap == 0) ? 0 : {$random(seed)} % (2 * Gap + 1));
      end
      wait_left = wait_left - 1;
      valid = at_row >= 0;
      row = (at_row < 0) ? $random(seed) : at_row;
      for (s = 0; s < Slots; s = s + 1) begin
        first = (s * Cycles + Steps - 1) / Steps;
        next = ((s + 1) * Cycles + Steps - 1) / Steps;
        i = first + at_row;
        if (!valid || i >= next || i >= Classes) begin
          best = {$random(seed), $random(seed)};
          logit[s*Bits+:Bits] = best;
        end else logit[s*Bits+:Bits] = value[i];
      end
      threshold = (decided < frame + valid) ? thresholds[decided] : $random(seed);
      rst_n = !(resets < 20 && frame > 20 + 25 * resets && {$random(seed)} % 5 == 0);
      #1;
      check(decide === (decided < frame + valid && want_at[decided] == n), 1);
      if (decide) check(pass === want_pass[decided], 2);
      if (decide && !pass) exits = exits + 1;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      if (decide_was) decided = decided + 1;
      if (at_row == Rows - 1) frame = frame + 1;
      at_row = (at_row < 0 || at_row == Rows - 1) ? -1 : at_row + 1;
      if (!rst_n) begin  // whatever is under way is gone
        resets = resets + 1;
        if (at_row >= 0) frame = frame + 1;
        decided = frame;
        at_row = -1;
        wait_left = 0;
      end
    end
    check(decided == Total && resets == 20, 3);
    check(Rule == 0 || (exits > 50 && exits < Total - 50), 4);
    $display("%0s: %0d frames, %0d of them answered, %0d errors", (errors == 0) ? "PASS" : "FAIL", decided, exits, errors);
    $finish;
  end

  reg decide_was;  // as it is at the clock's edge
  always @(posedge clk) decide_was <= decide;

endmodule

`default_nettype wire
