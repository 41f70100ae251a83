// cf_sequencer between two cf_credit: cycle numbers, one release a frame, starts only on both
// permits, and no idle cycle between frames while permits are there.
// run: Cycles=1 Release=0 Greedy=1
// run: Cycles=2 Release=0 Greedy=1
// run: Cycles=5 Release=3 Greedy=1
// run: Cycles=1 Release=0
// run: Cycles=3 Release=2
// run: Cycles=7 Release=0
`default_nettype none

module tb_sequencer;
  parameter Cycles = 5;
  parameter Release = 3;
  parameter Greedy = 0;  // permits as fast as they may come
  parameter Seed = 1;

  localparam CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  reg give_frame = 1'b0;
  reg give_room = 1'b0;
  wire frame_avail, room_avail, start, run, last, release_room;
  wire [CycleBits-1:0] cycle;

  cf_credit #(
      .Max(3),
      .Initial(0)
  ) i_full (
      .clk_i(clk),
      .rst_ni(rst_n),
      .give_i(give_frame),
      .take_i(start),
      .avail_o(frame_avail)
  );

  cf_credit #(
      .Max(3),
      .Initial(3)
  ) i_room (
      .clk_i(clk),
      .rst_ni(rst_n),
      .give_i(give_room),
      .take_i(start),
      .avail_o(room_avail)
  );

  cf_sequencer #(
      .Cycles(Cycles),
      .Release(Release)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .frame_avail_i(frame_avail),
      .room_avail_i(room_avail),
      .start_o(start),
      .run_o(run),
      .cycle_o(cycle),
      .last_o(last),
      .release_o(release_room)
  );

  integer seed, n, frames, rooms, starts, errors, expected, busy;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d: rule %0d is broken", n, what);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    frames = 0;
    rooms = 3;
    starts = 0;
    expected = -1;
    busy = 0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (n = 0; n < 3000; n = n + 1) begin
      // counted here, not by the module: how many permits there are
      give_frame = frames < 3 && (Greedy != 0 || {$random(seed)} % 4 == 0);
      give_room = rooms < 3 && (Greedy != 0 || {$random(seed)} % 4 == 0);
      #1;
      check(frame_avail === (frames > 0) && room_avail === (rooms > 0), 1);
      check(run === (expected >= 0), 2);
      if (expected >= 0) check(cycle === expected, 3);
      check(last === (expected == Cycles - 1), 4);
      check(release_room === (expected == Release), 5);
      check(start === (frames > 0 && rooms > 0 && (expected < 0 || expected == Cycles - 1)), 6);
      frames = frames + give_frame - start;
      rooms = rooms + give_room - start;
      starts = starts + start;
      busy = busy + run;
      if (start) expected = 0;
      else if (expected >= 0) expected = (expected == Cycles - 1) ? -1 : expected + 1;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (Greedy != 0) check(busy >= 2990, 7);
    check(starts > 100, 8);
    $display("%0s: %0d frames, %0d busy cycles of %0d, %0d errors", (errors == 0) ? "PASS" : "FAIL",
             starts, busy, n, errors);
    $finish;
  end

endmodule

`default_nettype wire
