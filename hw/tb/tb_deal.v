// cf_deal against division and a table: words arrive row by row in each slot, with idle cycles, some
// frames are broken off and started again; where they go is compared with `row mod Stripes` and
// `row div Stripes`, or with a random table.
// run: Slots=3 Rows=1 Stripes=1
// run: Slots=3 Rows=10 Stripes=1
// run: Slots=3 Rows=10 Stripes=4
// run: Slots=2 Rows=11 Stripes=3
// run: Slots=3 Rows=7 Stripes=6
// run: Slots=3 Rows=6 Stripes=3 Lockstep=1
// run: Slots=2 Rows=5 Stripes=5 Lockstep=1
// run: Slots=1 Rows=8 Stripes=2 Lockstep=1
// run: Slots=3 Rows=10 Stripes=3 BankRows=4 Lockstep=1 Place=1
// run: Slots=3 Rows=10 Stripes=1 BankRows=10 Lockstep=1 Place=1
// run: Slots=2 Rows=7 Stripes=7 BankRows=1 Lockstep=1 Place=1
// run: Slots=2 Rows=1 Stripes=1 BankRows=1 Lockstep=1 Place=1
`define SYNTHESIS  // the tables are put into the ROMs from here, without files and their check
`default_nettype none

module tb_deal;
  parameter Slots = 3;
  parameter Rows = 10;
  parameter Stripes = 3;
  parameter BankRows = (Rows + Stripes - 1) / Stripes;
  parameter Lockstep = 0;
  parameter Place = 0;
  parameter Seed = 1;

  localparam Bits = 8;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam StripePart = (Stripes > 1) ? StripeBits : 0;
  localparam RowPart = (BankRows > 1) ? BankRowBits : 0;
  localparam FieldBits = StripePart + RowPart;

  reg                          clk = 1'b0;
  reg                          rst_n = 1'b0;
  reg  [            Slots-1:0] we = 'b0;
  reg  [    Slots*RowBits-1:0] wrow = 'b0;
  reg  [       Slots*Bits-1:0] wdata = 'b0;
  reg                          wframe_end = 1'b0;
  wire [            Slots-1:0] dealt_we;
  wire [ Slots*StripeBits-1:0] dealt_stripe;
  wire [Slots*BankRowBits-1:0] dealt_row;
  wire [       Slots*Bits-1:0] dealt_data;
  wire                         dealt_frame_end;

  cf_deal #(
      .Bits(Bits),
      .Slots(Slots),
      .Rows(Rows),
      .Stripes(Stripes),
      .BankRows(BankRows),
      .Lockstep(Lockstep),
      .Place(Place)
  ) dut (
      .clk_i(clk),
      .rst_ni(rst_n),
      .we_i(we),
      .wrow_i(wrow),
      .wdata_i(wdata),
      .wframe_end_i(wframe_end),
      .we_o(dealt_we),
      .wstripe_o(dealt_stripe),
      .wrow_o(dealt_row),
      .wdata_o(dealt_data),
      .wframe_end_o(dealt_frame_end)
  );

  reg [31:0] place[0:Rows*Slots-1];
  integer next[0:Slots-1];  // row of the slot's next word
  integer seed, cycle, s, r, stop, stripe, bank_row, errors, writes, frames;
  reg all;

  generate
    if (Place != 0 && FieldBits > 0) begin : g_table
      integer i, j;
      initial begin
        #1;
        for (i = 0; i < Rows; i = i + 1)
          for (j = 0; j < Slots; j = j + 1)
            dut.g_place.g_rom.i_place_rom.mem[i][j*FieldBits+:FieldBits] = place[i*Slots+j];
      end
    end
  endgenerate

  task look;  // at the words that were given in this cycle, or the one before
    begin
      if (dealt_we !== we || dealt_frame_end !== wframe_end) errors = errors + 1;
      for (s = 0; s < Slots; s = s + 1)
        if (we[s]) begin
          writes = writes + 1;
          r = wrow[s*RowBits+:RowBits];
          if (Place != 0) begin
            stripe = (Stripes > 1) ? place[r*Slots+s] & ((1 << StripePart) - 1) : 0;
            bank_row = (place[r*Slots+s] >> StripePart) & ((1 << RowPart) - 1);
          end else begin
            stripe = r % Stripes;
            bank_row = r / Stripes;
          end
          if (dealt_stripe[s*StripeBits+:StripeBits] !== stripe ||
              dealt_row[s*BankRowBits+:BankRowBits] !== bank_row ||
              dealt_data[s*Bits+:Bits] !== wdata[s*Bits+:Bits]) begin
            if (errors < 5)
              $display("slot %0d row %0d: stripe %0d row %0d, want %0d %0d", s, r,
                       dealt_stripe[s*StripeBits+:StripeBits],
                       dealt_row[s*BankRowBits+:BankRowBits], stripe, bank_row);
            errors = errors + 1;
          end
        end
    end
  endtask

  initial begin
    seed = Seed;
    errors = 0;
    writes = 0;
    frames = 0;
    for (s = 0; s < Rows * Slots; s = s + 1) place[s] = $random(seed);
    for (s = 0; s < Slots; s = s + 1) next[s] = 0;
    #2 clk = 1'b1;
    #1 clk = 1'b0;
    rst_n = 1'b1;
    stop = Rows;
    for (cycle = 0; cycle < 3000; cycle = cycle + 1) begin
      we = 'b0;
      wframe_end = 1'b0;
      if (Lockstep != 0) begin
        if ({$random(seed)} % 4 != 0) begin
          // the last row may have fewer words than slots
          we = (next[0] == Rows - 1) ? ({$random(seed)} | 1) : {Slots{1'b1}};
          wrow = {Slots{next[0][RowBits-1:0]}};
          next[0] = next[0] + 1;
        end
      end else
        for (s = 0; s < Slots; s = s + 1)
          if (next[s] < stop && {$random(seed)} % 3 != 0) begin
            we[s] = 1'b1;
            wrow[s*RowBits+:RowBits] = next[s];
            next[s] = next[s] + 1;
          end
      wdata = {$random(seed), $random(seed)};
      all = 1'b1;
      for (s = 0; s < Slots; s = s + 1)
        if (next[(Lockstep != 0) ? 0 : s] < stop) all = 1'b0;
      if (all) begin
        wframe_end = stop == Rows;
        frames = frames + 1;
        for (s = 0; s < Slots; s = s + 1) next[s] = 0;
        stop = ({$random(seed)} % 3 == 0) ? 1 + {$random(seed)} % Rows : Rows;  // broken off
      end
      #1 if (Place == 0) look;
      clk = 1'b1;
      #1 clk = 1'b0;
      if (Place != 0) look;
    end
    if (frames < 50 || writes < 500) errors = errors + 1;
    $display("%0s: %0d frames, %0d writes, %0d mismatches", (errors == 0) ? "PASS" : "FAIL", frames,
             writes, errors);
    $finish;
  end

endmodule

`default_nettype wire
