// cf_left: a writer up to `Frames` frames ahead of a reader, both with idle cycles; every copy and
// bank reads a random row of its own in each cycle, against a plain array.
// run: Slots=1 Rows=1 Frames=2 Copies=1
// run: Slots=3 Rows=5 Frames=2 Copies=2
// run: Slots=3 Rows=5 Frames=3 Copies=1 StripeBits=1
// run: Slots=2 Rows=7 Frames=3 Copies=3 StripeBits=2
// run: Slots=2 Rows=6 Frames=3 Copies=2 StripeBits=3
// run: Slots=1 Rows=1 Frames=3 Copies=2 StripeBits=2
// run: Slots=16 Rows=50 Frames=5 Copies=1
`default_nettype none

module tb_left;
  parameter Bits = 4;
  parameter Slots = 3;
  parameter Rows = 5;
  parameter StripeBits = 1;
  parameter Frames = 3;
  parameter Copies = 2;
  parameter Seed = 1;

  localparam Stripes = ((1 << StripeBits) < Rows) ? (1 << StripeBits) : Rows;
  localparam Banks = Slots * Stripes;
  localparam BankRows = (Rows + (1 << StripeBits) - 1) >> StripeBits;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam Reads = 12;  // cycles that a frame is read

  reg                                 clk = 1'b0;
  reg                                 rst_n = 1'b0;
  reg  [                   Slots-1:0] we = 'b0;
  reg  [           Slots*RowBits-1:0] wrow = 'b0;
  reg  [              Slots*Bits-1:0] wdata = 'b0;
  reg                                 wframe_end = 1'b0;
  reg  [Copies*Banks*BankRowBits-1:0] row = 'b0;
  reg                                 rframe_end = 1'b0;
  wire [       Copies*Bits*Banks-1:0] column;

  cf_left #(
      .Bits(Bits),
      .Slots(Slots),
      .Rows(Rows),
      .StripeBits(StripeBits),
      .Frames(Frames),
      .Copies(Copies)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .we_i(we),
      .wrow_i(wrow),
      .wdata_i(wdata),
      .wframe_end_i(wframe_end),
      .row_i(row),
      .rframe_end_i(rframe_end),
      .column_o(column)
  );

  reg [Bits-1:0] shadow[0:Frames*Slots*Rows-1];  // (frame in ring, slot, row)
  reg [Bits-1:0] want[0:Copies*Banks-1];
  reg care[0:Copies*Banks-1];
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
        for (c = 0; c < Copies; c = c + 1)
          for (t = 0; t < Stripes; t = t + 1)
            for (s = 0; s < Slots; s = s + 1) begin
              bank = s + Slots * t;
              at = c * Banks + bank;
              b = {$random(seed)} % BankRows;
              r = b * (1 << StripeBits) + t;
              row[at*BankRowBits+:BankRowBits] = b;
              care[at] = r < Rows;
              if (r < Rows) want[at] = shadow[((read%Frames)*Slots+s)*Rows+r];
            end
        rpos = rpos + 1;
        rframe_end = rpos == Reads;
      end
      we = 'b0;
      wframe_end = 1'b0;
      if (written - read < Frames && {$random(seed)} % 4 != 0) begin
        for (s = 0; s < Slots; s = s + 1) begin
          r = (wpos + s) % Rows;
          wrow[s*RowBits+:RowBits] = r;
          wdata[s*Bits+:Bits] = $random(seed);
          we[s] = 1'b1;
          shadow[((written%Frames)*Slots+s)*Rows+r] = wdata[s*Bits+:Bits];
        end
        wpos = wpos + 1;
        wframe_end = wpos == Rows;
      end
      #1 clk = 1'b1;
      #1 clk = 1'b0;
      if (reading)
        for (c = 0; c < Copies; c = c + 1)
          for (bank = 0; bank < Banks; bank = bank + 1)
            if (care[c*Banks+bank]) begin
              for (b = 0; b < Bits; b = b + 1) got[b] = column[(c*Bits+b)*Banks+bank];
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
