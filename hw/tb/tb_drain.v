// cf_drain against plain sums: random pieces of random lanes, one or several a neuron, frames with
// and without gaps and with rows left over at their end. Sums are answered a cycle after the row,
// biases a cycle after their number; at all other times there is something else.
// run: Lanes=1 Neurons=1 RowBits=1
// run: Lanes=3 Neurons=5
// run: Lanes=8 Neurons=8 RowBits=3
// run: Lanes=8 Neurons=10
// run: Lanes=33 Neurons=2 RowBits=6 AccBits=20
// run: Lanes=2 Neurons=16
`default_nettype none

module tb_drain;
  parameter AccBits = 14;
  parameter Lanes = 8;
  parameter Neurons = 10;
  parameter RowBits = 4;
  parameter Seed = 1;

  localparam LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam Latency = 3;
  localparam Frames = 300;

  reg                      clk = 1'b0;
  reg                      rst_n = 1'b0;
  reg                      valid = 1'b0;
  reg                      first = 1'b0;
  reg                      last = 1'b0;
  reg  [     LaneBits-1:0] lane = 'b0;
  reg  [Lanes*AccBits-1:0] sum = 'b0;
  wire [      RowBits-1:0] bias_row;
  reg  [      AccBits-1:0] bias = 'b0;
  wire [      AccBits-1:0] acc;
  wire                     given;
  wire [      RowBits-1:0] row;

  cf_drain #(
      .AccBits(AccBits),
      .Lanes(Lanes),
      .Neurons(Neurons),
      .RowBits(RowBits)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .valid_i(valid),
      .first_i(first),
      .end_i(last),
      .lane_i(lane),
      .sum_i(sum),
      .bias_row_o(bias_row),
      .bias_i(bias),
      .acc_o(acc),
      .valid_o(given),
      .row_o(row)
  );

  reg [AccBits-1:0] biases[0:(1<<RowBits)-1];
  reg [AccBits-1:0] want, value;
  reg [RowBits-1:0] asked;
  reg started;  // the frame
  // what the last rows should bring: [0] by this clock's rows
  reg [AccBits-1:0] want_acc[0:Latency-1];
  reg want_valid[0:Latency-1];
  integer want_row[0:Latency-1];
  reg [Lanes*AccBits-1:0] sum_next;
  integer seed, frame, n, i, pieces, errors, results;

  // one clock with a row whose piece is `value`, and which should give `want` of neuron n
  task tick;
    begin
      for (i = 0; i < Lanes; i = i + 1) sum_next[i*AccBits+:AccBits] = $random(seed);
      sum_next[lane*AccBits+:AccBits] = value;
      for (i = Latency - 1; i > 0; i = i - 1) begin
        want_acc[i] = want_acc[i-1];
        want_valid[i] = want_valid[i-1];
        want_row[i] = want_row[i-1];
      end
      want_acc[0] = want;
      want_valid[0] = valid && last;
      want_row[0] = n;
      #1 asked = bias_row;
      clk = 1'b1;
      #1 sum = sum_next;
      bias = biases[asked];
      clk = 1'b0;
      #1;
      if (given !== want_valid[Latency-1]) errors = errors + 1;
      if (want_valid[Latency-1]) begin
        results = results + 1;
        if (acc !== want_acc[Latency-1] || row !== want_row[Latency-1]) begin
          if (errors < 5)
            $display("frame %0d neuron %0d: got %h of row %0d, want %h", frame,
                     want_row[Latency-1], acc, row, want_acc[Latency-1]);
          errors = errors + 1;
        end
      end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    results = 0;
    frame = 0;
    n = 0;
    started = 1'b0;
    want = 'b0;
    value = 'b0;
    for (i = 0; i < (1 << RowBits); i = i + 1) biases[i] = $random(seed);
    for (i = 0; i < Latency; i = i + 1) want_valid[i] = 1'b0;
    for (pieces = 0; pieces < Latency; pieces = pieces + 1) tick;
    rst_n = 1'b1;
    for (frame = 0; frame < Frames; frame = frame + 1) begin
      for (n = 0; n < Neurons; n = n + 1) begin
        want = biases[n];
        for (pieces = 1 + {$random(seed)} % 3; pieces > 0; pieces = pieces - 1) begin
          valid = 1'b1;
          first = !started;
          started = 1'b1;
          last = pieces == 1;
          lane = {$random(seed)} % Lanes;
          value = $random(seed);
          want = want + value;
          tick;
        end
      end
      started = 1'b0;
      first = 1'b0;
      last = 1'b0;
      // rows left over
      for (pieces = {$random(seed)} % 4; pieces > 0; pieces = pieces - 1) begin
        lane = {$random(seed)} % Lanes;
        value = $random(seed);
        tick;
      end
      valid = 1'b0;
      if ({$random(seed)} % 2 == 0)
        for (pieces = 1 + {$random(seed)} % 4; pieces > 0; pieces = pieces - 1) begin
          last = $random(seed);
          tick;
        end
    end
    valid = 1'b0;
    for (pieces = 0; pieces < Latency; pieces = pieces + 1) tick;
    if (results != Frames * Neurons) errors = errors + 1;
    $display("%0s: %0d results, %0d errors", (errors == 0) ? "PASS" : "FAIL", results, errors);
    $finish;
  end

endmodule

`default_nettype wire
