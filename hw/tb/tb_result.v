// cf_result (with cf_classify and cf_packet): rows of logits in, packets out. The memory is handed
// over as tightly as a junction does it, the sink stalls; class and margin are found
// by sorting. Logits come from a small range
// (ties), a full range, or are all equal.
// run: Classes=1 Slots=1 Rows=1 Steps=1 Cycles=1
// run: Classes=1 Slots=1 Rows=1 Steps=1 Cycles=1 BusBits=8 Bits=1 FieldBytes=1 Stalls=1
// run: Classes=10 Slots=1 Rows=10 Steps=5 Cycles=50 Stalls=0
// run: Classes=10 Slots=1 Rows=10 Steps=5 Cycles=50 Stalls=1 BusBits=8 Release=6
// run: Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=0 BusBits=256
// run: Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=3 Logits=0 Packets=12
// run: Classes=7 Slots=3 Rows=3 Steps=5 Cycles=12 Stalls=2 Packets=3 BusBits=40 Frames=3
// run: Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Stalls=1 Packets=2 Bits=13 BusBits=48
// run: Classes=2 Slots=1 Rows=3 Steps=1 Cycles=3 Stalls=2 Bits=24 FieldBytes=4 BusBits=64
// run: Classes=4 Slots=2 Rows=2 Steps=5 Cycles=10 Stalls=1 Bits=40 FieldBytes=8 BusBits=128 Packets=4
`default_nettype none

module tb_result;
  parameter BusBits = 64;
  parameter Classes = 10;
  parameter Bits = 16;
  parameter FieldBytes = 2;
  parameter Logits = 1;
  parameter Slots = 1;
  parameter Rows = 10;
  parameter Steps = 5;
  parameter Cycles = 50;
  parameter Frames = 2;
  parameter Packets = 1;
  parameter Release = 0;
  parameter Stalls = 0;  // 0: none; else one beat in Stalls + 1 is taken, in bursts for 3
  parameter Seed = 1;

  localparam Total = 300;  // frames
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam Bytes = 4 + FieldBytes + ((Logits != 0) ? Classes * FieldBytes : 0);
  localparam Beats = (8 * Bytes + BusBits - 1) / BusBits;

  reg                      aclk = 1'b0;
  reg                      aresetn = 1'b0;
  wire                     room_avail;
  reg                      room_take, frame;
  reg  [        Slots-1:0] we;
  reg  [Slots*RowBits-1:0] wrow;
  reg  [   Slots*Bits-1:0] wdata;
  reg                      wframe_end;
  wire [      BusBits-1:0] tdata;
  wire [    BusBits/8-1:0] tkeep;
  wire                     tvalid, tlast, tuser;
  reg                      tready;

  cf_result #(
      .BusBits(BusBits),
      .Classes(Classes),
      .Bits(Bits),
      .FieldBytes(FieldBytes),
      .Logits(Logits),
      .Slots(Slots),
      .Rows(Rows),
      .Steps(Steps),
      .Cycles(Cycles),
      .Frames(Frames),
      .Packets(Packets),
      .Release(Release)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .room_avail_o(room_avail),
      .room_take_i(room_take),
      .frame_i(frame),
      .we_i(we),
      .wrow_i(wrow),
      .wdata_i(wdata),
      .wframe_end_i(wframe_end),
      .m_axis_tdata(tdata),
      .m_axis_tkeep(tkeep),
      .m_axis_tvalid(tvalid),
      .m_axis_tready(tready),
      .m_axis_tlast(tlast),
      .m_axis_tuser(tuser)
  );

  reg [Bits-1:0] logits[0:Total*Classes-1];
  reg [8*Bytes-1:0] packet;  // expected
  reg [BusBits+BusBits/8+1:0] before, now;
  reg was_stalled;
  reg signed [63:0] value, best, second;
  integer seed, n, i, s, kind, issue, sent, at, wrote0, wrote1, f0, f1, byte, errors;
  integer first, next, class, started, burst;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 8) $display("cycle %0d packet %0d beat %0d: rule %0d is broken", n, sent, at, what);
      errors = errors + 1;
    end
  endtask

  // the largest two of frame f, by taking the first out and looking again
  task sort(input integer f);
    begin
      class = -1;
      second = 0;
      for (s = 0; s < 2; s = s + 1) begin
        next = -1;
        for (i = Classes - 1; i >= 0; i = i - 1) begin
          value = $signed(logits[f*Classes+i]);
          if (i != class && (next < 0 || value >= second)) begin
            second = value;
            next = i;
          end
        end
        if (s == 0) best = second;
        if (s == 0) class = next;
      end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    for (n = 0; n < Total; n = n + 1) begin
      kind = {$random(seed)} % 3;
      for (i = 0; i < Classes; i = i + 1)
        logits[n*Classes+i] = (kind == 0) ? {$random(seed), $random(seed)} :
            (kind == 1) ? ({$random(seed)} % 4) - 2 : 3;
    end
    {room_take, frame, wframe_end, tready, was_stalled} = 'b0;
    we = 'b0;
    issue = -1;
    sent = 0;
    at = 0;
    wrote0 = -1;
    wrote1 = -1;
    f0 = 0;
    started = -1;
    burst = 0;
    #1 aclk = 1'b1;
    #1 aclk = 1'b0;
    aresetn = 1'b1;
    for (n = 0; sent < Total && n < 200000; n = n + 1) begin
      // writer: a row is issued in one cycle and written two later; the next frame may follow at once
      we = 'b0;
      wframe_end = 1'b0;
      if (wrote1 >= 0) begin
        f1 = wrote1 / Rows;
        for (s = 0; s < Slots; s = s + 1) begin
          first = (s * Cycles + Steps - 1) / Steps;
          next = ((s + 1) * Cycles + Steps - 1) / Steps;
          i = first + wrote1 % Rows;
          wrow[s*RowBits+:RowBits] = wrote1 % Rows;
          if (i < next && i < Classes) begin
            we[s] = 1'b1;
            wdata[s*Bits+:Bits] = logits[f1*Classes+i];
          end
        end
        wframe_end = wrote1 % Rows == Rows - 1;
      end
      frame = issue >= 0 && issue % Rows == Rows - 1;
      room_take = 1'b0;
      tready = Stalls == 0 || ((Stalls == 3) ? burst > 0 : {$random(seed)} % (Stalls + 1) == 0);
      burst = (burst == -40) ? 40 : burst - 1;
      #1;
      if (room_avail && (issue < 0 || frame) && f0 < Total) room_take = 1'b1;
      #1;
      if (dut.start && started == -1) started = n;
      // sink
      now = {tlast, tuser, tkeep, tdata};
      if (was_stalled) check(tvalid === 1'b1 && now === before, 1);
      was_stalled = tvalid && !tready;
      before = now;
      check(tvalid === 1'b0 || tvalid === 1'b1, 2);
      if (tvalid === 1'b1 && sent == 0 && at == 0 && started >= 0) begin
        check(n - started == Rows + 6 + Levels, 3);
        started = -2;
      end
      if (tvalid && tready) begin
        if (at == 0) begin
          sort(sent);
          packet[15:0] = class;
          packet[31:16] = sent;
          value = best - second;
          for (byte = 0; byte < FieldBytes; byte = byte + 1)
            packet[32+8*byte+:8] = (value >>> (8 * byte));
          if (Logits != 0)
            for (i = 0; i < Classes; i = i + 1) begin
              value = $signed(logits[sent*Classes+i]);
              for (byte = 0; byte < FieldBytes; byte = byte + 1)
                packet[32+8*(FieldBytes*(i+1)+byte)+:8] = (value >>> (8 * byte));
            end
        end
        check(tuser === 1'b1, 4);
        check(tlast === (at == Beats - 1), 5);
        for (byte = 0; byte < BusBits / 8; byte = byte + 1) begin
          i = at * BusBits / 8 + byte;
          check(tkeep[byte] === (i < Bytes), 6);
          if (i < Bytes) check(tdata[8*byte+:8] === packet[8*i+:8], 7);
          else check(tdata[8*byte+:8] === 8'h00, 8);
        end
        at = at + 1;
        if (at == Beats) begin
          at = 0;
          sent = sent + 1;
        end
      end
      wrote1 = wrote0;
      wrote0 = issue;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (room_take) begin
        issue = f0 * Rows;
        f0 = f0 + 1;
      end else if (issue >= 0) issue = frame ? -1 : issue + 1;
    end
    check(sent == Total, 9);
    if (Stalls == 0) $display("%0d cycles a frame", n / Total);
    $display("%0s: %0d packets, %0d errors", (errors == 0) ? "PASS" : "FAIL", sent, errors);
    $finish;
  end

endmodule

`default_nettype wire
