// cf_stream_fifo: beats with random idle cycles and stalls come out in order, as they went in, none
// before 2 cycles are over and with no pause if nobody makes one.
// run: Depth=2
// run: Depth=2 Idle=0 Stalls=0
// run: Depth=3 Idle=0 Stalls=0 BusBits=8
// run: Depth=5 Idle=0 Stalls=1
// run: Depth=5 Idle=1 Stalls=0 Seed=2
// run: Depth=16 Idle=3 Stalls=2
// run: Depth=16 Idle=1 Stalls=1 Burst=60 Seed=3
// run: Depth=7 Idle=0 Stalls=0 Burst=40 BusBits=256
`default_nettype none

module tb_stream_fifo;
  parameter BusBits = 64;
  parameter Depth = 16;
  parameter Idle = 1;    // mean idle cycles before a beat
  parameter Stalls = 1;  // mean stalls of a beat
  parameter Burst = 0;   // 0, or the sink sleeps for so many cycles, then not, in turn
  parameter Seed = 1;

  localparam Total = 3000;  // beats
  localparam Width = BusBits + BusBits / 8 + 2;

  reg aclk = 1'b0;
  reg aresetn = 1'b0;
  reg [Width-1:0] in = 'b0;
  reg tvalid = 1'b0, ready = 1'b0;
  wire [Width-1:0] out;
  wire tready, valid;

  cf_stream_fifo #(
      .BusBits(BusBits),
      .Depth(Depth)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .s_axis_tdata(in[BusBits-1:0]),
      .s_axis_tkeep(in[BusBits+:BusBits/8]),
      .s_axis_tvalid(tvalid),
      .s_axis_tready(tready),
      .s_axis_tlast(in[Width-2]),
      .s_axis_tuser(in[Width-1]),
      .m_axis_tdata(out[BusBits-1:0]),
      .m_axis_tkeep(out[BusBits+:BusBits/8]),
      .m_axis_tvalid(valid),
      .m_axis_tready(ready),
      .m_axis_tlast(out[Width-2]),
      .m_axis_tuser(out[Width-1])
  );

  reg [Width-1:0] sent[0:Total];
  integer since[0:Total];  // cycle in which a beat went in
  integer seed, n, i, pushed, popped, errors, full, refused;
  reg [Width-1:0] before;
  reg stalled, ready_alone, popping;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d beat %0d: rule %0d is broken", n, popped, what);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    {errors, pushed, popped, full, refused} = 'b0;
    stalled = 1'b0;
    #1 aclk = 1'b1;
    #1 aclk = 1'b0;
    aresetn = 1'b1;
    for (n = 0; popped < Total && n < 100000; n = n + 1) begin
      if (!tvalid && pushed < Total && {$random(seed)} % (Idle + 1) == 0) begin
        for (i = 0; i < Width; i = i + 1) in[i] = $random(seed);
        tvalid = 1'b1;
      end
      ready = {$random(seed)} % (Stalls + 1) == 0 && (Burst == 0 || n / Burst % 2 == 1);
      #1;
      ready_alone = tready;
      tvalid = !tvalid;
      ready = !ready;
      #1 check(tready === ready_alone, 1);  // looks at neither
      tvalid = !tvalid;
      ready = !ready;
      #1;
      if (stalled) check(valid === 1'b1 && out === before, 2);
      stalled = valid && !ready;
      before = out;
      // there when it is there: 2 cycles after it went in, or right behind the beat before it
      check(valid === (popped < pushed && n - since[popped] >= 2), 3);
      if (valid === 1'b1) check(out === sent[popped], 4);
      // room for Depth beats, and one in the output register
      check(tready === (pushed - popped < Depth + valid), 5);
      if (tvalid && !tready) refused = refused + 1;
      if (tvalid && tready) begin
        sent[pushed] = in;
        since[pushed] = n;
      end
      popping = valid && ready;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (popping) popped = popped + 1;
      if (tvalid && ready_alone) begin
        pushed = pushed + 1;
        tvalid = 1'b0;
      end
    end
    check(popped == Total, 6);
    check(Burst == 0 || refused > 0, 7);
    if (Idle == 0 && Stalls == 0 && Burst == 0) check(n == Total + 2 && refused == 0, 8);
    $display("%0s: %0d beats in %0d cycles, %0d errors", (errors == 0) ? "PASS" : "FAIL", popped, n, errors);
    $finish;
  end

endmodule

`default_nettype wire
