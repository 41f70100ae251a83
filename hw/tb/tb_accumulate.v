// A row of chained cf_accumulate against direct sums: neuron r is its bias and the `Steps` sums of
// steps r*Steps and up of the junction, whichever units they fall to. Frames follow each other with
// and without gaps.
// run: Neurons=1 Steps=1 Cycles=1
// run: Neurons=10 Steps=5 Cycles=50
// run: Neurons=7 Steps=5 Cycles=12
// run: Neurons=7 Steps=5 Cycles=5
// run: Neurons=9 Steps=4 Cycles=7
// run: Neurons=2 Steps=7 Cycles=13
// run: Neurons=40 Steps=3 Cycles=4
// run: Neurons=5 Steps=1 Cycles=2
`default_nettype none

module tb_accumulate;
  parameter Neurons = 7;
  parameter Steps = 5;
  parameter Cycles = 12;
  parameter Seed = 1;

  localparam AccBits = 16;
  localparam Total = Neurons * Steps;
  localparam Units = (Total + Cycles - 1) / Cycles;
  localparam SegmentBits = $clog2(Cycles / Steps + 3);
  localparam RowBits = SegmentBits;
  localparam Frames = 200;

  reg                          clk = 1'b0;
  reg                          rst_n = 1'b0;
  reg                          valid = 1'b0;
  reg                          last = 1'b0;
  reg  [    Units*AccBits-1:0] sum = 'b0;
  wire [Units*SegmentBits-1:0] segment;
  reg  [    Units*AccBits-1:0] bias = 'b0;
  wire [    Units*AccBits-1:0] held;
  wire [    Units*AccBits-1:0] acc;
  wire [            Units-1:0] given;
  wire [    Units*RowBits-1:0] row;

  genvar g;
  generate
    for (g = 0; g < Units; g = g + 1) begin : g_unit
      localparam First = g * Cycles;
      localparam End = (First + Cycles < Total) ? First + Cycles : Total;
      localparam Next = (g + 1 < Units) ? g + 1 : g;
      cf_accumulate #(
          .AccBits(AccBits),
          .Steps(Steps),
          .Phase(First % Steps),
          .Segments((End + Steps - 1) / Steps - First / Steps),
          .Chained((End % Steps != 0) ? 1 : 0),
          .SegmentBits(SegmentBits),
          .RowBits(RowBits)
      ) dut (
          .clk_i(clk),
          .rst_ni(rst_n),
          .valid_i(valid),
          .last_i(last),
          .sum_i(sum[g*AccBits+:AccBits]),
          .segment_o(segment[g*SegmentBits+:SegmentBits]),
          .bias_i(bias[g*AccBits+:AccBits]),
          .chain_i(held[Next*AccBits+:AccBits]),
          .held_o(held[g*AccBits+:AccBits]),
          .acc_o(acc[g*AccBits+:AccBits]),
          .valid_o(given[g]),
          .row_o(row[g*RowBits+:RowBits])
      );
    end
  endgenerate

  reg [Units*AccBits-1:0] sampled;
  reg [AccBits-1:0] biases[0:Neurons-1];
  reg [AccBits-1:0] table_q[0:Units*Cycles-1];  // sums of this frame
  reg [AccBits-1:0] want[0:Neurons-1];
  integer count[0:Neurons-1];
  integer seed, frame, cycle, u, r, i, errors, results;

  // one clock, then the results that it brought; a bias comes a cycle after its segment number
  task tick;
    reg [SegmentBits-1:0] number;
    reg [AccBits-1:0] value;
    begin
      #1;
      for (u = 0; u < Units; u = u + 1) begin
        number = segment[u*SegmentBits+:SegmentBits];
        r = u * Cycles / Steps + number;
        // a neuron that the unit after ends has its bias there; what is read for it here, or past
        // the unit's end, must not matter
        value = (r < Neurons && (r + 1) * Steps <= (u + 1) * Cycles) ? biases[r] : 16'hdead;
        sampled[u*AccBits+:AccBits] = value;
      end
      clk = 1'b1;
      #1 bias = sampled;
      for (u = 0; u < Units; u = u + 1)
        if (given[u] !== 1'b0) begin
          r = (u * Cycles + Steps - 1) / Steps + row[u*RowBits+:RowBits];
          results = results + 1;
          if (r < Neurons) count[r] = count[r] + 1;
          if (!(r < Neurons) || acc[u*AccBits+:AccBits] !== want[r]) begin
            if (errors < 5) $display("frame %0d unit %0d neuron %0d: got %h", frame, u, r, acc[u*AccBits+:AccBits]);
            errors = errors + 1;
          end
        end
      clk = 1'b0;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    results = 0;
    frame = 0;
    for (r = 0; r < Neurons; r = r + 1) begin
      biases[r] = $random(seed);
      count[r] = 0;
    end
    tick;
    rst_n = 1'b1;
    tick;
    for (frame = 0; frame < Frames; frame = frame + 1) begin
      for (i = 0; i < Units * Cycles; i = i + 1) table_q[i] = $random(seed);
      for (cycle = 0; cycle < Cycles; cycle = cycle + 1) begin
        for (u = 0; u < Units; u = u + 1)
          sum[u*AccBits+:AccBits] = table_q[u*Cycles+cycle];
        valid = 1'b1;
        last = cycle == Cycles - 1;
        if (cycle == 0)
          for (r = 0; r < Neurons; r = r + 1) begin
            want[r] = biases[r];
            for (i = r * Steps; i < (r + 1) * Steps; i = i + 1) want[r] = want[r] + table_q[i];
          end
        tick;
        sum = {Units{16'hbeef}};
      end
      valid = 1'b0;
      last = 1'b0;
      if ({$random(seed)} % 2 == 0) for (i = {$random(seed)} % 4; i >= 0; i = i - 1) tick;
    end
    for (r = 0; r < Neurons; r = r + 1) if (count[r] != Frames) errors = errors + 1;
    $display("%0s: %0d units, %0d results, %0d errors", (errors == 0) ? "PASS" : "FAIL", Units, results, errors);
    $finish;
  end

endmodule

`default_nettype wire
