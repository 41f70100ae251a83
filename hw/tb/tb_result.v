// cf_result (with cf_classify, cf_rule and cf_packet): rows of logits in, decisions and packets out.
// The memory is handed over as tightly as a junction does it, the sink stalls; class and margin are
// found by sorting. Logits come from a small range (ties), a full range, or are all equal,
// thresholds from around what decides. Every decision must come in its very cycle, and so must
// every packet, given when the one before it has left.
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
// run: Rule=1 Tag=32768 Stalls=0 Packets=2 Interval=10 Release=8 Frames=3
// run: Rule=1 Tag=49152 Stalls=1 Logits=0 BusBits=8
// run: Rule=1 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=0 Logits=0 Packets=12 Interval=1 Frames=6
// run: Rule=1 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=2 Packets=2 Seed=3
// run: Rule=1 Classes=1 Slots=1 Rows=1 Steps=1 Cycles=1 Tag=65534 Bits=1 FieldBytes=1 BusBits=8 Stalls=3
// run: Rule=2 Classes=7 Slots=3 Rows=3 Steps=5 Cycles=12 Stalls=2 Packets=3 BusBits=40 Tag=8
// run: Rule=2 Classes=4 Slots=2 Rows=2 Steps=5 Cycles=10 Stalls=3 Bits=40 FieldBytes=8 BusBits=128
// run: Rule=3 Tag=32768 Stalls=0 Packets=4 Interval=10 Release=8 Frames=3
// run: Rule=3 Tag=32768 Stalls=1 Packets=1
// run: Rule=3 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=0 Logits=0 Packets=7 Interval=3 Frames=6
// run: Rule=3 Classes=10 Slots=10 Rows=1 Steps=1 Cycles=1 Stalls=3 Packets=12 Seed=2
// run: Rule=3 Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Stalls=0 Packets=7 Logits=0 Bits=13 Interval=3 Frames=4
// run: Rule=3 Classes=9 Slots=6 Rows=2 Steps=4 Cycles=7 Stalls=1 Packets=2 Bits=13 BusBits=48
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
  parameter Rule = 0;
  parameter ThresholdBits = (Rule == 3) ? 17 : Bits;
  parameter Tag = 0;
  parameter Shift = (Bits > 8) ? Bits - 8 : 0;
  parameter Interval = 0;  // cycles from start to start, if nothing is to hold them up
  parameter Stalls = 0;  // 0: none; else one beat in Stalls + 1 is taken, in bursts for 3
  parameter Seed = 1;

  localparam Total = 300;  // frames
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam Bytes = 4 + FieldBytes + ((Logits != 0) ? Classes * FieldBytes : 0);
  localparam Decided = (Rule == 3) ? 2 * Rows + 8 + 2 * Levels : Rows + 5 + Levels;
  localparam Beats = (8 * Bytes + BusBits - 1) / BusBits;

  reg                      aclk = 1'b0;
  reg                      aresetn = 1'b0;
  wire                     room_avail;
  reg                      room_take, frame;
  reg  [        Slots-1:0] we;
  reg  [Slots*RowBits-1:0] wrow;
  reg  [   Slots*Bits-1:0] wdata;
  reg                      wframe_end;
  reg  [ThresholdBits-1:0] threshold;
  wire                     decide, pass;
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
      .Release(Release),
      .Rule(Rule),
      .ThresholdBits(ThresholdBits),
      .Tag(Tag),
      .SoftmaxShift(Shift),
      .SoftmaxFile("hw/tb/softmax.mem"),
      .SoftmaxHash(32'hd9490134)
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
      .threshold_i(threshold),
      .decide_o(decide),
      .pass_o(pass),
      .m_axis_tdata(tdata),
      .m_axis_tkeep(tkeep),
      .m_axis_tvalid(tvalid),
      .m_axis_tready(tready),
      .m_axis_tlast(tlast),
      .m_axis_tuser(tuser)
  );

  reg [Bits-1:0] logits[0:Total*Classes-1];
  reg [8*Bytes-1:0] packet;  // expected
  reg [12:0] table_words[0:255];
  reg [ThresholdBits-1:0] thresholds[0:Total];
  reg want_pass[0:Total];
  integer start_at[0:Total];
  reg [BusBits+BusBits/8+1:0] before, now;
  reg was_stalled, deciding, skipping;
  reg signed [63:0] value, best, second, sum;
  integer seed, n, i, s, kind, issue, sent, at, wrote0, wrote1, f0, f1, byte, errors;
  integer first, next, class, burst;
  integer starts, decided, exits;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 8) $display("cycle %0d frame %0d beat %0d: rule %0d is broken", n, sent, at, what);
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

  // whether frame f passes, and a threshold of which it depends: what decides, one more, one less,
  // or any
  task rule(input integer f);
    begin
      sort(f);
      sum = 4096 - table_words[0];
      for (i = 0; i < Classes; i = i + 1) begin
        value = (best - $signed(logits[f*Classes+i])) / (64'sd1 << Shift);
        if (value < 256) sum = sum + table_words[value];
      end
      kind = {$random(seed)} % 4;
      value = (Rule == 1) ? best - second : (Rule == 2) ? best : 64'sd268435456 / sum;
      thresholds[f] = value + kind - 1;
      if (kind == 3) thresholds[f] = {$random(seed), $random(seed)};
      value = thresholds[f];
      if (Rule == 2) value = $signed(value << (64 - Bits)) >>> (64 - Bits);
      want_pass[f] = (Rule == 0) ? 0 : (Rule == 1) ? best - second < value :
          (Rule == 2) ? best < value : value * sum > 64'sd268435456;
    end
  endtask

  initial begin
    $readmemh("hw/tb/softmax.mem", table_words);
    seed = Seed;
    errors = 0;
    for (n = 0; n < Total; n = n + 1) begin
      kind = {$random(seed)} % 3;
      for (i = 0; i < Classes; i = i + 1)
        logits[n*Classes+i] = (kind == 0) ? {$random(seed), $random(seed)} :
            (kind == 1) ? ({$random(seed)} % 4) - 2 : 3;
      rule(n);
    end
    {starts, decided, exits} = 'b0;
    {room_take, frame, wframe_end, tready, was_stalled} = 'b0;
    we = 'b0;
    issue = -1;
    sent = 0;
    at = 0;
    wrote0 = -1;
    wrote1 = -1;
    f0 = 0;
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
      threshold = (decided < Total) ? thresholds[decided] : 'bx;
      tready = Stalls == 0 || ((Stalls == 3) ? burst > 0 : {$random(seed)} % (Stalls + 1) == 0);
      burst = (burst == -40) ? 40 : burst - 1;
      #1;
      if (room_avail && (issue < 0 || frame) && f0 < Total) room_take = 1'b1;
      #1;
      if (dut.start) start_at[starts] = n;
      if (dut.start) starts = starts + 1;
      // decisions
      deciding = decided < starts && n == start_at[decided] + Decided;
      check(decide === deciding, 3);
      if (deciding) check(pass === want_pass[decided], 10);
      // sink: one cycle for a packet that is not sent
      skipping = sent < decided && want_pass[sent];
      check(tvalid === (sent < decided && !skipping), 2);
      now = {tlast, tuser, tkeep, tdata};
      if (was_stalled) check(tvalid === 1'b1 && now === before, 1);
      was_stalled = tvalid && !tready;
      before = now;
      if (tvalid && tready) begin
        if (at == 0) begin
          sort(sent);
          packet[15:0] = Tag + class;
          packet[31:16] = 16'd0;
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
          exits = exits + 1;
        end
      end
      if (skipping) sent = sent + 1;
      wrote1 = wrote0;
      wrote0 = issue;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (deciding) decided = decided + 1;
      if (room_take) begin
        issue = f0 * Rows;
        f0 = f0 + 1;
      end else if (issue >= 0) issue = frame ? -1 : issue + 1;
    end
    check(sent == Total && decided == Total, 9);
    check((Rule == 0) ? exits == Total : exits > 20 && exits < Total - 20, 11);
    if (Interval != 0) check(start_at[Total-1] - start_at[99] == (Total - 100) * Interval, 12);
    if (Stalls == 0) $display("%0d cycles a frame", n / Total);
    $display("%0s: %0d frames, %0d answered, %0d errors", (errors == 0) ? "PASS" : "FAIL", sent, exits, errors);
    $finish;
  end

endmodule

`default_nettype wire
