// cf_stream_in: frames of right and wrong length, idle cycles on the bus, room that comes late.
// A frame in memory must be the frame that was sent, and every permit must be accounted for.
// run: Beats=1
// run: Beats=2
// run: Beats=5
// run: Beats=5 Idle=0 Late=0
// run: Beats=5 Idle=3
// run: Beats=5 Late=12
// run: Beats=1 Idle=0 Late=0 Wrong=0
// run: Beats=17 Bits=16 Slots=1 BusBits=16 Seed=2
`default_nettype none

module tb_stream_in;
  parameter Bits = 5;
  parameter Slots = 3;
  parameter BusBits = 16;
  parameter Beats = 5;
  parameter Idle = 1;   // mean idle cycles before a beat
  parameter Late = 2;   // mean cycles until room is given back, in beats
  parameter Wrong = 3;  // one frame in `Wrong` has a random length; 0: none
  parameter Seed = 1;

  localparam RowBits = (Beats > 1) ? $clog2(Beats) : 1;

  reg                      aclk = 1'b0;
  reg                      aresetn = 1'b0;
  reg  [      BusBits-1:0] tdata = 'b0;
  reg                      tvalid = 1'b0;
  reg                      tlast = 1'b0;
  wire                     tready;
  wire                     room_take, frame, frame_end, frame_error;
  wire [        Slots-1:0] we;
  wire [Slots*RowBits-1:0] row;
  wire [   Slots*Bits-1:0] data;
  wire [             31:0] dropped;
  integer                  rooms;

  cf_stream_in #(
      .BusBits(BusBits),
      .Bits(Bits),
      .Slots(Slots),
      .Beats(Beats)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .s_axis_tdata(tdata),
      .s_axis_tvalid(tvalid),
      .s_axis_tready(tready),
      .s_axis_tlast(tlast),
      .room_avail_i(rooms > 0),
      .room_take_o(room_take),
      .frame_o(frame),
      .we_o(we),
      .row_o(row),
      .data_o(data),
      .frame_end_o(frame_end),
      .frame_error_o(frame_error),
      .dropped_frames_o(dropped)
  );

  reg [Slots*Bits-1:0] sent[0:Beats-1];
  reg [Slots*Bits-1:0] memory[0:Beats-1];
  reg [Slots*Bits-1:0] want[0:Beats-1];
  integer seed, n, i, length, at, good, bad, taken, held, errors, s;
  reg owns, end_next, error_next, ready_alone, take_wanted, accepted;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d: rule %0d is broken", n, what);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    rooms = 2;
    held = 0;
    good = 0;
    bad = 0;
    taken = 0;
    at = 0;
    length = Beats;
    owns = 1'b0;
    end_next = 1'b0;
    error_next = 1'b0;
    #1 aclk = 1'b1;
    #1 aclk = 1'b0;
    aresetn = 1'b1;
    for (n = 0; n < 6000; n = n + 1) begin
      // the master: holds a beat until it is taken
      if (!tvalid && {$random(seed)} % (Idle + 1) == 0) begin
        if (at == 0) begin
          length = Beats;
          if (Wrong != 0 && {$random(seed)} % Wrong == 0) length = 1 + {$random(seed)} % (Beats + 3);
        end
        tdata = $random(seed);
        tlast = at == length - 1;
        tvalid = 1'b1;
      end
      #1;
      ready_alone = tready;
      tvalid = !tvalid;
      #1 check(tready === ready_alone, 1);  // ready must not look at valid
      tvalid = !tvalid;
      #1;
      accepted = tvalid && tready;
      // what the last cycle promised
      check(frame_end === end_next, 2);
      check(frame_error === error_next, 3);
      check(dropped === bad, 4);
      if (we !== 'b0) begin
        check(we === {Slots{1'b1}} && owns, 5);
        for (s = 0; s < Slots; s = s + 1) check(row[s*RowBits+:RowBits] === row[RowBits-1:0], 6);
        check(row[RowBits-1:0] < Beats, 7);
        memory[row[RowBits-1:0]] = data;
      end
      if (frame_end) begin
        for (i = 0; i < Beats; i = i + 1) check(memory[i] === want[i], 8);
        held = held + 1;
        owns = 1'b0;
      end
      // this cycle's beat
      take_wanted = accepted && at == 0 && !(owns);
      check(room_take === take_wanted, 9);
      if (room_take) begin
        check(rooms > 0, 10);
        taken = taken + 1;
        owns = 1'b1;
      end
      if (accepted && at < Beats) sent[at] = tdata[Slots*Bits-1:0];
      end_next = accepted && tlast && at == Beats - 1;
      error_next = accepted && tlast && at != Beats - 1;
      check(frame === end_next, 11);
      if (end_next) begin
        good = good + 1;
        for (i = 0; i < Beats; i = i + 1) want[i] = sent[i];
      end
      if (error_next) bad = bad + 1;
      if (accepted) at = tlast ? 0 : at + 1;
      #1 aclk = 1'b1;
      #1 aclk = 1'b0;
      if (take_wanted) rooms = rooms - 1;
      if (accepted) tvalid = 1'b0;
      if (held > 0 && {$random(seed)} % (Late * Beats + 1) == 0) begin
        held = held - 1;
        rooms = rooms + 1;
      end
    end
    check(taken == good + (owns && !end_next), 12);
    check(good > 50 && (Wrong == 0 || bad > 20), 13);
    $display("%0s: %0d good frames, %0d dropped, %0d errors", (errors == 0) ? "PASS" : "FAIL", good, bad, errors);
    $finish;
  end

endmodule

`default_nettype wire
