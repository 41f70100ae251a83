// cf_partial against plain sums: in each frame random products for random sums, with idle cycles and
// gaps; the sums of the frame before are read meanwhile, from the first cycle in which they may be
// asked for to the last. A sum that a frame leaves out is not looked at.
// run: Sums=1 Cycles=1
// run: Sums=1 Cycles=5
// run: Sums=2 Cycles=2
// run: Sums=2 Cycles=7
// run: Sums=3 Cycles=4
// run: Sums=3 Cycles=1
// run: Sums=6 Cycles=20
// run: Sums=8 Cycles=8 AccBits=20 ProductBits=6
// run: Sums=17 Cycles=50 AccBits=9 ProductBits=12
`default_nettype none

module tb_partial;
  parameter Sums = 3;
  parameter Cycles = 6;
  parameter AccBits = 14;
  parameter ProductBits = 10;
  parameter Seed = 1;

  localparam IndexBits = (Sums > 1) ? $clog2(Sums) : 1;
  localparam Frames = 400;

  reg                    clk = 1'b0;
  reg                    rst_n = 1'b0;
  reg                    valid = 1'b0;
  reg                    last = 1'b0;
  reg                    fresh = 1'b0;
  reg  [  IndexBits-1:0] index = 'b0;
  reg  [ProductBits-1:0] product = 'b0;
  reg  [  IndexBits-1:0] read = 'b0;
  wire [    AccBits-1:0] sum;

  cf_partial #(
      .AccBits(AccBits),
      .ProductBits(ProductBits),
      .Sums(Sums)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .valid_i(valid),
      .last_i(last),
      .fresh_i(fresh),
      .index_i(index),
      .product_i(product),
      .read_i(read),
      .sum_o(sum)
  );

  reg [AccBits-1:0] now[0:Sums-1];  // of the frame that is added up
  reg begun[0:Sums-1];
  reg [AccBits-1:0] done[0:Sums-1];  // of the last frame that was over two cycles ago or more
  reg known[0:Sums-1];
  reg signed [ProductBits-1:0] value;
  reg ended;  // the cycle before was a frame's last
  integer seed, frame, cycle, i, at, gap, errors, reads;

  // one clock; a read in the cycle after a frame's last still finds the frame before that
  task tick;
    begin
      at = {$random(seed)} % Sums;
      read = at;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      if (known[at]) begin
        reads = reads + 1;
        if (sum !== done[at]) begin
          if (errors < 5) $display("frame %0d sum %0d: got %h, want %h", frame, at, sum, done[at]);
          errors = errors + 1;
        end
      end
    end
  endtask

  // what may be read from the next cycle on
  task hand_over;
    begin
      for (i = 0; i < Sums; i = i + 1) begin
        done[i] = now[i];
        known[i] = begun[i];
        begun[i] = 1'b0;
      end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    reads = 0;
    ended = 1'b0;
    for (i = 0; i < Sums; i = i + 1) begin
      begun[i] = 1'b0;
      known[i] = 1'b0;
    end
    frame = 0;
    tick;
    rst_n = 1'b1;
    tick;
    for (frame = 0; frame < Frames; frame = frame + 1) begin
      for (cycle = 0; cycle < Cycles; cycle = cycle + 1) begin
        valid = {$random(seed)} % 8 != 0;
        last = cycle == Cycles - 1;
        i = {$random(seed)} % Sums;
        index = i;
        value = $random(seed);
        if ({$random(seed)} % 4 == 0) value = {1'b1, {(ProductBits - 1) {1'b0}}};
        product = value;
        // this cycle's read still finds the older frame; what follows belongs to the new one
        if (ended) begin
          tick_first;
        end else begin
          fresh = !begun[index];
          note;
          tick;
        end
        ended = last;
        valid = 1'b0;
        last = 1'b0;
        index = Sums - 1;
        fresh = 1'b1;
        product = {ProductBits{1'b1}};
      end
      if ({$random(seed)} % 2 == 0)
        for (gap = {$random(seed)} % 4; gap >= 0; gap = gap - 1) begin
          tick;
          if (ended) hand_over;
          ended = 1'b0;
        end
    end
    if (reads < Frames / 2) errors = errors + 1;
    $display("%0s: %0d frames, %0d reads, %0d errors", (errors == 0) ? "PASS" : "FAIL", Frames,
             reads, errors);
    $finish;
  end

  // the product of the inputs into the sums of the frame
  task note;
    if (valid) begin
      now[index] = (fresh ? {AccBits{1'b0}} : now[index]) + {{AccBits{value[ProductBits-1]}}, value};
      begun[index] = 1'b1;
    end
  endtask

  // the first cycle of a frame that follows with no gap
  task tick_first;
    begin
      fresh = 1'b1;
      tick;
      hand_over;
      note;
    end
  endtask

endmodule

`default_nettype wire
