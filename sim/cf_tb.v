// Self-checking testbench in plain Verilog-2005 for any simulator: plays sim/vectors/in.hex into the
// design, compares every beat that comes out with sim/vectors/out.hex, prints PASS or FAIL.
//
// Run it in the package's folder, so that rom/ and sim/vectors/ are found. The design's name comes
// as the macro CF_TOP; CF_CONTROL says that it has registers (s_axil_*); the parameters are in sim/config.mk.
//   in.hex   one beat a line: <tlast>_<tdata>
//   out.hex  one beat a line: <2*tuser+tlast>_<tkeep, padded to whole bytes>_<tdata>
//   +stalls=1   random stalls on both sides      +seed=N   which ones
//
// Checks in every cycle: frame_error_o follows the end of a frame of wrong length and nothing else,
// dropped_frames_o counts these, and a beat on m_axis stays as it is until it is taken (of which
// there is something to see with +stalls=1 only).
// At the end it cuts one frame off by a reset and plays the first frame again: its packet must be
// the first packet. One such reset, with no frame inside; `clashfree verify --faults` does others.
`default_nettype none
module cf_tb;
  parameter BusBits    = 64;
  parameter FrameBeats = 1;       // of a right frame
  parameter Frames     = 1;       // in in.hex
  parameter Dropped    = 0;       // those of another length
  parameter InBeats    = 1;
  parameter OutBeats   = 1;
  parameter Watchdog   = 100000;  // cycles without a handshake that count as a hang
  parameter Tail       = 200;     // cycles to wait for beats that should not come

  localparam KeepBits    = BusBits / 8;
  localparam KeepField   = 8 * ((KeepBits + 7) / 8);  // tkeep in out.hex
  localparam OutBits     = 4 + KeepField + BusBits;
  localparam PacketBeats = OutBeats / (Frames - Dropped);
  localparam CutBeats    = FrameBeats > 1 ? FrameBeats - 1 : 1;
  localparam Shown       = 5;                         // mismatches that are told

  reg  [BusBits+3:0]          stimulus[0:InBeats-1];
  reg  [OutBits-1:0]          expected[0:OutBeats-1];
  reg  [OutBits-1:0]          want;
  reg                         aclk, aresetn, in_valid, out_ready, stalls, differs;
  reg                         all;   // in.hex is played, not yet what follows it
  reg                         cut;   // tlast is left out
  reg                         flag;  // a frame of wrong length ended in the last cycle
  reg                         off;   // dropped_frames_o is wrong, which was told
  reg                         held;  // a beat waits on m_axis since the last cycle: `waiting`
  reg  [BusBits+KeepBits+2:0] waiting;
  reg  [BusBits+3:0]          in_beat;
  wire                        in_ready, out_valid, out_last, out_user, frame_error;
  wire [BusBits-1:0]          out_data;
  wire [KeepBits-1:0]         out_keep;
  wire [31:0]                 dropped;
  wire [BusBits+KeepBits+2:0] out_beat = {out_valid, out_user, out_last, out_keep, out_data};
  // Since the last reset: beats that went in and came out, and how many should.
  integer                     in_count, in_end, out_count, out_end, length, drops;
  integer                     frames, packets, errors, quiet, tail, cycles, seed, i;

  `CF_TOP dut (
      .aclk            (aclk),
      .aresetn         (aresetn),
`ifdef CF_CONTROL
      // registers, which nobody uses here
      .s_axil_awaddr   (12'd0),
      .s_axil_awprot   (3'd0),
      .s_axil_awvalid  (1'b0),
      .s_axil_awready  (),
      .s_axil_wdata    (32'd0),
      .s_axil_wstrb    (4'd0),
      .s_axil_wvalid   (1'b0),
      .s_axil_wready   (),
      .s_axil_bresp    (),
      .s_axil_bvalid   (),
      .s_axil_bready   (1'b1),
      .s_axil_araddr   (12'd0),
      .s_axil_arprot   (3'd0),
      .s_axil_arvalid  (1'b0),
      .s_axil_arready  (),
      .s_axil_rdata    (),
      .s_axil_rresp    (),
      .s_axil_rvalid   (),
      .s_axil_rready   (1'b1),
`endif
      .s_axis_tdata    (in_beat[BusBits-1:0]),
      .s_axis_tvalid   (in_valid),
      .s_axis_tready   (in_ready),
      .s_axis_tlast    (in_beat[BusBits]),
      .m_axis_tdata    (out_data),
      .m_axis_tkeep    (out_keep),
      .m_axis_tvalid   (out_valid),
      .m_axis_tready   (out_ready),
      .m_axis_tlast    (out_last),
      .m_axis_tuser    (out_user),
      .frame_error_o   (frame_error),
      .dropped_frames_o(dropped)
  );

  task reset;
    begin
      @(negedge aclk) #1 aresetn = 0;
      {in_count, in_end, out_count, out_end, length, drops, quiet, tail} = 0;
      {in_valid, out_ready, cut, flag, off, held} = 0;
      repeat (4) @(negedge aclk);
      if (out_valid !== 1'b0) begin
        errors = errors + 1;
        $display("m_axis_tvalid is %b at the end of a reset", out_valid);
      end
      #1 aresetn = 1;
    end
  endtask

  // Waits until everything came that should, and a little longer.
  task settle(input integer must_drop);
    begin
      wait (tail > Tail);
      if (out_count != out_end || drops != must_drop) begin
        errors = errors + 1;
        $display("%0d beats came, %0d were expected; %0d of the frames were wrong, %0d were expected",
                 out_count, out_end, drops, must_drop);
      end
    end
  endtask

  task finish(input integer hung);
    begin
      if (hung) $display("no handshake for %0d cycles: %0d of %0d beats in, %0d of %0d out", quiet,
                         in_count, in_end, out_count, out_end);
      if (hung || errors != 0)
        $display("FAIL: %0d frames in, %0d packets, %0d mismatches, %0d cycles", frames, packets,
                 errors, cycles);
      else begin
        $display("a reset in mid-frame, and the first packet again: right");
        $write("PASS: %0d frames in, %0d dropped as they should be, ", frames, Dropped);
        $display("%0d packets, %0d mismatches, %0d cycles", packets, errors, cycles);
      end
      $finish;
    end
  endtask

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    if (!$value$plusargs("stalls=%d", i)) i = 0;
    stalls = i != 0;
    $readmemh("sim/vectors/in.hex", stimulus);
    $readmemh("sim/vectors/out.hex", expected);
    {frames, packets, errors, cycles} = 0;
    {aclk, aresetn, in_valid, all} = 0;
    in_beat = 0;
    reset;
    all     = 1;
    in_end  = InBeats;
    out_end = OutBeats;
    settle(Dropped);
    // The first beats of a frame, and a reset.
    all    = 0;
    cut    = 1;
    in_end = InBeats + CutBeats;
    wait (in_count == in_end);
    reset;
    in_end  = FrameBeats;
    out_end = PacketBeats;
    settle(0);
    finish(0);
  end
  always #5 aclk = !aclk;

  // Inputs change at the falling edge. A beat that is offered stays until it is taken.
  always @(negedge aclk)
    if (aresetn) begin
      if (!in_valid && in_count < in_end && !(stalls && ($random(seed) & 1))) begin
        in_valid = 1;
        in_beat  = stimulus[in_count%InBeats];
        if (cut) in_beat[BusBits+:4] = 0;
      end
      out_ready = !(stalls && ($random(seed) & 1));
    end

  // Just before the rising edge nothing moves any more.
  always @(negedge aclk) begin
    #4;
    if (aresetn) begin
      cycles = cycles + 1;
      quiet  = quiet + 1;
      if (frame_error !== flag || (dropped !== drops && !off)) begin
        errors = errors + 1;
        if (errors <= Shown)
          $display("cycle %0d: expected frame_error_o, dropped_frames_o %b %0d, found %b %0d", cycles,
                   flag, drops, frame_error, dropped);
      end
      off  = dropped !== drops;
      flag = 0;
      if (in_valid && in_ready) begin
        quiet    = 0;
        in_count = in_count + 1;
        length   = length + 1;
        if (in_beat[BusBits]) begin
          flag   = length != FrameBeats;
          drops  = drops + flag;
          length = 0;
          if (all) frames = frames + 1;
        end
      end
      if (held && out_beat !== waiting) begin
        errors = errors + 1;
        if (errors <= Shown)
          $display("beat %0d changed while it waited: valid,user,last,keep,data %b %b %b %h %h",
                   out_count, out_valid, out_user, out_last, out_keep, out_data);
      end
      held    = out_valid !== 1'b0 && !out_ready;
      waiting = out_beat;
      if (out_valid !== 1'b0 && out_ready) begin
        quiet = 0;
        if (out_count < out_end) begin
          want = expected[out_count];
          differs = {out_valid, out_user, out_last} !== {1'b1, want[OutBits-3-:2]}
              || out_keep !== want[BusBits+:KeepBits];
          for (i = 0; i < KeepBits; i = i + 1)
            if (want[BusBits+i] && out_data[8*i+:8] !== want[8*i+:8]) differs = 1;
          if (differs) begin
            errors = errors + 1;
            if (errors <= Shown)
              $display("beat %0d: expected user,last,keep,data %b %b %h %h, found %b %b %h %h",
                       out_count, want[OutBits-3], want[OutBits-4], want[BusBits+:KeepBits],
                       want[BusBits-1:0], out_user, out_last, out_keep, out_data);
          end
        end
        out_count = out_count + 1;
        if (out_last && all) packets = packets + 1;
      end
      if (in_count == in_end && out_count >= out_end) tail = tail + 1;
      else if (quiet > Watchdog) finish(1);
    end
  end

  // A beat that was taken is no longer offered.
  always @(posedge aclk) if (aresetn && in_valid && in_ready) in_valid <= #1 0;
endmodule
`default_nettype wire
