// Deals what a producer writes over the banks of a left memory: from the row in which a word
// arrives in its slot (0, 1, 2, ... within a frame) to its stripe and bank row.
//
// Place = 0: stripe = row mod Stripes, bank row = row div Stripes. Where Stripes is no power of two
// this is counted along with the writes, and row 0 starts the count again: so does a frame after
// one that was dropped half way.
// Place = 1: a ROM says where, one line a row. Field s is slot s's, low bits first: stripe (absent
// with one stripe), then bank row (absent with one bank row); field s is at bit s times the width
// of a field. With neither there is no ROM.
//
// Does:      deals, for all slots at once where they write the same row.
// Does not:  store.
// Latency:   Place = 0: none; Place = 1: 1 cycle for everything, the frame's end too.
// Limits:    1 <= Bits, Slots, Rows; 1 <= Stripes <= Rows. Place = 0: BankRows = ceil(Rows /
//            Stripes). Lockstep = 1: all slots that write in a cycle write the same row, and slot 0
//            is one of them. Place = 1 needs Lockstep = 1.
`default_nettype none

module cf_deal #(
    parameter Bits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    parameter Stripes = 1,
    parameter BankRows = 50,
    parameter Lockstep = 0,
    parameter Place = 0,
    parameter PlaceFile = "",
    parameter [31:0] PlaceHash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1,
    parameter StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1,
    parameter BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1
) (
    input  wire                         clk_i,
    input  wire                         rst_ni,
    input  wire [            Slots-1:0] we_i,
    input  wire [    Slots*RowBits-1:0] wrow_i,
    input  wire [       Slots*Bits-1:0] wdata_i,
    input  wire                         wframe_end_i,
    output wire [            Slots-1:0] we_o,
    output wire [ Slots*StripeBits-1:0] wstripe_o,
    output wire [Slots*BankRowBits-1:0] wrow_o,
    output wire [       Slots*Bits-1:0] wdata_o,
    output wire                         wframe_end_o
);

  generate
    if (Bits < 1 || Slots < 1 || Rows < 1 || Stripes < 1 || Stripes > Rows ||
        Stripes * BankRows < Rows || (Place == 0 && (BankRows - 1) * Stripes >= Rows) ||
        (Place != 0 && Lockstep == 0)) begin : g_illegal
      cf_deal_needs_Stripes_up_to_Rows_banks_for_all_rows_and_Lockstep_for_Place stop ();  // none
    end
  endgenerate

  genvar s;
  generate
    if (Place != 0) begin : g_place
      localparam StripePart = (Stripes > 1) ? StripeBits : 0;
      localparam RowPart = (BankRows > 1) ? BankRowBits : 0;
      localparam FieldBits = StripePart + RowPart;

      cf_delay_flag #(
          .Depth(1)
      ) i_frame_end (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (wframe_end_i),
          .q_o   (wframe_end_o)
      );

      cf_delay #(
          .Width(Slots * Bits),
          .Depth(1)
      ) i_data (
          .clk_i(clk_i),
          .d_i  (wdata_i),
          .q_o  (wdata_o)
      );

      for (s = 0; s < Slots; s = s + 1) begin : g_we
        cf_delay_flag #(
            .Depth(1)
        ) i_we (
            .clk_i (clk_i),
            .rst_ni(rst_ni),
            .d_i   (we_i[s]),
            .q_o   (we_o[s])
        );
      end

      if (FieldBits > 0) begin : g_rom
        wire [Slots*FieldBits-1:0] field;

        cf_rom #(
            .Width(Slots * FieldBits),
            .Depth(Rows),
            .File (PlaceFile),
            .Hash (PlaceHash)
        ) i_place_rom (
            .clk_i (clk_i),
            .addr_i(wrow_i[RowBits-1:0]),
            .data_o(field)
        );

        for (s = 0; s < Slots; s = s + 1) begin : g_slot
          if (Stripes > 1) begin : g_stripe
            assign wstripe_o[s*StripeBits+:StripeBits] = field[s*FieldBits+:StripeBits];
          end else begin : g_no_stripe
            assign wstripe_o[s] = 1'b0;
          end
          if (BankRows > 1) begin : g_row
            assign wrow_o[s*BankRowBits+:BankRowBits] = field[s*FieldBits+StripePart+:BankRowBits];
          end else begin : g_no_row
            assign wrow_o[s] = 1'b0;
          end
        end
      end else begin : g_no_rom
        assign wstripe_o = 'b0;
        assign wrow_o = 'b0;
      end
      wire unused_wrow = &{1'b0, wrow_i};
    end else begin : g_turn
      localparam Counts = (Lockstep != 0) ? 1 : Slots;
      localparam Shift = $clog2(Stripes);  // of a power of two
      localparam LastStripeInt = Stripes - 1;
      localparam [StripeBits-1:0] LastStripe = LastStripeInt[StripeBits-1:0];
      localparam Counted = (BankRows > 1 && Stripes != (1 << Shift)) ? 1 : 0;

      assign we_o = we_i;
      assign wdata_o = wdata_i;
      assign wframe_end_o = wframe_end_i;

      for (s = 0; s < Counts; s = s + 1) begin : g_count
        wire [    RowBits-1:0] row = wrow_i[s*RowBits+:RowBits];
        wire [ StripeBits-1:0] stripe;
        wire [BankRowBits-1:0] bank_row;

        if (Counted != 0) begin : g_counted
          reg  [ StripeBits-1:0] stripe_q;  // of the next write, unless it starts a frame
          reg  [BankRowBits-1:0] row_q;
          wire                   at_start = row == {RowBits{1'b0}};
          assign stripe   = at_start ? {StripeBits{1'b0}} : stripe_q;
          assign bank_row = at_start ? {BankRowBits{1'b0}} : row_q;
          always @(posedge clk_i)
            if (we_i[s]) begin
              stripe_q <= (stripe == LastStripe) ? {StripeBits{1'b0}} : stripe + 1'b1;
              row_q    <= (stripe == LastStripe) ? bank_row + 1'b1 : bank_row;
            end
        end else begin : g_sliced
          if (Stripes > 1) begin : g_stripe
            assign stripe = row[StripeBits-1:0];
          end else begin : g_no_stripe
            assign stripe = 1'b0;
          end
          if (BankRows > 1) begin : g_row
            assign bank_row = row[Shift+:BankRowBits];
          end else begin : g_no_row
            assign bank_row = 1'b0;
          end
        end
        wire unused_row = &{1'b0, row};
      end

      for (s = 0; s < Slots; s = s + 1) begin : g_slot
        localparam Count = (Lockstep != 0) ? 0 : s;
        assign wstripe_o[s*StripeBits+:StripeBits] = g_count[Count].stripe;
        assign wrow_o[s*BankRowBits+:BankRowBits]  = g_count[Count].bank_row;
      end
      wire unused_clock = &{1'b0, clk_i, rst_ni, wrow_i};
    end
  endgenerate

endmodule

`default_nettype wire
