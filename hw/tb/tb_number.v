// cf_number: packets of random length pass with random idle cycles and stalls. Bytes 2 and 3 of
// each must hold the number of packets before it, everything else must be what went in, in the
// same cycle.
// run: BusBits=8
// run: BusBits=8 Idle=0 Stalls=0
// run: BusBits=16 Seed=2
// run: BusBits=24 Seed=3
// run: BusBits=32
// run: BusBits=40 Idle=3 Stalls=0
// run: BusBits=64 Idle=0 Stalls=3
// run: BusBits=256
// run: BusBits=64 Idle=0 Stalls=0 Total=70000
// run: BusBits=8 Idle=0 Stalls=0 Total=66000 Longest=5
`default_nettype none

module tb_number;
  parameter BusBits = 64;
  parameter Idle = 1;     // mean idle cycles before a beat
  parameter Stalls = 1;   // mean stalls of a beat
  parameter Total = 500;  // packets
  parameter Longest = 40; // bytes of a packet
  parameter Seed = 1;

  localparam Bytes = BusBits / 8;

  reg aclk = 1'b0;
  reg aresetn = 1'b0;
  reg [BusBits-1:0] tdata = 'b0;
  reg [Bytes-1:0] tkeep = 'b0;
  reg tvalid = 1'b0, tlast = 1'b0, tuser = 1'b0, ready = 1'b0;
  wire [BusBits-1:0] data;
  wire [Bytes-1:0] keep;
  wire tready, valid, last, user;

  cf_number #(
      .BusBits(BusBits)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .s_axis_tdata(tdata),
      .s_axis_tkeep(tkeep),
      .s_axis_tvalid(tvalid),
      .s_axis_tready(tready),
      .s_axis_tlast(tlast),
      .s_axis_tuser(tuser),
      .m_axis_tdata(data),
      .m_axis_tkeep(keep),
      .m_axis_tvalid(valid),
      .m_axis_tready(ready),
      .m_axis_tlast(last),
      .m_axis_tuser(user)
  );

  integer seed, n, i, at, length, packets, errors;
  reg [7:0] want;
  reg [15:0] number;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d packet %0d: rule %0d is broken", n, packets, what);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    packets = 0;
    at = 0;
    length = 4;
    #1 aclk = 1'b1;
    #1 aclk = 1'b0;
    aresetn = 1'b1;
    for (n = 0; packets < Total && n < 1000000; n = n + 1) begin
      if (!tvalid && {$random(seed)} % (Idle + 1) == 0) begin
        if (at == 0) length = 4 + {$random(seed)} % (Longest - 3);
        for (i = 0; i < Bytes; i = i + 1) begin
          tdata[8*i+:8] = $random(seed);
          tkeep[i] = at + i < length;
        end
        tlast = at + Bytes >= length;
        tuser = $random(seed);
        tvalid = 1'b1;
      end
      ready = {$random(seed)} % (Stalls + 1) == 0;
      #1;
      check(valid === tvalid && tready === ready, 1);
      number = packets;
      if (tvalid) begin
        check(keep === tkeep && last === tlast && user === tuser, 2);
        for (i = 0; i < Bytes; i = i + 1) begin
          want = (at + i == 2) ? number[7:0] : (at + i == 3) ? number[15:8] : tdata[8*i+:8];
          check(data[8*i+:8] === want, 3);
        end
      end
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (tvalid && ready) begin
        at = tlast ? 0 : at + Bytes;
        if (tlast) packets = packets + 1;
        tvalid = 1'b0;
      end
    end
    check(packets == Total, 4);
    $display("%0s: %0d packets, %0d errors", (errors == 0) ? "PASS" : "FAIL", packets, errors);
    $finish;
  end

endmodule

`default_nettype wire
