// Self-checking testbench in plain Verilog-2005 for any simulator: plays sim/vectors/in.hex into the
// design, compares every beat that comes out with sim/vectors/out.hex, prints PASS or FAIL.
//
// Run it in the package's folder, so that rom/ and sim/vectors/ are found. The design's name comes
// as the macro CF_TOP; the parameters are in sim/config.mk.
//   in.hex   one beat a line: <tlast>_<tdata>
//   out.hex  one beat a line: <2*tuser+tlast>_<tkeep, padded to whole bytes>_<tdata>
//   +stalls=1   random stalls on both sides      +seed=N   which ones
// It does not reset in mid-frame and does not measure: the Verilator driver does.
`default_nettype none
module cf_tb;
  parameter BusBits  = 64;
  parameter InBeats  = 1;
  parameter OutBeats = 1;
  parameter Watchdog = 100000;  // cycles without a handshake that count as a hang
  parameter Tail     = 200;     // cycles to wait for beats that should not come

  localparam KeepBits  = BusBits / 8;
  localparam KeepField = 8 * ((KeepBits + 7) / 8);  // tkeep in out.hex
  localparam OutBits   = 4 + KeepField + BusBits;

  reg  [BusBits+3:0]  stimulus[0:InBeats-1];
  reg  [OutBits-1:0]  expected[0:OutBeats-1];
  reg  [OutBits-1:0]  want;
  reg                 aclk, aresetn, in_valid, out_ready, stalls, differs;
  reg  [BusBits+3:0]  in_beat;
  wire                in_ready, out_valid, out_last, out_user, frame_error;
  wire [BusBits-1:0]  out_data;
  wire [KeepBits-1:0] out_keep;
  wire [31:0]         dropped;
  integer             in_count, out_count, errors, quiet, tail, cycles, seed, i;

  `CF_TOP dut (
      .aclk            (aclk),
      .aresetn         (aresetn),
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

  task finish(input integer hung);
    begin
      if (hung) $display("no handshake for %0d cycles", quiet);
      if (out_count != OutBeats) $display("%0d beats came, %0d were expected", out_count, OutBeats);
      if (hung || errors != 0 || out_count != OutBeats) $write("FAIL");
      else $write("PASS");
      $display(": %0d beats in, %0d beats out, %0d mismatches, %0d cycles", in_count, out_count,
               errors, cycles);
      $finish;
    end
  endtask

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    if (!$value$plusargs("stalls=%d", i)) i = 0;
    stalls = i != 0;
    $readmemh("sim/vectors/in.hex", stimulus);
    $readmemh("sim/vectors/out.hex", expected);
    {in_count, out_count, errors, quiet, tail, cycles} = 0;
    {aclk, aresetn, in_valid, out_ready} = 0;
    in_beat = 0;
    repeat (4) @(negedge aclk);
    aresetn = 1;
  end
  always #5 aclk = !aclk;

  // Inputs change at the falling edge. A beat that is offered stays until it is taken.
  always @(negedge aclk)
    if (aresetn) begin
      if (!in_valid && in_count < InBeats && !(stalls && ($random(seed) & 1))) begin
        in_valid = 1;
        in_beat  = stimulus[in_count];
      end
      out_ready = !(stalls && ($random(seed) & 1));
    end

  // Handshakes are looked at just before the rising edge.
  always @(negedge aclk)
    if (aresetn) begin
      #4;
      cycles = cycles + 1;
      quiet  = quiet + 1;
      if (in_valid && in_ready) begin
        quiet    = 0;
        in_count = in_count + 1;
      end
      if (out_valid !== 1'b0 && out_ready) begin
        quiet = 0;
        if (out_count < OutBeats) begin
          want = expected[out_count];
          differs = {out_valid, out_user, out_last} !== {1'b1, want[OutBits-3-:2]}
              || out_keep !== want[BusBits+:KeepBits];
          for (i = 0; i < KeepBits; i = i + 1)
            if (want[BusBits+i] && out_data[8*i+:8] !== want[8*i+:8]) differs = 1;
          if (differs) begin
            errors = errors + 1;
            if (errors <= 5)
              $display("beat %0d: expected user,last,keep,data %b %b %h %h, found %b %b %h %h",
                       out_count, want[OutBits-3], want[OutBits-4], want[BusBits+:KeepBits],
                       want[BusBits-1:0], out_user, out_last, out_keep, out_data);
          end
        end
        out_count = out_count + 1;
      end
      if (in_count == InBeats && out_count >= OutBeats) tail = tail + 1;
      else if (quiet > Watchdog) finish(1);
      if (tail > Tail) finish(0);
    end

  // A beat that was taken is no longer offered.
  always @(posedge aclk) if (aresetn && in_valid && in_ready) in_valid <= #1 0;
endmodule
`default_nettype wire
