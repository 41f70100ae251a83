// Starts a junction on a frame and counts its cycles.
//
// Does:      starts when a frame is there to read and room is there to write, counts 0 to
//            Cycles-1 without a pause, and starts the next frame in the very next cycle if it may.
//            `release_o` tells the producer early that the frame's memory is free again, so early
//            that the first new word may come in the cycle of the last read (see cf_ram).
// Does not:  stall in the middle of a frame: that is why it waits for both permits first.
// Latency:   1 cycle from `start_o` to `run_o` with `cycle_o` = 0.
// Limits:    1 <= Cycles, 0 <= Release < Cycles.
`default_nettype none

module cf_sequencer #(
    parameter Cycles = 1,
    parameter Release = 0,
    // derived, not to be set
    parameter CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    input  wire                 frame_avail_i,
    input  wire                 room_avail_i,
    output wire                 start_o,
    output wire                 run_o,
    output wire [CycleBits-1:0] cycle_o,
    output wire                 last_o,
    output wire                 release_o
);

  generate
    if (Cycles < 1 || Release < 0 || Release >= Cycles) begin : g_illegal
      cf_sequencer_needs_Release_below_Cycles stop ();  // no such module
    end
  endgenerate

  localparam LastInt = Cycles - 1;
  localparam [CycleBits-1:0] Last = LastInt[CycleBits-1:0];
  localparam [CycleBits-1:0] ReleaseAt = Release[CycleBits-1:0];

  reg                 run_q;
  reg [CycleBits-1:0] cycle_q;

  assign run_o     = run_q;
  assign cycle_o   = cycle_q;
  assign last_o    = run_q && cycle_q == Last;
  assign release_o = run_q && cycle_q == ReleaseAt;
  assign start_o   = frame_avail_i && room_avail_i && (!run_q || last_o);

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q   <= 1'b0;
      cycle_q <= {CycleBits{1'b0}};
    end else begin
      run_q   <= start_o || (run_q && !last_o);
      cycle_q <= (!run_q || last_o) ? {CycleBits{1'b0}} : cycle_q + 1'b1;
    end
  end

`ifdef FORMAL
  reg                 f_reset_q = 1'b0;
  reg                 f_start_q;
  reg                 f_go_on_q;  // in a frame, and not in its last cycle
  reg [CycleBits-1:0] f_cycle_q;
  always @(posedge clk_i) begin
    if (!rst_ni) f_reset_q <= 1'b1;
    f_start_q <= rst_ni && start_o;
    f_go_on_q <= rst_ni && run_o && !last_o;
    f_cycle_q <= cycle_o;
    if (f_reset_q) begin
      // a start runs cycle 0 next; a frame runs all of its cycles in order; nothing else runs
      assert (run_o == (f_start_q || f_go_on_q));
      assert (!(f_start_q && f_go_on_q));
      if (f_start_q) assert (cycle_o == {CycleBits{1'b0}});
      if (f_go_on_q) assert (cycle_o == f_cycle_q + 1'b1);
      assert (cycle_o <= Last);
      assert (last_o == (run_o && cycle_o == Last));
      assert (release_o == (run_o && cycle_o == ReleaseAt));
      // both permits, and no idle cycle while both are there
      assert (!start_o || (frame_avail_i && room_avail_i));
      if (frame_avail_i && room_avail_i && (!run_o || last_o)) assert (start_o);
    end
  end
`endif

endmodule

`default_nettype wire
