// The left memory of a junction: the activations of several frames, in banks, in copies.
//
// A bank holds one code a row and frame and can be read once a cycle. The producer writes each of
// its `Slots` into one of that slot's `Stripes` banks, at a bank row of its own (see cf_deal): bank
// slot + Slots * stripe. All of it stands in `Copies` copies, each with `Fields` row fields: bank b
// of copy c is read at row field c * Fields + (b mod Fields). Fields = Banks gives every bank a row
// of its own; 1 gives all banks the same, enough for a copy that only one lane reads; w gives one
// to each of w lanes that read banks b with b mod w = lane.
//
// With Ring = 1 (and Fields = w) the banks are numbered so that a slot's stripes belong to lanes
// next to each other, wherever that slot stands, and slots next to each other share lanes: v =
// floor(slot * w / Slots) + stripe belongs to lane v mod w, and is the lane's bank number k =
// floor(((v + 1) * Slots - 1) / w) - slot: bank v mod w + w * k.
//
// Does:      keeps `Frames` frames: one is written while an older one is read. Gated = 0: in a
//            ring, all are read. Gated = 1: in a pool, only those that pass: see cf_places.
// Does not:  know whether a frame is complete: the permits of cf_credit do.
// Latency:   1 cycle from `row_i` to `column_o`; a word may be read in the cycle after its write.
// Output:    `column_o` is bit-sliced for the selectors of `Readers` lanes a copy, lane i of which
//            takes banks b with b mod Readers = i, m = Banks / Readers of them: bit b of all banks
//            of copy c's lane i is column_o[((c * Readers + i) * Bits + b) * m +: m].
// Limits:    2 <= Frames, 1 <= Bits, Slots, Stripes, BankRows, Copies, Fields, Readers; stripe and
//            rows in range; Readers divides the banks. Ring = 1: Stripes is a multiple of
//            Fields / gcd(Fields, Slots). With one stripe `wstripe_i`, with one bank row `wrow_i`
//            and `row_i` mean nothing.
`default_nettype none

module cf_left #(
    parameter Bits = 4,
    parameter Slots = 16,
    parameter Stripes = 1,
    parameter BankRows = 50,
    parameter Frames = 2,
    parameter Copies = 1,
    parameter Fields = 16,
    parameter Ring = 0,
    parameter Readers = 1,
    parameter Gated = 0,
    // derived, not to be set
    parameter StripeBits = (Stripes > 1) ? $clog2(Stripes) : 1,
    parameter BankRowBits = (BankRows > 1) ? $clog2(BankRows) : 1,
    parameter Banks = Slots * Stripes
) (
    input  wire                                 clk_i,
    input  wire                                 rst_ni,
    // write port
    input  wire [                    Slots-1:0] we_i,
    input  wire [         Slots*StripeBits-1:0] wstripe_i,
    input  wire [        Slots*BankRowBits-1:0] wrow_i,
    input  wire [               Slots*Bits-1:0] wdata_i,
    input  wire                                 wframe_end_i,
    // decisions and permits of gated frames
    input  wire                                 decide_i,
    input  wire                                 pass_i,
    output wire                                 frame_o,
    output wire                                 room_o,
    // read port
    input  wire [Copies*Fields*BankRowBits-1:0] row_i,
    input  wire                                 rframe_end_i,
    output wire [        Copies*Bits*Banks-1:0] column_o
);

  generate
    if (Frames < 2 || Bits < 1 || Slots < 1 || Stripes < 1 || BankRows < 1 || Copies < 1 ||
        Fields < 1 || Readers < 1 || Slots * Stripes % Readers != 0 ||
        (Ring != 0 && Slots * Stripes % Fields != 0)) begin : g_illegal
      cf_left_needs_Frames_of_at_least_2_and_all_else_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Choices = Banks / Readers;
  localparam FrameBits = $clog2(Frames);
  localparam AddrBits = (BankRows > 1) ? FrameBits + BankRowBits : FrameBits;
  localparam Depth = 1 << AddrBits;  // a power of two: no other takes fewer LUTs

  wire [FrameBits-1:0] wplace;
  wire [FrameBits-1:0] rplace;

  cf_places #(
      .Frames(Frames),
      .Gated (Gated)
  ) i_places (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .wframe_end_i(wframe_end_i),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .rframe_end_i(rframe_end_i),
      .wplace_o    (wplace),
      .rplace_o    (rplace),
      .frame_o     (frame_o),
      .room_o      (room_o)
  );

  genvar c, s, t, b;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      wire [Bits-1:0] wdata = wdata_i[s*Bits+:Bits];

      for (t = 0; t < Stripes; t = t + 1) begin : g_stripe
        localparam Turn = s * Fields / Slots + t;
        localparam Bank = (Ring == 0) ? s + Slots * t :
            Turn % Fields + Fields * (((Turn + 1) * Slots - 1) / Fields - s);
        localparam Reader = Bank % Readers;
        wire                we;
        wire [AddrBits-1:0] waddr;

        if (Stripes > 1) begin : g_striped
          localparam [StripeBits-1:0] Stripe = t;
          assign we = we_i[s] && wstripe_i[s*StripeBits+:StripeBits] == Stripe;
        end else begin : g_plain
          assign we = we_i[s];
        end
        if (BankRows > 1) begin : g_rows
          assign waddr = {wplace, wrow_i[s*BankRowBits+:BankRowBits]};
        end else begin : g_row
          assign waddr = wplace;
        end

        for (c = 0; c < Copies; c = c + 1) begin : g_copy
          wire [AddrBits-1:0] raddr;
          wire [    Bits-1:0] rdata;

          if (BankRows > 1) begin : g_raddr
            localparam Field = c * Fields + Bank % Fields;
            assign raddr = {rplace, row_i[Field*BankRowBits+:BankRowBits]};
          end else begin : g_rframe
            assign raddr = rplace;
          end

          cf_ram #(
              .Width(Bits),
              .Depth(Depth)
          ) i_bank (
              .clk_i  (clk_i),
              .we_i   (we),
              .waddr_i(waddr),
              .wdata_i(wdata),
              .raddr_i(raddr),
              .rdata_o(rdata)
          );

          for (b = 0; b < Bits; b = b + 1) begin : g_bit
            assign column_o[((c*Readers+Reader)*Bits+b)*Choices+Bank/Readers] = rdata[b];
          end
        end
      end
    end
    if (Stripes == 1) begin : g_no_stripe
      wire unused_stripe = &{1'b0, wstripe_i};
    end
    if (BankRows == 1) begin : g_no_address
      wire unused_row = &{1'b0, row_i, wrow_i};
    end
  endgenerate

endmodule

`default_nettype wire
