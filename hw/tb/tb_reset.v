// cf_reset and cf_lights: reset holds from power-on and from a press for as long as it should; a
// light blinks with its period, the other stays on for one to two of them after the last error.
// run: Bits=3 ActiveLow=0
// run: Bits=3 ActiveLow=1
// run: Bits=6 ActiveLow=1
`default_nettype none

module tb_reset;
  parameter Bits = 4;
  parameter ActiveLow = 0;

  localparam Span = 1 << Bits;

  reg clk = 1'b0;
  reg press = 1'b0;
  reg error = 1'b0;
  wire rst_n, alive, lit;

  cf_reset #(
      .Bits(Bits),
      .ActiveLow(ActiveLow)
  ) i_reset (
      .clk_i(clk),
      .button_i(press ^ (ActiveLow != 0)),
      .rst_no(rst_n)
  );

  cf_lights #(
      .Bits(Bits),
      .ActiveLow(ActiveLow)
  ) i_lights (
      .clk_i(clk),
      .rst_ni(rst_n),
      .error_i(error),
      .alive_o(alive),
      .error_o(lit)
  );

  integer n, i, errors, low, changes, on;
  reg before;

  always #5 clk = !clk;

  task check(input ok, input integer rule);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("%0t: rule %0d is broken", $time, rule);
      errors = errors + 1;
    end
  endtask

  task count_low;
    begin
      low = 0;
      while (rst_n !== 1'b1 && low < 4 * Span) begin
        check(rst_n === 1'b0, 1);
        low = low + 1;
        @(negedge clk);
      end
    end
  endtask

  initial begin
    errors = 0;
    #1 check(rst_n === 1'b0, 2);  // before any clock
    @(negedge clk);
    count_low;
    check(low >= Span - 1 && low <= Span + 2, 3);
    // the blinking light: 2^Bits cycles a turn, half of them on
    repeat (2) @(negedge clk);  // the counter's first turn
    before = alive;
    {changes, on} = 'b0;
    for (n = 0; n < 10 * Span; n = n + 1) begin
      check(lit === (ActiveLow != 0), 4);
      if (alive !== before) changes = changes + 1;
      if (alive === (ActiveLow == 0)) on = on + 1;
      before = alive;
      @(negedge clk);
    end
    check(changes >= 19 && changes <= 20 && on == 5 * Span, 5);
    // the light of errors
    for (i = 0; i < 2 * Span; i = i + 3) begin
      error = 1'b1;
      @(negedge clk);
      error = 1'b0;
      @(negedge clk);
      n = 0;
      while (lit === (ActiveLow == 0) && n < 9 * Span) begin
        n = n + 1;
        @(negedge clk);
      end
      check(n >= Span && n <= 2 * Span, 6);
      repeat (i % 7) @(negedge clk);
    end
    // the button, bouncing
    for (i = 0; i < 5; i = i + 1) begin
      press = 1'b1;
      repeat (4 + i) @(negedge clk);
      check(rst_n === 1'b0, 7);
      press = 1'b0;
      repeat (Span / 2) @(negedge clk);
      check(rst_n === 1'b0, 8);
    end
    count_low;
    check(low >= Span / 2 - 1 && low <= Span / 2 + 4, 9);
    $display("%0s: %0d errors", (errors == 0) ? "PASS" : "FAIL", errors);
    $finish;
  end

endmodule

`default_nettype wire
