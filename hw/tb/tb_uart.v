// cf_uart_tx and cf_uart_rx: each against bits made here. The sender's line is right in every cycle
// and without pauses; the receiver takes bytes of a sender that is off by Skew in 1,000, ignores
// glitches shorter than half a bit, flags a low stop bit and a break once, and goes on after it.
// run: Divisor=4
// run: Divisor=5 Seed=2
// run: Divisor=12 Skew=40
// run: Divisor=12 Skew=-40
// run: Divisor=25 Skew=44
// run: Divisor=25 Skew=-44
// run: Divisor=217 Skew=10
`default_nettype none
`timescale 1ns / 1ns

module tb_uart;
  parameter Divisor = 25;
  parameter Skew = 0;  // the other sender's bit is longer by so many thousandths
  parameter Seed = 1;

  localparam Period = 1000;
  localparam BitTime = Divisor * (1000 + Skew);
  localparam Bytes = 60;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  reg line = 1'b1;
  reg [7:0] data = 8'd0;
  reg valid = 1'b0;
  wire ready, tx;
  wire [7:0] out;
  wire out_valid, out_error;

  cf_uart_tx #(
      .Divisor(Divisor)
  ) i_tx (
      .clk_i(clk),
      .rst_ni(rst_n),
      .data_i(data),
      .valid_i(valid),
      .ready_o(ready),
      .tx_o(tx)
  );

  cf_uart_rx #(
      .Divisor(Divisor)
  ) i_rx (
      .clk_i(clk),
      .rst_ni(rst_n),
      .rx_i(line),
      .data_o(out),
      .valid_o(out_valid),
      .error_o(out_error)
  );

  integer seed, n, i, c, errors, got, framing;
  reg [7:0] sent[0:Bytes];
  reg [7:0] taken[0:Bytes];
  reg [9:0] bits;

  always #(Period / 2) clk = !clk;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("byte %0d: rule %0d is broken", n, what);
      errors = errors + 1;
    end
  endtask

  // a byte on the line of the other sender, and its stop bit
  task put(input [7:0] value, input stop);
    begin
      line = 1'b0;
      #(BitTime);
      for (i = 0; i < 8; i = i + 1) begin
        line = value[i];
        #(BitTime);
      end
      line = stop;
      #(BitTime);
    end
  endtask

  always @(posedge clk) begin
    if (out_valid) begin
      taken[got] = out;
      got = got + 1;
    end
    if (out_error) framing = framing + 1;
    if (rst_n) check(!(out_valid && out_error), 1);
  end

  initial begin
    seed = Seed;
    {errors, got, framing, n} = 'b0;
    repeat (3) @(negedge clk);
    check(tx === 1'b1 && out_valid === 1'b0 && out_error === 1'b0, 2);
    rst_n = 1'b1;
    // the sender, one byte right behind the other
    for (n = 0; n < Bytes; n = n + 1) begin
      data = $random(seed);
      valid = 1'b1;
      bits = {1'b1, data, 1'b0};
      check(ready === 1'b1, 3);
      @(negedge clk);
      data = $random(seed);
      for (i = 0; i < 10; i = i + 1)
        for (c = 0; c < Divisor; c = c + 1) begin
          check(tx === bits[i] && ready === 1'b0, 4);
          if (i != 9 || c != Divisor - 1) @(negedge clk);
        end
      if ({$random(seed)} % 4 == 0) begin
        valid = 1'b0;
        @(negedge clk);
        repeat ({$random(seed)} % 30) begin
          check(tx === 1'b1 && ready === 1'b1, 5);
          @(negedge clk);
        end
      end else @(negedge clk);
    end
    valid = 1'b0;
    // the receiver, with pauses now and then
    for (n = 0; n < Bytes; n = n + 1) begin
      sent[n] = $random(seed);
      put(sent[n], 1'b1);
      if ({$random(seed)} % 3 == 0) #({$random(seed)} % (5 * BitTime));
    end
    #(2 * BitTime);
    check(got == Bytes, 6);
    for (n = 0; n < Bytes; n = n + 1) check(taken[n] === sent[n], 6);
    // glitches up to two cycles less than half a bit
    #(2 * BitTime);
    for (n = 1; n <= Divisor / 2 - 2; n = n + 1) begin
      line = 1'b0;
      #(n * Period);
      line = 1'b1;
      #(12 * BitTime);
      check(got == Bytes && framing == 0, 7);
    end
    // a low stop bit, then a break of some bytes, then a byte
    put(8'ha5, 1'b0);
    line = 1'b1;
    #(2 * BitTime);
    check(got == Bytes && framing == 1, 8);
    line = 1'b0;
    #(35 * BitTime);
    line = 1'b1;
    #(2 * BitTime);
    check(got == Bytes && framing == 2, 9);
    put(8'h3c, 1'b1);
    #(BitTime);
    check(got == Bytes + 1 && framing == 2 && taken[Bytes] === 8'h3c, 10);
    $display("%0s: %0d bytes, %0d errors", (errors == 0) ? "PASS" : "FAIL", 2 * Bytes, errors);
    $finish;
  end

endmodule

`default_nettype wire
