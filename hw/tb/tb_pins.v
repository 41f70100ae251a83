// cf_pins: every bit of its register is the input pin of as many cycles ago as its place, and the
// output pin is the parity of one bit each of as many earlier outputs of the design.
// run:
// run: In=1 Out=1
// run: In=1 Out=9
// run: In=70 Out=2
// run: In=3 Out=130
`default_nettype none

module tb_pins;
  parameter In = 8;
  parameter Out = 8;

  localparam Cycles = 500;

  reg clk = 1'b0;
  reg pin;
  reg [Out-1:0] out;
  wire [In-1:0] in;
  wire parity;

  cf_pins #(
      .In (In),
      .Out(Out)
  ) i_pins (
      .clk_i(clk),
      .pin_i(pin),
      .in_o (in),
      .out_i(out),
      .pin_o(parity)
  );

  // what was driven in each cycle
  reg pins[0:Cycles-1];
  reg [Out-1:0] outs[0:Cycles-1];

  integer n, i, errors, ones;
  reg wanted;

  always #5 clk = !clk;

  task check(input ok, input integer rule);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d: rule %0d is broken", n, rule);
      errors = errors + 1;
    end
  endtask

  initial begin
    {errors, ones} = 'b0;
    for (n = 0; n < Cycles; n = n + 1) begin
      @(negedge clk);
      for (i = 0; i < In && i < n; i = i + 1) check(in[i] === pins[n-1-i], 1);
      if (n > Out) begin
        wanted = 1'b0;
        for (i = 0; i < Out; i = i + 1) wanted = wanted ^ outs[n-2-i][Out-1-i];
        check(parity === wanted, 2);
        if (parity === 1'b1) ones = ones + 1;
      end
      pin = $random;
      for (i = 0; i < Out; i = i + 1) out[i] = $random;
      pins[n] = pin;
      outs[n] = out;
    end
    // a parity of random bits: neither value is rare
    check(4 * ones > Cycles - Out && 4 * ones < 3 * (Cycles - Out), 3);
    $display("%0s: %0d errors", (errors == 0) ? "PASS" : "FAIL", errors);
    $finish;
  end

endmodule

`default_nettype wire
