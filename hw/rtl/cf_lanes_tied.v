// The lanes of a tied junction up to their operands: cycle number in, activations and weights out.
//
// `Lines` lines of `Width` lanes. Lane i of a line reads only banks b with b mod Width = i of its
// line's copy of the left memory (Shared = 1: of the one copy that all lines read alike). Most
// often that is one bank; where there are m = Banks / Width > 1, all of them read the same bank row
// and the lane selects.
//
// Addresses = 0: counted, see cf_count. AddressFile holds the starts, a line a sweep.
// Addresses = 1: AddressFile holds the addresses, a line a cycle.
// Addresses = 2: none, because m = 1 and a bank has one row. No file.
// A line of AddressFile has a field for each lane of each copy: copy c, lane i is field c * Width +
// i, at bit (c * Width + i) * (bits of a field). An address is, low bits first: which of the m
// banks (bank i + Width * this; ceil(log2(m)) bits, absent with m = 1), then the bank row
// (ceil(log2(BankRows)) bits, absent with one row); those are the bits of a field in a table of
// addresses. Counted addresses have ceil(log2(Depth)) bits, at least 1.
// WeightFile: a line a cycle; line v, lane i is field v * Width + i of WeightBits bits.
// PlaceFile: see cf_deal. Places go with banks in a ring: see cf_left.
//
// Does:      deals and stores what is written, finds addresses, reads, selects, and brings the
//            weights at the same time.
// Does not:  multiply.
// Latency:   from `cycle_i` to `act_o` and `weight_o`: 2 cycles, 3 with m > 1. Banks are read one
//            cycle after `cycle_i`.
// Limits:    as cf_left, cf_deal, cf_count; Width divides Slots * Stripes; Addresses = 0: m is a
//            power of two, Depth <= m * BankRows.
`default_nettype none

module cf_lanes_tied #(
    parameter ActBits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 1,
    parameter BankRows = 50,
    parameter Lockstep = 0,
    parameter Place = 0,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter Lines = 2,
    parameter Width = 8,
    parameter Shared = 0,
    parameter Addresses = 0,
    parameter Depth = 100,
    parameter Sweeps = 2,
    parameter Steps = 5,
    parameter Skip = 1,
    parameter WeightBits = 6,
    parameter Cycles = 100,
    parameter PlaceFile = "",
    parameter [31:0] PlaceHash = 32'h0,
    parameter AddressFile = "",
    parameter [31:0] AddressHash = 32'h0,
    parameter WeightFile = "",
    parameter [31:0] WeightHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1,
    parameter Lanes = Lines * Width
) (
    input  wire                        clk_i,
    input  wire                        rst_ni,
    // write port of the left memory
    input  wire [           Slots-1:0] we_i,
    input  wire [   Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*ActBits-1:0] wdata_i,
    input  wire                        wframe_end_i,
    // decisions and permits of its frames, if gated
    input  wire                        decide_i,
    input  wire                        pass_i,
    output wire                        frame_o,
    output wire                        room_o,
    // schedule
    input  wire                        run_i,
    input  wire [       CycleBits-1:0] cycle_i,
    input  wire                        last_i,
    output wire [   Lanes*ActBits-1:0] act_o,
    output wire [Lanes*WeightBits-1:0] weight_o
);

  localparam Banks = Slots * Stripes;
  localparam Choices = Banks / Width;  // banks of a lane
  localparam Copies = (Shared != 0) ? 1 : Lines;

  generate
    if (Lines < 1 || Width < 1 || Banks % Width != 0 || Addresses < 0 || Addresses > 2 ||
        (Addresses == 2) != (Choices * BankRows == 1) ||
        (Addresses == 0 && (Depth > Choices * BankRows ||
                            Choices != (1 << $clog2(Choices))))) begin : g_illegal
      cf_lanes_tied_needs_Width_that_divides_the_banks_and_fitting_Addresses stop ();  // none
    end
  endgenerate

  localparam StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1;
  localparam BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1;
  localparam ChoiceBits = (Choices > 1) ? $clog2(Choices) : 1;
  localparam ChoicePart = (Choices > 1) ? ChoiceBits : 0;
  localparam RowPart = (BankRows > 1) ? BankRowBits : 0;
  localparam AddrBits = (ChoicePart + RowPart > 0) ? ChoicePart + RowPart : 1;
  localparam Fields = Copies * Width;
  localparam Latency = 2 + ((Choices > 1) ? 1 : 0);

  wire [             Slots-1:0] we;
  wire [  Slots*StripeBits-1:0] wstripe;
  wire [ Slots*BankRowBits-1:0] wrow;
  wire [     Slots*ActBits-1:0] wdata;
  wire                          wframe_end;
  wire [   Fields*AddrBits-1:0] addr;
  wire [Fields*BankRowBits-1:0] row;
  wire [Copies*ActBits*Banks-1:0] column;
  wire                          last_read;
  wire [         CycleBits-1:0] cycle_weight;

  cf_deal #(
      .Bits     (ActBits),
      .Slots    (Slots),
      .Rows     (Rows),
      .Stripes  (Stripes),
      .BankRows (BankRows),
      .Lockstep (Lockstep),
      .Place    (Place),
      .PlaceFile(PlaceFile),
      .PlaceHash(PlaceHash)
  ) i_deal (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we_i),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .we_o        (we),
      .wstripe_o   (wstripe),
      .wrow_o      (wrow),
      .wdata_o     (wdata),
      .wframe_end_o(wframe_end)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_read (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last_read)
  );

  cf_delay #(
      .Width(CycleBits),
      .Depth(Latency - 1)
  ) i_cycle_weight (
      .clk_i(clk_i),
      .d_i  (cycle_i),
      .q_o  (cycle_weight)
  );

  genvar c, l;
  generate
    if (Addresses == 0) begin : g_counted
      localparam CountBits = (Depth > 1) ? $clog2(Depth) : 1;
      wire [Fields*CountBits-1:0] count;

      cf_count #(
          .Depth (Depth),
          .Fields(Fields),
          .Sweeps(Sweeps),
          .Steps (Steps),
          .Skip  (Skip),
          .File  (AddressFile),
          .Hash  (AddressHash)
      ) i_count (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .run_i (run_i),
          .last_i(last_i),
          .addr_o(count)
      );

      for (c = 0; c < Fields; c = c + 1) begin : g_field
        if (CountBits < AddrBits) begin : g_zeros
          assign addr[c*AddrBits+:AddrBits] =
              {{(AddrBits - CountBits) {1'b0}}, count[c*CountBits+:CountBits]};
        end else begin : g_same
          assign addr[c*AddrBits+:AddrBits] = count[c*CountBits+:CountBits];
        end
      end
    end else begin : g_not_counted
      if (Addresses == 1) begin : g_table
        cf_rom #(
            .Width(Fields * AddrBits),
            .Depth(Cycles),
            .File (AddressFile),
            .Hash (AddressHash)
        ) i_address_rom (
            .clk_i (clk_i),
            .addr_i(cycle_i),
            .data_o(addr)
        );
      end else begin : g_none
        assign addr = 'b0;
      end
      wire unused_run = &{1'b0, run_i};
    end

    for (c = 0; c < Fields; c = c + 1) begin : g_row
      if (BankRows > 1) begin : g_address
        assign row[c*BankRowBits+:BankRowBits] = addr[c*AddrBits+ChoicePart+:BankRowBits];
      end else begin : g_first
        assign row[c] = 1'b0;
      end
    end

    for (l = 0; l < Lanes; l = l + 1) begin : g_lane
      localparam Line = l / Width;
      localparam Copy = (Shared != 0) ? 0 : Line;
      localparam Lane = l - Line * Width;
      localparam Field = Copy * Width + Lane;
      wire [ActBits*Choices-1:0] choices = column[Field*ActBits*Choices+:ActBits*Choices];

      if (Choices > 1) begin : g_select
        wire [ChoiceBits-1:0] choice;

        cf_delay #(
            .Width(ChoiceBits),
            .Depth(1)
        ) i_choice (
            .clk_i(clk_i),
            .d_i  (addr[Field*AddrBits+:ChoiceBits]),
            .q_o  (choice)
        );

        cf_select #(
            .Bits (ActBits),
            .Banks(Choices)
        ) i_select (
            .clk_i   (clk_i),
            .column_i(choices),
            .bank_i  (choice),
            .data_o  (act_o[l*ActBits+:ActBits])
        );
      end else begin : g_direct
        assign act_o[l*ActBits+:ActBits] = choices;
      end
    end
    if (BankRows == 1) begin : g_no_row
      wire unused_addr = &{1'b0, addr};
    end
  endgenerate

  cf_left #(
      .Bits    (ActBits),
      .Slots   (Slots),
      .Stripes (Stripes),
      .BankRows(BankRows),
      .Frames  (Frames),
      .Copies  (Copies),
      .Fields  (Width),
      .Ring    (Place),
      .Readers (Width),
      .Gated   (Gated)
  ) i_left (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we),
      .wstripe_i   (wstripe),
      .wrow_i      (wrow),
      .wdata_i     (wdata),
      .wframe_end_i(wframe_end),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .frame_o     (frame_o),
      .room_o      (room_o),
      .row_i       (row),
      .rframe_end_i(last_read),
      .column_o    (column)
  );

  cf_rom #(
      .Width(Lanes * WeightBits),
      .Depth(Cycles),
      .File (WeightFile),
      .Hash (WeightHash)
  ) i_weight_rom (
      .clk_i (clk_i),
      .addr_i(cycle_weight),
      .data_o(weight_o)
  );

endmodule

`default_nettype wire
