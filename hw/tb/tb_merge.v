// cf_merge: two streams of packets and random decisions. The packets must come out whole and in the
// order of the decisions, with no idle cycle if packet, decision and sink are there.
// run: Decisions=1
// run: Decisions=8
// run: Decisions=8 Idle=0 Stalls=0
// run: Decisions=4 Idle=0 Stalls=0 Longest=1 BusBits=8
// run: Decisions=5 Idle=0 Stalls=2 Late=0
// run: Decisions=33 Idle=2 Stalls=0 Seed=2
// run: Decisions=3 Idle=1 Stalls=1 Late=9 Seed=3
// run: Decisions=8 Idle=1 Stalls=3 Exits=1 BusBits=256
// run: Decisions=8 Idle=1 Stalls=0 Exits=9 Seed=4
`default_nettype none

module tb_merge;
  parameter BusBits = 64;
  parameter Decisions = 8;
  parameter Idle = 1;     // mean idle cycles before a beat, in each stream
  parameter Stalls = 1;   // mean stalls of a beat
  parameter Late = 1;     // mean cycles before a decision
  parameter Exits = 5;    // of ten frames
  parameter Longest = 4;  // beats of a packet
  parameter Seed = 1;

  localparam Total = 1000;  // packets
  localparam Width = BusBits + BusBits / 8 + 2;

  reg aclk = 1'b0;
  reg aresetn = 1'b0;
  reg decide = 1'b0, pass = 1'b0, ready = 1'b0;
  reg [Width-1:0] beat[0:1];
  reg [1:0] tvalid = 2'b00;
  wire [1:0] tready;
  wire [Width-1:0] a = beat[0];
  wire [Width-1:0] b = beat[1];
  wire [Width-1:0] out;
  wire valid;

  cf_merge #(
      .BusBits(BusBits),
      .Decisions(Decisions)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .decide_i(decide),
      .pass_i(pass),
      .a_axis_tdata(a[BusBits-1:0]),
      .a_axis_tkeep(a[BusBits+:BusBits/8]),
      .a_axis_tvalid(tvalid[0]),
      .a_axis_tready(tready[0]),
      .a_axis_tlast(a[Width-2]),
      .a_axis_tuser(a[Width-1]),
      .b_axis_tdata(b[BusBits-1:0]),
      .b_axis_tkeep(b[BusBits+:BusBits/8]),
      .b_axis_tvalid(tvalid[1]),
      .b_axis_tready(tready[1]),
      .b_axis_tlast(b[Width-2]),
      .b_axis_tuser(b[Width-1]),
      .m_axis_tdata(out[BusBits-1:0]),
      .m_axis_tkeep(out[BusBits+:BusBits/8]),
      .m_axis_tvalid(valid),
      .m_axis_tready(ready),
      .m_axis_tlast(out[Width-2]),
      .m_axis_tuser(out[Width-1])
  );

  reg order[0:Total];
  integer seed, n, i, s, decided, sent, errors, passed, which;
  integer left[0:1];  // beats of the stream's packet that are still to come
  reg [Width-1:0] before;
  reg [1:0] ready_alone;
  reg stalled, want;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d packet %0d: rule %0d is broken", n, sent, what);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    {errors, decided, sent, passed} = 'b0;
    left[0] = 0;
    left[1] = 0;
    stalled = 1'b0;
    #1 aclk = 1'b1;
    #1 aclk = 1'b0;
    aresetn = 1'b1;
    for (n = 0; sent < Total && n < 200000; n = n + 1) begin
      for (s = 0; s < 2; s = s + 1)
        if (!tvalid[s] && {$random(seed)} % (Idle + 1) == 0) begin
          for (i = 0; i < Width; i = i + 1) beat[s][i] = $random(seed);
          if (left[s] == 0) left[s] = 1 + {$random(seed)} % Longest;
          beat[s][Width-2] = left[s] == 1;
          tvalid[s] = 1'b1;
        end
      decide = decided < Total && decided - sent < Decisions && {$random(seed)} % (Late + 1) == 0;
      pass = {$random(seed)} % 10 >= Exits;
      ready = {$random(seed)} % (Stalls + 1) == 0;
      #1;
      ready_alone = tready;
      tvalid = ~tvalid;
      #1 check(tready === ready_alone, 1);  // looks at no valid
      tvalid = ~tvalid;
      #1;
      which = order[sent];
      // nothing before its decision; then the right stream and only that, beat by beat
      want = decided > sent;
      if (want) begin
        check(valid === tvalid[which], 2);
        if (tvalid[which]) check(out === beat[which], 3);
        check(tready[which] === ready && tready[1-which] === 1'b0, 4);
      end else check(valid === 1'b0 && tready === 2'b00, 5);
      if (stalled) check(valid === 1'b1 && out === before, 6);
      stalled = valid && !ready;
      before = out;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (decide) begin
        order[decided] = pass;
        decided = decided + 1;
      end
      if (want && tvalid[which] && ready) begin
        tvalid[which] = 1'b0;
        left[which] = left[which] - 1;
        if (left[which] == 0) begin
          sent = sent + 1;
          passed = passed + which;
        end
      end
    end
    check(sent == Total && passed > 0 && passed < Total, 7);
    $display("%0s: %0d packets, %0d of them passed, %0d errors", (errors == 0) ? "PASS" : "FAIL", sent, passed, errors);
    $finish;
  end

endmodule

`default_nettype wire
