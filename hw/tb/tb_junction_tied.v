// cf_junction_tied as a whole: frames come in as from cf_stream_in (the last write one cycle after
// the frame's permit), with Late=1 as from a junction (two cycles), Release as tight as it may be;
// tables are random, every result is compared with a sum over the words that the lanes should read.
// Checked too: slots and rows in order, `frame_o` two cycles before the last write, writes in time
// after a frame's last cycle, and with Stalls=0 no cycle lost between frames.
// run: Slots=1 Rows=1 Stripes=1 BankRows=1 Lines=1 Width=1 Neurons=5 Steps=1 Addresses=2
// run: Slots=4 Rows=6 Stripes=1 BankRows=6 Lines=2 Width=4 Neurons=8 Steps=3 Depth=6 Sweeps=2 Stalls=0
// run: Slots=4 Rows=6 Stripes=2 BankRows=3 Lines=3 Width=8 Neurons=8 Steps=4 Addresses=1 OutSlots=1
// run: Slots=4 Rows=6 Stripes=2 BankRows=3 Lines=4 Width=4 Neurons=11 Steps=3 Depth=6 Sweeps=2 OutSlots=2
// run: Slots=4 Rows=7 Stripes=3 BankRows=4 Lines=4 Width=2 Neurons=11 Steps=2 Addresses=1 OutSlots=2 Place=1
// run: Slots=4 Rows=4 Stripes=2 BankRows=2 Lines=2 Width=8 Neurons=10 Steps=1 Depth=2 Sweeps=3 OutSlots=2 Place=1 Stalls=0
// run: Slots=6 Rows=1 Stripes=1 BankRows=1 Lines=3 Width=3 Neurons=10 Steps=2 Depth=2 Sweeps=1 OutSlots=3 Shared=1
// run: Slots=4 Rows=6 Stripes=3 BankRows=2 Lines=2 Width=12 Neurons=9 Steps=2 Depth=2 Sweeps=1 Skip=2 OutSlots=2 Lockstep=0
// run: Slots=8 Rows=5 Stripes=1 BankRows=5 Lines=1 Width=8 Neurons=8 Straddle=1 Block=1 Blocks=9 Depth=5 Sweeps=2 Stalls=0
// run: Slots=4 Rows=6 Stripes=2 BankRows=3 Lines=1 Width=4 Neurons=4 Straddle=1 Block=2 Blocks=5 Addresses=1 Place=1
// run: Slots=4 Rows=6 Stripes=1 BankRows=6 Lines=2 Width=4 Neurons=12 Steps=1 Depth=6 Sweeps=1 OutSlots=2 Stalls=0
// run: Slots=4 Rows=7 Stripes=3 BankRows=4 Lines=4 Width=2 Neurons=11 Steps=2 Addresses=1 OutSlots=2 Place=1 Late=1 Stalls=0
// run: Slots=4 Rows=6 Stripes=2 BankRows=3 Lines=3 Width=8 Neurons=2 Steps=3 Addresses=1 OutSlots=1 Late=1 Stalls=0
`define SYNTHESIS  // the tables are put into the ROMs from here, without files and their check
`default_nettype none

module tb_junction_tied;
  parameter Slots = 4;
  parameter Rows = 6;
  parameter Stripes = 1;
  parameter BankRows = 6;
  parameter Lockstep = 1;
  parameter Place = 0;
  parameter Straddle = 0;
  parameter Neurons = 8;
  parameter Lines = 2;
  parameter Width = 4;
  parameter Steps = 3;
  parameter Block = 1;
  parameter Blocks = 1;
  parameter Shared = 0;
  parameter Addresses = 0;
  parameter Depth = 6;
  parameter Sweeps = 2;
  parameter Skip = 1;
  parameter OutSlots = 1;
  parameter Late = 0;
  parameter Stalls = 1;
  parameter Seed = 1;

  localparam ActBits = 4;
  localparam WeightBits = 6;
  localparam AccBits = 20;
  localparam Rounds = (Neurons + Lines - 1) / Lines;
  localparam Cycles = (Straddle != 0) ? Neurons * Blocks * Block / Width : Rounds * Steps;
  localparam Banks = Slots * Stripes;
  localparam Choices = Banks / Width;
  localparam ChoicePart = (Choices > 1) ? $clog2(Choices) : 0;
  localparam RowPart = (BankRows > 1) ? $clog2(BankRows) : 0;
  localparam StripePart = (Stripes > 1) ? $clog2(Stripes) : 0;
  localparam Copies = (Shared != 0) ? 1 : Lines;
  localparam Fields = Copies * Width;
  localparam Lanes = Lines * Width;
  localparam ReleaseInt = Cycles - 2 - Place - Late;
  localparam Release = (ReleaseInt > 0) ? ReleaseInt : 0;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam OutRows = (Neurons + OutSlots - 1) / OutSlots;
  localparam OutRowBits = (OutRows > 1) ? $clog2(OutRows) : 1;
  localparam Leaves = (Straddle != 0) ? Block : Width;
  localparam Trees = (Straddle != 0) ? Width / Block : 1;
  // cycles from the issue of a frame's last cycle to its last write
  localparam LastWrite = 2 + ((Choices > 1) ? 1 : 0) + 2 +
      ((Leaves > 1) ? $clog2(Leaves) : 0) + ((Trees > 1) ? $clog2(Trees) : 0) +
      ((Lines > 1) ? 1 : 0) + 1 +
      (Neurons - (Rounds - 1) * Lines + OutSlots - 1) / OutSlots - 1;
  localparam Interval = (Cycles > Rows) ? Cycles : Rows;
  // places in the ring: a frame keeps one from its first beat to its release
  localparam Occupied = (Rows + 2 + Release + Place + Interval - 1) / Interval;
  localparam Frames = (Occupied > 2) ? Occupied : 2;
  localparam Total = 60;  // frames

  reg                            clk = 1'b0;
  reg                            rst_n = 1'b0;
  wire                           room_avail;
  reg                            room_take = 1'b0;
  reg                            frame = 1'b0;
  reg  [              Slots-1:0] we = 'b0;
  reg  [      Slots*RowBits-1:0] wrow = 'b0;
  reg  [      Slots*ActBits-1:0] wdata = 'b0;
  reg                            wframe_end = 1'b0;
  reg                            next_avail = 1'b0;
  // what the junction is given: the write port, or that of the cycle before
  reg  [              Slots-1:0] we_q = 'b0;
  reg  [      Slots*RowBits-1:0] wrow_q = 'b0;
  reg  [      Slots*ActBits-1:0] wdata_q = 'b0;
  reg                            wframe_end_q = 1'b0;
  wire                           next_take;
  wire                           next_frame;
  wire [           OutSlots-1:0] given;
  wire [OutSlots*OutRowBits-1:0] row;
  wire [   OutSlots*AccBits-1:0] acc;
  wire                           next_end;

  cf_junction_tied #(
      .ActBits(ActBits),
      .Slots(Slots),
      .Rows(Rows),
      .Stripes(Stripes),
      .BankRows(BankRows),
      .Lockstep(Lockstep),
      .Place(Place),
      .Frames(Frames),
      .Straddle(Straddle),
      .Neurons(Neurons),
      .Cycles(Cycles),
      .Lines(Lines),
      .Width(Width),
      .Steps(Steps),
      .Block(Block),
      .Blocks(Blocks),
      .Shared(Shared),
      .Addresses(Addresses),
      .Depth(Depth),
      .Sweeps(Sweeps),
      .Skip(Skip),
      .WeightBits(WeightBits),
      .AccBits(AccBits),
      .Release(Release),
      .Raw(1),
      .OutBits(AccBits),
      .OutSlots(OutSlots)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .room_avail_o(room_avail),
      .room_take_i(room_take),
      .frame_i(frame),
      .we_i((Late != 0) ? we_q : we),
      .wrow_i((Late != 0) ? wrow_q : wrow),
      .wdata_i((Late != 0) ? wdata_q : wdata),
      .wframe_end_i((Late != 0) ? wframe_end_q : wframe_end),
      .decide_i(1'b0),
      .pass_i(1'b0),
      .room_avail_i(next_avail),
      .room_take_o(next_take),
      .frame_o(next_frame),
      .we_o(given),
      .wrow_o(row),
      .wdata_o(acc),
      .wframe_end_o(next_end)
  );

  always @(posedge clk) begin
    we_q <= we;
    wrow_q <= wrow;
    wdata_q <= wdata;
    wframe_end_q <= wframe_end;
  end

  // where an arriving word is stored
  integer stripe_of[0:Rows*Slots-1], bank_of[0:Rows*Slots-1], row_of[0:Rows*Slots-1];
  reg filled[0:Banks*BankRows-1];
  integer address[0:Cycles*Fields-1];  // of each cycle, as in a table
  integer start[0:Sweeps*Fields-1];
  integer weights[0:Cycles*Lanes-1];
  integer biases[0:Rounds*Lines-1];
  integer word[0:Banks*BankRows-1];  // of the frame that is written
  integer want[0:16*Neurons-1];  // of the frames that are under way
  integer shuffle[0:Stripes*BankRows-1];
  integer seed, now, i, s, r, t, v, l, n, f, a, choice, spare;
  integer written, taken, read, beat, next, room, errors, first_write;
  integer done_at[0:15];  // when a frame's last write is due
  reg accept, good, started;
  reg [2:0] ends_q;

  task table_values;
    begin
      for (i = 0; i < Banks * BankRows; i = i + 1) filled[i] = 1'b0;
      for (s = 0; s < Slots; s = s + 1) begin
        for (i = 0; i < Stripes * BankRows; i = i + 1) shuffle[i] = i;
        if (Place != 0)
          for (i = Stripes * BankRows - 1; i > 0; i = i - 1) begin
            r = {$random(seed)} % (i + 1);
            spare = shuffle[i];
            shuffle[i] = shuffle[r];
            shuffle[r] = spare;
          end
        for (r = 0; r < Rows; r = r + 1) begin
          stripe_of[r*Slots+s] = shuffle[r] % Stripes;
          bank_of[r*Slots+s] = s + Slots * stripe_of[r*Slots+s];
          if (Place != 0) begin  // banks in a ring
            i = s * Width / Slots + stripe_of[r*Slots+s];
            bank_of[r*Slots+s] = i % Width + Width * (((i + 1) * Slots - 1) / Width - s);
          end
          row_of[r*Slots+s] = shuffle[r] / Stripes;
          filled[bank_of[r*Slots+s]*BankRows+row_of[r*Slots+s]] = 1'b1;
        end
      end
      for (i = 0; i < Sweeps * Fields; i = i + 1) start[i] = {$random(seed)} % Depth;
      for (t = 0; t < Cycles; t = t + 1)
        for (f = 0; f < Fields; f = f + 1)
          if (Addresses == 0) begin
            a = t + (t / Steps) * (Skip - 1);
            s = (Sweeps > 1) ? a / Depth : 0;
            if (s >= Sweeps) $display("run: too few sweeps");
            address[t*Fields+f] = (a + start[s*Fields+f]) % Depth;
          end else begin
            choice = {$random(seed)} % Choices;
            r = {$random(seed)} % BankRows;
            while (!filled[(f%Width+Width*choice)*BankRows+r]) begin
              choice = {$random(seed)} % Choices;
              r = {$random(seed)} % BankRows;
            end
            address[t*Fields+f] = (r << ChoicePart) + choice;
          end
      for (i = 0; i < Cycles * Lanes; i = i + 1)
        weights[i] = {$random(seed)} % (1 << WeightBits) - (1 << (WeightBits - 1));
      for (i = 0; i < Rounds * Lines; i = i + 1) biases[i] = {$random(seed)} % 2000 - 1000;
    end
  endtask

  generate
    if (Place != 0 && StripePart + RowPart > 0) begin : g_place
      integer j, k;
      initial begin
        #2;
        for (j = 0; j < Rows; j = j + 1)
          for (k = 0; k < Slots; k = k + 1)
            dut.i_lanes.i_deal.g_place.g_rom.i_place_rom.mem[j]
                [k*(StripePart+RowPart)+:StripePart+RowPart] =
                (row_of[j*Slots+k] << StripePart) + stripe_of[j*Slots+k];
      end
    end
    if (Addresses == 0) begin : g_starts
      localparam Bits = (Depth > 1) ? $clog2(Depth) : 1;
      integer j, k;
      initial begin
        #2;
        for (j = 0; j < Sweeps; j = j + 1)
          for (k = 0; k < Fields; k = k + 1)
            dut.i_lanes.g_counted.i_count.i_start_rom.mem[j][k*Bits+:Bits] = start[j*Fields+k];
      end
    end
    if (Addresses == 1) begin : g_addresses
      localparam Bits = ChoicePart + RowPart;
      integer j, k;
      initial begin
        #2;
        for (j = 0; j < Cycles; j = j + 1)
          for (k = 0; k < Fields; k = k + 1)
            dut.i_lanes.g_not_counted.g_table.i_address_rom.mem[j][k*Bits+:Bits] =
                address[j*Fields+k];
      end
    end
  endgenerate

  task expect_frame;  // from `word`
    begin
      for (n = 0; n < Neurons; n = n + 1) want[(written%16)*Neurons+n] = biases[n];
      for (t = 0; t < Cycles; t = t + 1)
        for (l = 0; l < Lanes; l = l + 1) begin
          v = l / Width;
          i = l % Width;
          a = address[t*Fields+((Shared!=0)?i : l)];
          choice = (Choices > 1) ? a % (1 << ChoicePart) : 0;
          r = a >> ChoicePart;
          n = (Straddle != 0) ? (t * Width + i) / (Blocks * Block) : (t / Steps) * Lines + v;
          if (n < Neurons)
            want[(written%16)*Neurons+n] = want[(written%16)*Neurons+n] +
                weights[t*Lanes+l] * word[(i+Width*choice)*BankRows+r];
        end
    end
  endtask

  task wrong;
    begin
      if (errors < 5) $display("cycle %0d, frame %0d, neuron %0d", now, read, next);
      errors = errors + 1;
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    written = 0;
    read = 0;
    beat = 0;
    next = 0;
    room = 12;
    taken = 0;
    ends_q = 3'b0;
    good = 1'b0;
    started = 1'b0;
    #1 table_values;
    for (t = 0; t < Cycles; t = t + 1)
      for (l = 0; l < Lanes; l = l + 1)
        dut.i_lanes.i_weight_rom.mem[t][l*WeightBits+:WeightBits] = weights[t*Lanes+l];
    for (t = 0; t < Rounds; t = t + 1)
      for (v = 0; v < Lines; v = v + 1)
        dut.i_units.i_bias_rom.mem[t][v*AccBits+:AccBits] = biases[t*Lines+v];
    #2 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (now = 0; read < Total && now < 200 * Total * (Interval + 10); now = now + 1) begin
      // the write of the beat before, as cf_stream_in does it
      wframe_end = good;
      we = {Slots{1'b0}};
      if (started) begin
        we = {Slots{1'b1}};
        wrow = {Slots{beat[RowBits-1:0]}};
        wdata = {$random(seed), $random(seed)};
        for (s = 0; s < Slots; s = s + 1)
          word[bank_of[beat*Slots+s]*BankRows+row_of[beat*Slots+s]] = wdata[s*ActBits+:ActBits];
        beat = beat + 1;
        if (good) begin
          expect_frame;
          written = written + 1;
          beat = 0;
        end
      end
      #1;
      accept = (beat != 0 || room_avail) &&
          (Stalls == 0 || {$random(seed)} % 8 != 0 || now % 512 < 256);
      room_take = accept && beat == 0;
      good = accept && beat == Rows - 1;
      frame = good;
      started = accept;
      next_avail = room > 0 && (Stalls == 0 || {$random(seed)} % 4 != 0);
      #1;
      if (next_take) begin
        room = room - 1;
        done_at[taken%16] = now + Cycles + LastWrite;  // issue starts in the next cycle
        taken = taken + 1;
      end
      if (next_end !== ends_q[1]) wrong;
      ends_q = {ends_q[1:0], next_frame};
      for (s = 0; s < OutSlots; s = s + 1)
        if (given[s]) begin
          if (next % OutSlots != s || row[s*OutRowBits+:OutRowBits] !== next / OutSlots ||
              $signed(acc[s*AccBits+:AccBits]) !== want[(read%16)*Neurons+next])
            wrong;
          next = next + 1;
        end
      if (next_end !== (next == Neurons)) wrong;
      if (next == Neurons) begin
        if (read == 0) first_write = now;
        if (done_at[read%16] != now) wrong;
        next = 0;
        read = read + 1;
        room = room + 1;
      end
      clk = 1'b1;
      #1 clk = 1'b0;
    end
    if (Stalls == 0 && now - 1 - first_write != (Total - 1) * Interval) begin
      $display("%0d cycles for %0d frames of %0d", now - 1 - first_write, Total - 1, Interval);
      errors = errors + 1;
    end
    if (read != Total) errors = errors + 1;
    $display("%0s: %0d frames, %0d errors", (errors == 0) ? "PASS" : "FAIL", read, errors);
    $finish;
  end

endmodule

`default_nettype wire
