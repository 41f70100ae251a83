// cf_count against direct arithmetic: the base of a frame's cycle t is t + (t / Steps) * (Skip - 1),
// its sweep that base div Depth. Frames follow each other with and without gaps.
// run: Depth=1 Fields=1 Sweeps=1 Steps=1 Skip=1 Cycles=4
// run: Depth=1 Fields=2 Sweeps=6 Steps=1 Skip=1 Cycles=6
// run: Depth=5 Fields=8 Sweeps=9 Steps=5 Skip=1 Cycles=45
// run: Depth=5 Fields=3 Sweeps=1 Steps=3 Skip=4 Cycles=12
// run: Depth=5 Fields=3 Sweeps=1 Steps=3 Skip=4 Cycles=11
// run: Depth=10 Fields=3 Sweeps=7 Steps=3 Skip=5 Cycles=30
// run: Depth=8 Fields=3 Sweeps=1 Steps=3 Skip=8 Cycles=15
// run: Depth=8 Fields=2 Sweeps=4 Steps=4 Skip=5 Cycles=16
// run: Depth=7 Fields=2 Sweeps=3 Steps=1 Skip=3 Cycles=7
// run: Depth=3 Fields=2 Sweeps=1 Steps=1 Skip=1 Cycles=1
`define SYNTHESIS  // the tables are put into the ROMs from here, without files and their check
`default_nettype none

module tb_count;
  parameter Depth = 5;
  parameter Fields = 8;
  parameter Sweeps = 9;
  parameter Steps = 5;
  parameter Skip = 1;
  parameter Cycles = 45;
  parameter Seed = 1;

  localparam AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam Frames = 100;

  reg                        clk = 1'b0;
  reg                        rst_n = 1'b0;
  reg                        run = 1'b0;
  reg                        last = 1'b0;
  wire [Fields*AddrBits-1:0] addr;

  cf_count #(
      .Depth(Depth),
      .Fields(Fields),
      .Sweeps(Sweeps),
      .Steps(Steps),
      .Skip(Skip)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .run_i(run),
      .last_i(last),
      .addr_o(addr)
  );

  integer start[0:Sweeps*Fields-1];
  integer want[0:Fields-1];
  reg care;
  integer seed, f, s, t, base, sweep, frame, errors, checks;

  task tick;
    begin
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      if (care)
        for (f = 0; f < Fields; f = f + 1) begin
          checks = checks + 1;
          if (addr[f*AddrBits+:AddrBits] !== want[f]) begin
            if (errors < 5)
              $display("field %0d: got %0d, want %0d", f, addr[f*AddrBits+:AddrBits], want[f]);
            errors = errors + 1;
          end
        end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    checks = 0;
    care = 1'b0;
    #1;
    for (s = 0; s < Sweeps; s = s + 1)
      for (f = 0; f < Fields; f = f + 1) begin
        start[s*Fields+f] = {$random(seed)} % Depth;
        dut.i_start_rom.mem[s][f*AddrBits+:AddrBits] = start[s*Fields+f];
      end
    tick;
    rst_n = 1'b1;
    for (frame = 0; frame < Frames; frame = frame + 1) begin
      for (t = 0; t < Cycles; t = t + 1) begin
        base = t + (t / Steps) * (Skip - 1);
        sweep = (Sweeps > 1) ? base / Depth : 0;
        if (sweep >= Sweeps) $display("run: too few sweeps");
        for (f = 0; f < Fields; f = f + 1) want[f] = (base + start[sweep*Fields+f]) % Depth;
        run  = 1'b1;
        last = t == Cycles - 1;
        care = 1'b1;
        tick;
      end
      run  = 1'b0;
      last = 1'b0;
      care = 1'b0;
      if ({$random(seed)} % 2 == 0) for (t = {$random(seed)} % 5; t > 0; t = t - 1) tick;
    end
    tick;
    tick;
    if (checks != Frames * Cycles * Fields) errors = errors + 1;
    $display("%0s: %0d addresses, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", checks, errors);
    $finish;
  end

endmodule

`default_nettype wire
