// cf_split (with all of its parts) against a packer that knows nothing but the bytes of a packet.
// Frames are written as a junction does it, with idle cycles (Idle), handed over as tightly as
// Release allows, decided at random when gated; the sink stalls (Stalls). Frames have no zeros,
// nothing else, a random share, or just as many that one code more or less changes the packing.
// A reset of one cycle in the middle starts all over.
// run: Gated=0 Release=6
// run: Gated=1 Idle=1 Stalls=1
// run: Gated=1 Frames=5 Idle=0 Stalls=3 Seed=2
// run: Neurons=1 Bits=1 Slots=1 Rows=1 Steps=1 Cycles=1 Group=1
// run: Neurons=1 Bits=6 Slots=1 Rows=1 Steps=1 Cycles=1 Group=1 BusBits=8 Gated=1 Idle=1
// run: Neurons=1 Bits=16 Slots=1 Rows=1 Steps=1 Cycles=1 Group=1 BusBits=128 FifoBeats=2 Stalls=2
// run: Neurons=7 Bits=6 Slots=3 Rows=3 Steps=5 Cycles=12 Group=2 BusBits=24 Stalls=1 FifoBeats=9
// run: Neurons=7 Bits=6 Slots=3 Rows=3 Steps=5 Cycles=12 Group=3 Gated=1 Frames=3 Idle=2 Stalls=2
// run: Neurons=7 Bits=16 Slots=4 Rows=2 Steps=1 Cycles=2 Group=1 BusBits=8 FifoBeats=30 Release=4
// run: Neurons=7 Bits=16 Slots=4 Rows=2 Steps=1 Cycles=2 Group=1 BusBits=16 FifoBeats=12 Gated=1
// run: Neurons=40 Bits=1 Slots=4 Rows=10 Steps=5 Cycles=50 Group=4 BusBits=8 FifoBeats=40
// run: Neurons=40 Bits=6 Slots=40 Rows=1 Steps=1 Cycles=1 Group=40 BusBits=512 FifoBeats=2 Total=60
// run: Neurons=40 Bits=6 Slots=40 Rows=1 Steps=1 Cycles=1 Group=40 BusBits=512 Gated=1 Frames=2 Total=60
// run: Neurons=40 Bits=6 Slots=40 Rows=1 Steps=1 Cycles=1 Group=9 Gated=1 Frames=4 Stalls=2 Total=60
// run: Neurons=40 Bits=6 Slots=40 Rows=1 Steps=1 Cycles=1 Group=1 BusBits=24 Release=36 Stalls=1 Total=60
// run: Neurons=41 Bits=6 Slots=4 Rows=11 Steps=5 Cycles=55 Group=4 BusBits=128 Release=7 Stalls=3
// run: Neurons=41 Bits=16 Slots=10 Rows=5 Steps=2 Cycles=9 Group=3 BusBits=64 FifoBeats=24 Gated=1
// run: Neurons=41 Bits=16 Slots=10 Rows=5 Steps=2 Cycles=9 Group=10 BusBits=1024 Idle=3
// run: Neurons=41 Bits=2 Slots=6 Rows=9 Steps=4 Cycles=33 Group=5 BusBits=40 Gated=1 Idle=1 Frames=7
// run: Neurons=40 Bits=7 Slots=4 Rows=10 Steps=5 Cycles=50 Group=4 FifoBeats=6 Stalls=2
`default_nettype none

module tb_split;
  parameter BusBits = 64;
  parameter Neurons = 40;
  parameter Bits = 6;
  parameter Slots = 4;
  parameter Rows = 10;
  parameter Steps = 5;
  parameter Cycles = 50;
  parameter Frames = 2;
  parameter Gated = 0;
  parameter Release = 0;
  parameter Group = 4;
  parameter FifoBeats = 16;
  parameter Idle = 0;  // a row or a decision is late with probability Idle / (Idle + 1)
  parameter Stalls = 0;  // 0: none; else one beat in Stalls + 1 is taken, in bursts for 3
  parameter Seed = 1;

  parameter Total = 200;  // frames
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam Groups = (Slots + Group - 1) / Group;
  localparam Work = Rows * Groups;
  localparam WordBits = ((32 + Group * (Bits + 1)) / BusBits + 1) * BusBits;
  localparam Wait = (Slots > 2) ? $clog2(Slots) - 1 : 0;
  localparam Join = (Group > 1) ? $clog2(Group) : 0;
  localparam Most = 32 + Neurons * Bits;  // bits of the largest packet
  localparam Beats = (Most + BusBits - 1) / BusBits;

  reg                      aclk = 1'b0;
  reg                      aresetn = 1'b0;
  wire                     room_avail;
  reg                      room_take, frame, decide, pass;
  reg  [        Slots-1:0] we;
  reg  [Slots*RowBits-1:0] wrow;
  reg  [   Slots*Bits-1:0] wdata;
  reg                      wframe_end;
  wire [      BusBits-1:0] tdata;
  wire [    BusBits/8-1:0] tkeep;
  wire                     tvalid, tlast, tuser;
  reg                      tready;

  cf_split #(
      .BusBits(BusBits),
      .Neurons(Neurons),
      .Bits(Bits),
      .Slots(Slots),
      .Rows(Rows),
      .Steps(Steps),
      .Cycles(Cycles),
      .Frames(Frames),
      .Gated(Gated),
      .Release(Release),
      .Group(Group),
      .FifoBeats(FifoBeats)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .room_avail_o(room_avail),
      .room_take_i(room_take),
      .frame_i(frame),
      .decide_i(decide),
      .pass_i(pass),
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

  reg [Bits-1:0] code[0:Total*Neurons-1];
  reg passes[0:Total-1];
  reg [Most+BusBits-1:0] packet;  // expected
  reg [BusBits+BusBits/8+1:0] before, now;
  reg was_stalled, stepped, packing;
  reg [Bits-1:0] c;
  integer seed, n, i, r, s, kind, share, count, issue, wrote0, wrote1, f0, f1, byte, errors, life;
  integer written, decided, sent, at, size, first, next, burst, started, since, shortest;
  integer groups, raws, quiet, shrink;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 8)
        $display("cycle %0d packet %0d beat %0d: rule %0d is broken", n, sent, at, what);
      errors = errors + 1;
    end
  endtask

  // all codes of frame f: how many are not zero, from kind
  task draw(input integer f);
    begin
      kind = {$random(seed)} % 4;
      share = {$random(seed)} % 101;
      count = (Neurons * (Bits - 1) + Bits - 1) / Bits - 1 + {$random(seed)} % 2;
      for (i = 0; i < Neurons; i = i + 1) begin
        c = $random(seed);
        if (c == 0) c = 1;
        case (kind)
          0: c = ({$random(seed)} % 2 == 0) ? c : 0;
          1: if (share < 30) c = 0;
          2: if ({$random(seed)} % 100 < share) c = 0;
          // `count` of them, spread by selection sampling
          default: begin
            if ({$random(seed)} % (Neurons - i) < count) count = count - 1;
            else c = 0;
          end
        endcase
        code[f*Neurons+i] = c;
      end
    end
  endtask

  // the packet of frame f, its size in bits, and the groups until it fills a word or ends
  task pack(input integer f);
    begin
      count = 0;
      for (i = 0; i < Neurons; i = i + 1) count = count + (code[f*Neurons+i] != 0);
      packing = Neurons + count * Bits < Neurons * Bits;
      packet = 'b0;
      packet[0] = packing;
      size = 32;
      groups = 0;
      for (r = 0; r < Rows; r = r + 1)
        for (s = 0; s < Slots; s = s + 1) begin
          if (s % Group == 0 && size < WordBits) groups = groups + 1;
          first = (s * Cycles + Steps - 1) / Steps;
          next = ((s + 1) * Cycles + Steps - 1) / Steps;
          i = first + r;
          if (i < next && i < Neurons) begin
            c = code[f*Neurons+i];
            if (packing) begin
              packet[size] = c != 0;
              size = size + 1;
            end
            if (!packing || c != 0)
              for (byte = 0; byte < Bits; byte = byte + 1) begin
                packet[size] = c[byte];
                size = size + 1;
              end
          end
        end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    raws = 0;
    shrink = 0;
    shortest = 1 << 20;
    for (n = 0; n < Total; n = n + 1) begin
      draw(n);
      passes[n] = Gated == 0 || {$random(seed)} % 3 != 0;
    end
    wrow = 'b0;
    wdata = 'b0;
    // the first life ends with a reset amid its frames
    for (life = 0; life < 2; life = life + 1) begin
      {room_take, frame, decide, pass, wframe_end, tready, was_stalled} = 'b0;
      we = 'b0;
      issue = -1;
      wrote0 = -1;
      wrote1 = -1;
      f0 = 0;
      written = 0;
      decided = 0;
      sent = 0;
      at = 0;
      burst = 0;
      started = -1;
      since = -1;
      quiet = 0;
      aresetn = 1'b0;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      aresetn = 1'b1;
      for (n = 0; quiet < 60 && n < ((life == 0) ? 500 + Seed : 100000); n = n + 1) begin
        while (sent < Total && !passes[sent]) sent = sent + 1;
        if (sent == Total && decided * Gated == Total * Gated) quiet = quiet + 1;
        // writer: a row is issued in one cycle and written two later
        we = 'b0;
        wframe_end = 1'b0;
        stepped = issue >= 0 && {$random(seed)} % (Idle + 1) == 0;
        if (wrote1 >= 0) begin
          f1 = wrote1 / Rows;
          for (s = 0; s < Slots; s = s + 1) begin
            first = (s * Cycles + Steps - 1) / Steps;
            next = ((s + 1) * Cycles + Steps - 1) / Steps;
            i = first + wrote1 % Rows;
            wrow[s*RowBits+:RowBits] = wrote1 % Rows;
            we[s] = 1'b1;  // junk where there is no neuron
            wdata[s*Bits+:Bits] = $random(seed);
            if (i < next && i < Neurons) wdata[s*Bits+:Bits] = code[f1*Neurons+i];
          end
          wframe_end = wrote1 % Rows == Rows - 1;
          if (wframe_end) written = written + 1;
        end
        frame = stepped && issue % Rows == Rows - 1;
        decide = Gated != 0 && decided < written && {$random(seed)} % (2 * Idle + 1) == 0;
        pass = decide ? passes[decided] : $random(seed);
        if (decide) decided = decided + 1;
        room_take = 1'b0;
        tready = Stalls == 0 || ((Stalls == 3) ? burst > 0 : {$random(seed)} % (Stalls + 1) == 0);
        burst = (burst == -40) ? 40 : burst - 1;
        #1;
        if (room_avail && (issue < 0 || frame) && f0 < Total) room_take = 1'b1;
        #1;
        if (dut.start) begin
          if (since >= 0) begin
            check(n - since >= Work, 1);
            if (n - since < shortest) shortest = n - since;
          end
          since = n;
          if (started == -1) started = n;
        end
        // sink
        now = {tlast, tuser, tkeep, tdata};
        if (was_stalled) check(tvalid === 1'b1 && now === before, 2);
        was_stalled = tvalid && !tready;
        before = now;
        check(tvalid === 1'b0 || tvalid === 1'b1, 3);
        if (tvalid) check(sent < Total && started != -1, 4);
        if (tvalid && started >= 0) begin  // a life's first beat
          pack(sent);
          check(n - started == 8 + Wait + Join + groups, 9);
          started = -2;
        end
        if (tvalid && tready && sent < Total) begin
          if (at == 0) begin
            pack(sent);
            if (packing) shrink = shrink + 1;
            else raws = raws + 1;
          end
          check(tuser === 1'b0, 5);
          check(tlast === (size <= (at + 1) * BusBits), 6);
          for (byte = 0; byte < BusBits / 8; byte = byte + 1) begin
            i = at * BusBits + 8 * byte;
            check(tkeep[byte] === (i < size), 7);
            check(tdata[8*byte+:8] === ((i < size) ? packet[i+:8] : 8'h00), 8);
          end
          at = at + 1;
          if (tlast) begin
            at = 0;
            sent = sent + 1;
          end
        end
        wrote1 = wrote0;
        wrote0 = stepped ? issue : -1;
        #1 aclk = 1'b1;
        #1 aclk = 1'b0;
        if (room_take) begin
          issue = f0 * Rows;
          f0 = f0 + 1;
        end else if (frame) issue = -1;
        else if (stepped) issue = issue + 1;
      end
    end
    check(sent == Total && f0 == Total && at == 0, 10);
    // both packings, and frames without a gap between them, where that can be
    check(raws > 0 && (Bits == 1 || shrink > 0), 11);
    if (Stalls == 0 && Idle == 0 && Work >= Beats && FifoBeats >= 3 * Beats + WordBits / BusBits)
      check(shortest == Work, 12);
    $display("%0s: %0d raw and %0d short packets, %0d cycles from start to start, %0d errors",
             (errors == 0) ? "PASS" : "FAIL", raws, shrink, shortest, errors);
    $finish;
  end

endmodule

`default_nettype wire
