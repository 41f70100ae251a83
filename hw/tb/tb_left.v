// cf_left: a writer up to `Frames` frames ahead of a reader, both with idle cycles; every row field
// of every copy is random in each cycle, and every bank is looked at, against a plain array.
// run: Slots=1 BankRows=1 Frames=2 Copies=1 Stripes=1 Fields=1
// run: Slots=3 BankRows=5 Frames=2 Copies=2 Stripes=1 Fields=3
// run: Slots=3 BankRows=3 Frames=3 Copies=1 Stripes=2 Fields=6
// run: Slots=2 BankRows=2 Frames=3 Copies=3 Stripes=4 Fields=1
// run: Slots=2 BankRows=3 Frames=3 Copies=3 Stripes=3 Fields=3
// run: Slots=4 BankRows=5 Frames=2 Copies=2 Stripes=3 Fields=2 Readers=2
// run: Slots=4 BankRows=5 Frames=2 Copies=2 Stripes=3 Fields=6 Readers=6 Ring=1
// run: Slots=4 BankRows=2 Frames=2 Copies=1 Stripes=4 Fields=2 Readers=2 Ring=1
// run: Slots=2 BankRows=1 Frames=3 Copies=2 Stripes=5 Fields=2
// run: Slots=16 BankRows=50 Frames=5 Copies=1 Stripes=1 Fields=16
`default_nettype none

module tb_left;
  parameter Bits = 4;
  parameter Slots = 3;
  parameter Stripes = 2;
  parameter BankRows = 3;
  parameter Frames = 3;
  parameter Copies = 2;
  parameter Fields = 6;
  parameter Ring = 0;
  parameter Readers = 1;
  parameter Seed = 1;

  localparam Banks = Slots * Stripes;
  localparam Words = Stripes * BankRows;  // of a slot
  localparam StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam Reads = 12;  // cycles that a frame is read

  reg                                 clk = 1'b0;
  reg                                 rst_n = 1'b0;
  reg  [                   Slots-1:0] we = 'b0;
  reg  [        Slots*StripeBits-1:0] wstripe = 'b0;
  reg  [       Slots*BankRowBits-1:0] wrow = 'b0;
  reg  [              Slots*Bits-1:0] wdata = 'b0;
  reg                                 wframe_end = 1'b0;
  reg  [Copies*Fields*BankRowBits-1:0] row = 'b0;
  reg                                 rframe_end = 1'b0;
  wire [       Copies*Bits*Banks-1:0] column;

  cf_left #(
      .Bits(Bits),
      .Slots(Slots),
      .Stripes(Stripes),
      .BankRows(BankRows),
      .Frames(Frames),
      .Copies(Copies),
      .Fields(Fields),
      .Ring(Ring),
      .Readers(Readers)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .we_i(we),
      .wstripe_i(wstripe),
      .wrow_i(wrow),
      .wdata_i(wdata),
      .wframe_end_i(wframe_end),
      .decide_i(1'b0),
      .pass_i(1'b0),
      .frame_o(),
      .room_o(),
      .row_i(row),
      .rframe_end_i(rframe_end),
      .column_o(column)
  );

  reg [Bits-1:0] shadow[0:Frames*Banks*BankRows-1];  // (frame in ring, bank, row)
  reg [Bits-1:0] want[0:Copies*Banks-1];
  reg [Bits-1:0] got;
  integer seed, cycle, written, read, wpos, rpos, c, s, t, b, r, bank, at, errors, checks;
  reg reading;

  initial begin
    seed = Seed;
    errors = 0;
    checks = 0;
    written = 0;
    read = 0;
    wpos = 0;
    rpos = 0;
    #1 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    for (cycle = 0; cycle < 4000; cycle = cycle + 1) begin
      reading = 1'b0;
      rframe_end = 1'b0;
      if (read < written && {$random(seed)} % 4 != 0) begin  // before this cycle's write
        reading = 1'b1;
        for (c = 0; c < Copies * Fields; c = c + 1)
          row[c*BankRowBits+:BankRowBits] = {$random(seed)} % BankRows;
        for (c = 0; c < Copies; c = c + 1)
          for (bank = 0; bank < Banks; bank = bank + 1) begin
            r = row[(c*Fields+bank%Fields)*BankRowBits+:BankRowBits];
            want[c*Banks+bank] = shadow[((read%Frames)*Banks+bank)*BankRows+r];
          end
        rpos = rpos + 1;
        rframe_end = rpos == Reads;
      end
      we = 'b0;
      wframe_end = 1'b0;
      if (written - read < Frames && {$random(seed)} % 4 != 0) begin
        for (s = 0; s < Slots; s = s + 1) begin
          at = (wpos + s) % Words;
          t = at % Stripes;
          r = at / Stripes;
          wstripe[s*StripeBits+:StripeBits] = t;
          wrow[s*BankRowBits+:BankRowBits] = r;
          wdata[s*Bits+:Bits] = $random(seed);
          we[s] = 1'b1;
          bank = s + Slots * t;
          if (Ring != 0) begin
            at = s * Fields / Slots + t;
            bank = at % Fields + Fields * (((at + 1) * Slots - 1) / Fields - s);
          end
          shadow[((written%Frames)*Banks+bank)*BankRows+r] = wdata[s*Bits+:Bits];
        end
        wpos = wpos + 1;
        wframe_end = wpos == Words;
      end
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      if (reading)
        for (c = 0; c < Copies; c = c + 1)
          for (bank = 0; bank < Banks; bank = bank + 1) begin
            for (b = 0; b < Bits; b = b + 1) begin
              at = ((c * Readers + bank % Readers) * Bits + b) * (Banks / Readers);
              got[b] = column[at+bank/Readers];
            end
            checks = checks + 1;
            if (got !== want[c*Banks+bank]) begin
              if (errors < 5)
                $display("frame %0d copy %0d bank %0d: got %0d, want %0d", read, c, bank, got,
                         want[c*Banks+bank]);
              errors = errors + 1;
            end
          end
      if (rframe_end) begin
        read = read + 1;
        rpos = 0;
      end
      if (wframe_end) begin
        written = written + 1;
        wpos = 0;
      end
    end
    if (read < 50) errors = errors + 1;
    $display("%0s: %0d frames, %0d reads, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", read, checks, errors);
    $finish;
  end

endmodule

`default_nettype wire
