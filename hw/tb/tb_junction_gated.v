// Junctions of all three kinds behind a gate, Gated=1: frames are written as early as permits allow
// and decided at random times after their last write, in spells not until all places are taken,
// then one a cycle. Only those that pass may come out, in order, with right sums over words that
// random tables look up; the others may take no cycle. `frame_i` is noise. In the end every place
// is free. Kind: 0 cf_junction, 1 cf_junction_tied, 2 cf_junction_network.
// run: Kind=0 Rows=1 Slots=2 Lanes=2 Neurons=1 Steps=1 Frames=2
// run: Kind=0 Rows=1 Slots=2 Lanes=2 Neurons=1 Steps=1 Frames=5 Stalls=0
// run: Kind=0 Rows=3 Slots=2 Lanes=3 Neurons=4 Steps=2 Frames=3 Stalls=0
// run: Kind=0 Rows=3 Slots=2 Lanes=3 Neurons=4 Steps=2 Frames=6
// run: Kind=0 Rows=2 Slots=4 Lanes=2 Neurons=9 Steps=5 Frames=9 Passing=30
// run: Kind=1 Rows=1 Slots=2 Lanes=2 Neurons=2 Steps=1 Frames=3 Stalls=0
// run: Kind=1 Rows=3 Slots=4 Lanes=4 Neurons=4 Steps=2 Frames=4
// run: Kind=1 Rows=3 Slots=4 Lanes=4 Neurons=4 Steps=1 Frames=5 Place=1 Stalls=0
// run: Kind=1 Rows=2 Slots=4 Lanes=4 Neurons=5 Steps=1 Frames=3 Place=1 Passing=80
// run: Kind=2 Rows=1 Slots=2 Lanes=1 Neurons=1 Steps=1 Frames=2 Stalls=0
// run: Kind=2 Rows=3 Slots=2 Lanes=3 Neurons=3 Steps=3 Frames=5
`define SYNTHESIS  // the tables are put into the ROMs from here, without files and their check
`default_nettype none

module tb_junction_gated;
  parameter Kind = 0;
  parameter Rows = 3;
  parameter Slots = 2;
  parameter Lanes = 3;
  parameter Neurons = 4;
  parameter Steps = 2;
  parameter Frames = 3;
  parameter Place = 0;
  parameter Passing = 50;  // frames of 100 that pass
  parameter Stalls = 1;  // the writer pauses, the next stage has no room at times
  parameter Seed = 1;

  localparam Total = 600;  // frames
  localparam ActBits = 4;
  localparam WeightBits = 6;
  localparam AccBits = 20;
  localparam Cycles = Neurons * Steps;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam BankBits = (Slots > 1) ? $clog2(Slots) : 1;
  localparam OutRowBits = (Neurons > 1) ? $clog2(Neurons) : 1;

  reg                      clk = 1'b0;
  reg                      rst_n = 1'b0;
  wire                     room_avail;
  reg                      room_take = 1'b0;
  reg                      frame = 1'b0;
  reg  [        Slots-1:0] we = 'b0;
  reg  [Slots*RowBits-1:0] wrow = 'b0;
  reg  [Slots*ActBits-1:0] wdata = 'b0;
  reg                      wframe_end = 1'b0;
  reg                      decide = 1'b0;
  reg                      pass = 1'b0;
  reg                      next_avail = 1'b0;
  wire                     next_take;
  wire                     next_frame;
  wire                     given;
  wire [   OutRowBits-1:0] row;
  wire [      AccBits-1:0] acc;
  wire                     next_end;
  wire                     run;

  integer rows[0:Cycles*Slots-1], banks[0:Cycles*Lanes-1], weights[0:Cycles*Lanes-1];
  integer biases[0:Neurons-1];

  genvar t, i;
  generate
    if (Kind == 0) begin : g_copies
      cf_junction #(
          .ActBits(ActBits),
          .Slots(Slots),
          .Rows(Rows),
          .Frames(Frames),
          .Gated(1),
          .Neurons(Neurons),
          .Cycles(Cycles),
          .Units(1),
          .LanesPerUnit(Lanes),
          .Steps(Steps),
          .OneCopy(1),
          .WeightBits(WeightBits),
          .AccBits(AccBits),
          .BiasRows(Neurons),
          .Raw(1),
          .OutBits(AccBits),
          .OutRows(Neurons)
      ) dut (
          .clk_i(clk),
          .rst_ni(rst_n),
          .room_avail_o(room_avail),
          .room_take_i(room_take),
          .frame_i(frame),
          .we_i(we),
          .wrow_i(wrow),
          .wdata_i(wdata),
          .wframe_end_i(wframe_end),
          .decide_i(decide),
          .pass_i(pass),
          .room_avail_i(next_avail),
          .room_take_o(next_take),
          .frame_o(next_frame),
          .we_o(given),
          .wrow_o(row),
          .wdata_o(acc),
          .wframe_end_o(next_end)
      );
      assign run = dut.run;
      for (t = 0; t < Cycles; t = t + 1) begin : g_cycle
        for (i = 0; i < Lanes; i = i + 1) begin : g_lane
          initial begin
            #2 dut.i_lanes.i_weight_rom.mem[t][i*WeightBits+:WeightBits] = weights[t*Lanes+i];
            dut.i_lanes.g_bank_rom.i_bank_rom.mem[t][i*BankBits+:BankBits] = banks[t*Lanes+i];
          end
        end
        if (Rows > 1) begin : g_rows
          for (i = 0; i < Slots; i = i + 1) begin : g_bank
            initial #2 dut.i_lanes.g_row_rom.i_row_rom.mem[t][i*RowBits+:RowBits] = rows[t*Slots+i];
          end
        end
      end
      for (i = 0; i < Neurons; i = i + 1) begin : g_neuron
        initial #2 dut.g_serial.i_units.i_bias.mem[i] = biases[i];
      end
    end
    if (Kind == 1) begin : g_tied
      cf_junction_tied #(
          .ActBits(ActBits),
          .Slots(Slots),
          .Rows(Rows),
          .BankRows(Rows),
          .Place(Place),
          .Frames(Frames),
          .Gated(1),
          .Neurons(Neurons),
          .Cycles(Cycles),
          .Lines(1),
          .Width(Slots),
          .Steps(Steps),
          .Addresses((Rows > 1) ? 1 : 2),
          .WeightBits(WeightBits),
          .AccBits(AccBits),
          .Raw(1),
          .OutBits(AccBits)
      ) dut (
          .clk_i(clk),
          .rst_ni(rst_n),
          .room_avail_o(room_avail),
          .room_take_i(room_take),
          .frame_i(frame),
          .we_i(we),
          .wrow_i(wrow),
          .wdata_i(wdata),
          .wframe_end_i(wframe_end),
          .decide_i(decide),
          .pass_i(pass),
          .room_avail_i(next_avail),
          .room_take_o(next_take),
          .frame_o(next_frame),
          .we_o(given),
          .wrow_o(row),
          .wdata_o(acc),
          .wframe_end_o(next_end)
      );
      assign run = dut.run;
      for (t = 0; t < Cycles; t = t + 1) begin : g_cycle
        for (i = 0; i < Lanes; i = i + 1) begin : g_lane
          initial #2 dut.i_lanes.i_weight_rom.mem[t][i*WeightBits+:WeightBits] = weights[t*Lanes+i];
        end
        if (Rows > 1) begin : g_rows
          for (i = 0; i < Slots; i = i + 1) begin : g_bank
            initial
              #2 dut.i_lanes.g_not_counted.g_table.i_address_rom.mem[t][i*RowBits+:RowBits] =
                  rows[t*Slots+i];
          end
        end
      end
      for (i = 0; i < Neurons; i = i + 1) begin : g_neuron
        initial #2 dut.i_units.i_bias_rom.mem[i] = biases[i];
      end
      if (Place != 0) begin : g_place  // every row where it arrives
        for (t = 0; t < Rows; t = t + 1) begin : g_row
          for (i = 0; i < Slots; i = i + 1) begin : g_slot
            initial
              #2 dut.i_lanes.i_deal.g_place.g_rom.i_place_rom.mem[t][i*RowBits+:RowBits] = t;
          end
        end
      end
    end
    if (Kind == 2) begin : g_network
      localparam IndexBits = (Neurons > 1) ? $clog2(Neurons) : 1;
      localparam LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;

      cf_junction_network #(
          .ActBits(ActBits),
          .Slots(Slots),
          .Rows(Rows),
          .Stripes(1),
          .BankRows(Rows),
          .Frames(Frames),
          .Gated(1),
          .Neurons(Neurons),
          .Cycles(Cycles),
          .Groups(1),
          .LanesPerGroup(Lanes),
          .NeuronsPerGroup(Neurons),
          .Sums(Neurons),
          .Pieces(Neurons * Lanes),
          .WeightBits(WeightBits),
          .AccBits(AccBits),
          .Raw(1),
          .OutBits(AccBits)
      ) dut (
          .clk_i(clk),
          .rst_ni(rst_n),
          .room_avail_o(room_avail),
          .room_take_i(room_take),
          .frame_i(frame),
          .we_i(we),
          .wrow_i(wrow),
          .wdata_i(wdata),
          .wframe_end_i(wframe_end),
          .decide_i(decide),
          .pass_i(pass),
          .room_avail_i(next_avail),
          .room_take_o(next_take),
          .frame_o(next_frame),
          .we_o(given),
          .wrow_o(row),
          .wdata_o(acc),
          .wframe_end_o(next_end)
      );
      assign run = dut.run;
      for (t = 0; t < Cycles; t = t + 1) begin : g_cycle
        for (i = 0; i < Lanes; i = i + 1) begin : g_lane
          localparam [IndexBits-1:0] Sum = t / Steps;
          localparam [0:0] Fresh = (t % Steps == 0) ? 1 : 0;
          initial begin
            #2 dut.i_lanes.i_weight_rom.mem[t][i*WeightBits+:WeightBits] = weights[t*Lanes+i];
            dut.i_lanes.g_crossbar.g_bank_rom.i_bank_rom.mem[t][i*BankBits+:BankBits] =
                banks[t*Lanes+i];
            dut.i_lanes.i_partial_rom.mem[t][i*(IndexBits+2)+:IndexBits+2] = {1'b1, Fresh, Sum};
          end
        end
        if (Rows > 1) begin : g_rows
          for (i = 0; i < Slots; i = i + 1) begin : g_bank
            initial #2 dut.i_lanes.g_row_rom.i_row_rom.mem[t][i*RowBits+:RowBits] = rows[t*Slots+i];
          end
        end
      end
      for (t = 0; t < Neurons; t = t + 1) begin : g_neuron
        localparam [IndexBits-1:0] Sum = t;
        initial #2 dut.i_units.i_bias.mem[t] = biases[t];
        for (i = 0; i < Lanes; i = i + 1) begin : g_piece
          localparam [LaneBits-1:0] Lane = i;
          localparam [0:0] Last = (i == Lanes - 1) ? 1 : 0;
          initial #2 dut.i_units.i_drain_rom.mem[t*Lanes+i] = {Last, Sum, Lane};
        end
      end
    end
  endgenerate

  integer word[0:Rows*Slots-1];  // of the frame that is written
  integer want[0:Total*Neurons-1];
  reg passes[0:Total-1];
  integer passed[0:Total-1];
  integer seed, now, c, l, n, s, at, beat, taken, written, decided, runs, read, next, rooms;
  integer busy, full, errors, idle;

  task wrong;
    begin
      if (errors < 5) $display("cycle %0d, passed frame %0d, neuron %0d", now, read, next);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    {taken, written, decided, runs, read, next, busy, full} = 'b0;
    beat = -1;
    rooms = 3;
    for (c = 0; c < Cycles; c = c + 1) begin
      for (s = 0; s < Slots; s = s + 1) rows[c*Slots+s] = {$random(seed)} % Rows;
      for (l = 0; l < Lanes; l = l + 1) begin
        banks[c*Lanes+l] = (Kind == 1) ? l : {$random(seed)} % Slots;
        weights[c*Lanes+l] = {$random(seed)} % (1 << WeightBits) - (1 << (WeightBits - 1));
      end
    end
    for (n = 0; n < Neurons; n = n + 1) biases[n] = {$random(seed)} % 2000 - 1000;
    for (n = 0; n < Total; n = n + 1) passes[n] = {$random(seed)} % 100 < Passing;
    #3 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    idle = 0;  // cycles since all is done
    for (now = 0; now < 100000 && idle < 50; now = now + 1) begin
      idle = (decided < Total || read < runs) ? 0 : idle + 1;
      // writer: the first word a cycle after the permit was taken
      we = 'b0;
      wframe_end = 1'b0;
      if (beat >= 0 && (Stalls == 0 || {$random(seed)} % 8 != 0)) begin
        we = {Slots{1'b1}};
        wrow = {Slots{beat[RowBits-1:0]}};
        for (s = 0; s < Slots; s = s + 1) begin
          word[beat*Slots+s] = {$random(seed)} % (1 << ActBits);
          wdata[s*ActBits+:ActBits] = word[beat*Slots+s];
        end
        wframe_end = beat == Rows - 1;
        beat = wframe_end ? -1 : beat + 1;
      end
      frame = $random(seed);
      // gate: at the earliest in the cycle after a frame's last write
      decide = decided < written && ((now / 256) % 2 != 0 ? decide || !room_avail :
          {$random(seed)} % 4 == 0);
      decide = decide || (decided < written && written == Total);
      pass = decide ? passes[decided] : $random(seed);
      if (decide && pass) begin
        passed[runs] = decided;
        runs = runs + 1;
      end
      decided = decided + decide;
      if (wframe_end) begin
        for (n = 0; n < Neurons; n = n + 1) want[written*Neurons+n] = biases[n];
        for (c = 0; c < Cycles; c = c + 1)
          for (l = 0; l < Lanes; l = l + 1) begin
            at = written * Neurons + c / Steps;
            s = banks[c*Lanes+l];
            want[at] = want[at] + weights[c*Lanes+l] * word[rows[c*Slots+s]*Slots+s];
          end
        written = written + 1;
      end
      next_avail = rooms > 0 && (Stalls == 0 || {$random(seed)} % 4 != 0);
      #1;
      room_take = room_avail && beat < 0 && taken < Total;
      if (room_take) begin
        taken = taken + 1;
        beat = 0;
      end
      full = full + (!room_avail && beat < 0);
      #1;
      rooms = rooms - next_take;
      busy = busy + run;
      if (given === 1'b1) begin
        if (read == runs || (Neurons > 1 && row !== next) ||
            $signed(acc) !== want[passed[read]*Neurons+next])
          wrong;
        next = next + 1;
      end else if (given !== 1'b0) wrong;
      if (next_end !== (next == Neurons)) wrong;
      if (next == Neurons) begin
        next = 0;
        read = read + 1;
        rooms = rooms + 1;
      end
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (decided != Total || read != runs || busy != runs * Cycles) wrong;
    // all places: as many permits as there are
    for (n = 0; n < Frames; n = n + 1) begin
      if (room_avail !== 1'b1) wrong;
      room_take = 1'b1;
      #1 clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (room_avail !== 1'b0) wrong;
    if (full < 50) errors = errors + 1;
    $display("%0s: %0d frames, %0d passed, %0d cycles full, %0d errors",
             (errors == 0) ? "PASS" : "FAIL", written, read, full, errors);
    $finish;
  end

endmodule

`default_nettype wire
