// cf_places between a writer, a gate and a reader, which take as long as they like: in spells the
// gate decides nothing until no place is free, then as fast as it can, or the reader is slow.
// Compared with lists of frames in every cycle: which place may be written, which is read, when
// permits come. In the end everything is decided and read, and all places are written once more.
//
// A place must be free when its first word is written and stay its frame's until the frame exits or
// has been read; with Gated=1 `frame_o` and `room_o` come in exactly the cycle in which the oldest
// decision can be carried out, so nothing but the writer ever waits for a place.
// run: Frames=2 Gated=0
// run: Frames=5 Gated=0
// run: Frames=2
// run: Frames=3
// run: Frames=3 Passing=100
// run: Frames=3 Passing=0
// run: Frames=4 Service=1
// run: Frames=5 Passing=30 Service=9
// run: Frames=8 Passing=80 Service=3
// run: Frames=13 Passing=20 Service=20 Write=1
`default_nettype none

module tb_places;
  parameter Frames = 3;
  parameter Gated = 1;
  parameter Passing = 50;  // frames of 100 that pass
  parameter Service = 4;  // cycles that a frame is read, at most
  parameter Write = 3;  // cycles that a frame is written, at most
  parameter Seed = 1;

  localparam Total = 3000;  // frames
  localparam FrameBits = $clog2(Frames);
  localparam Free = 0, Writing = 1, Waiting = 2, Reading = 3;

  reg                  clk = 1'b0;
  reg                  rst_n = 1'b0;
  reg                  wframe_end = 1'b0;
  reg                  rframe_end = 1'b0;
  reg                  decide = 1'b0;
  reg                  pass = 1'b0;
  wire [FrameBits-1:0] wplace;
  wire [FrameBits-1:0] rplace;
  wire                 frame;
  wire                 room;

  cf_places #(
      .Frames(Frames),
      .Gated (Gated)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .wframe_end_i(wframe_end),
      .decide_i(decide),
      .pass_i(pass),
      .rframe_end_i(rframe_end),
      .wplace_o(wplace),
      .rplace_o(rplace),
      .frame_o(frame),
      .room_o(room)
  );

  integer state[0:Frames-1];
  integer place_of[0:Total-1];
  integer passed[0:Total-1];  // frame numbers in the order of reading
  reg     passes[0:Total-1];
  integer written, decided, done, runs, started, read, rooms;  // frames so far, rooms now
  integer wleft, rleft;  // cycles that the frame in hand takes yet
  integer seed, n, i, spell, exits, held_up, full, same, may_write, errors;
  reg want_frame, want_exit, beginning;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 8)
        $display("cycle %0d, written %0d, done %0d, read %0d: rule %0d is broken", n, written, done,
                 read, what);
      errors = errors + 1;
    end
  endtask

  // one cycle; `spell` bit 0: the gate holds back; bit 1: the reader is slow
  task step;
    begin
      // writer
      beginning = 1'b0;
      if (wleft == 0 && rooms > 0 && written < may_write && {$random(seed)} % 8 != 0) begin
        rooms = rooms - 1;
        wleft = 1 + {$random(seed)} % Write;
        beginning = 1'b1;
      end
      wframe_end = wleft == 1;
      // gate: a frame may be decided in the cycle of its last write
      decide = decided < written + wframe_end && decided < Total - Frames && (
          spell[0] ? decide || (rooms == 0 && wleft == 0) : {$random(seed)} % 4 != 0);
      pass = decide ? passes[decided] : $random(seed);
      // reader
      if (rleft == 0 && started < runs && !(spell[1] && {$random(seed)} % 16 != 0)) begin
        rleft = 1 + {$random(seed)} % Service;
        started = started + 1;
      end
      rframe_end = rleft == 1;
      #1;
      if (wleft > 0) begin
        check(wplace < Frames, 1);
        if (beginning) begin
          check(state[wplace] == Free, 2);
          place_of[written] = wplace;
          state[wplace] = Writing;
        end
        check(wplace === place_of[written], 3);
      end
      if (rleft > 0) begin
        check(rplace === place_of[passed[read]], 4);
        check(state[rplace] == Reading, 5);
      end
      // the oldest decision of an earlier cycle
      want_frame = Gated != 0 && done < decided && passes[done];
      want_exit  = Gated != 0 && done < decided && !passes[done];
      if (want_exit && rframe_end) begin
        want_exit = 1'b0;
        held_up = held_up + 1;
      end
      check(frame === want_frame, 6);
      check(room === (Gated != 0 && (want_exit || rframe_end)), 7);
      full = full + (rooms == 0 && wleft == 0);
      same = same + (decide && decided == written);
      // what counts from the next cycle on
      if (want_frame || want_exit) begin
        state[place_of[done]] = want_frame ? Reading : Free;
        done = done + 1;
      end
      if (want_exit) exits = exits + 1;
      if (Gated == 0 && wframe_end) begin
        state[place_of[written]] = Reading;
        passed[runs] = written;
        runs = runs + 1;
      end else if (wframe_end) state[place_of[written]] = Waiting;
      if (want_frame) begin
        passed[runs] = done - 1;
        runs = runs + 1;
      end
      if (rframe_end) begin
        state[place_of[passed[read]]] = Free;
        read = read + 1;
      end
      rooms = rooms + want_exit + rframe_end;
      written = written + wframe_end;
      decided = decided + decide;
      wleft = (wleft > 0) ? wleft - 1 : 0;
      rleft = (rleft > 0) ? rleft - 1 : 0;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    {written, decided, done, runs, started, read, wleft, rleft} = 'b0;
    {exits, held_up, full, same} = 'b0;
    rooms = Frames;
    for (i = 0; i < Frames; i = i + 1) state[i] = Free;
    for (i = 0; i < Total; i = i + 1) passes[i] = Gated == 0 || {$random(seed)} % 100 < Passing;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    // all but the last frames
    may_write = Total - Frames;
    for (n = 0; written < may_write && n < 200 * Total; n = n + 1) begin
      spell = n / 128;
      step;
    end
    // everything is decided and read
    spell = 0;
    for (i = 0; i < 10 * Frames * (Service + Write); i = i + 1) begin
      n = n + 1;
      step;
    end
    check(rooms == Frames, 8);
    check(read == runs, 9);
    check(Gated == 0 || (done == Total - Frames && read + exits == done), 10);
    for (i = 0; i < Frames; i = i + 1) check(state[i] == Free, 11);
    // every place is written once more, and nothing is decided
    may_write = Total;
    for (i = 0; i < 10 * Frames * (Service + Write); i = i + 1) begin
      n = n + 1;
      step;
    end
    check(written == Total, 12);
    if (Gated != 0) begin
      check(rooms == 0, 13);
      for (i = 0; i < Frames; i = i + 1) check(state[i] == Waiting, 14);
      check(full > 100 && same > 100, 15);
      check(Passing == 0 || Passing == 100 || held_up > 100, 16);
    end
    $display("%0s: %0d frames, %0d read, %0d exits held up, %0d cycles full, %0d errors",
             (errors == 0) ? "PASS" : "FAIL", written, read, held_up, full, errors);
    $finish;
  end

endmodule

`default_nettype wire
