// cf_queue: random pushes and pops, in spells that fill and empty it, against a plain array. Pushes
// that find it full come along with a pop, pops of the only word along with a push.
// run: Depth=1 Width=1
// run: Depth=1 Width=9
// run: Depth=2
// run: Depth=3
// run: Depth=7 Width=1
// run: Depth=8 Width=33
`default_nettype none

module tb_queue;
  parameter Width = 4;
  parameter Depth = 3;
  parameter Seed = 1;

  reg              clk = 1'b0;
  reg              rst_n = 1'b0;
  reg              push = 1'b0;
  reg  [Width-1:0] data = 'b0;
  reg              pop = 1'b0;
  wire [Width-1:0] head;
  wire             valid;

  cf_queue #(
      .Width(Width),
      .Depth(Depth)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .push_i(push),
      .data_i(data),
      .pop_i(pop),
      .head_o(head),
      .valid_o(valid)
  );

  reg [Width-1:0] words[0:9999];
  integer seed, n, first, next, eager, full, through, errors;

  initial begin
    seed = Seed;
    errors = 0;
    first = 0;
    next = 0;
    full = 0;
    through = 0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (n = 0; n < 8000; n = n + 1) begin
      eager = (n / 64) % 3;  // 0: pushes, 1: pops, 2: both
      #1;
      if (valid !== (next > first) || (next > first && head !== words[first])) begin
        if (errors < 5) $display("cycle %0d: %b %h, want %h", n, valid, head, words[first]);
        errors = errors + 1;
      end
      pop = next > first && {$random(seed)} % 4 < ((eager == 0) ? 1 : 3);
      push = next - first - pop < Depth && {$random(seed)} % 4 < ((eager == 1) ? 1 : 3);
      data = {$random(seed), $random(seed)};
      words[next] = data;
      full = full + (push && next - first == Depth);
      through = through + (push && pop && next - first == 1);
      first = first + pop;
      next = next + push;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (full < 50 || through < 50) errors = errors + 1;
    $display("%0s: %0d words, %0d pushed when full, %0d errors", (errors == 0) ? "PASS" : "FAIL",
             first, full, errors);
    $finish;
  end

endmodule

`default_nettype wire
