// Gathers pieces of a few bits into words, behind the 32 bits of a packet's header.
//
// Does:      appends a piece a cycle to what there is of a packet, gives a word when it is full and
//            the packet's last when the packet ends. Bit 0 of the header is `tag_i` of the packet's
//            first piece, the other 31 are zero.
// Does not:  wait: a piece may come every cycle, and the next packet's first behind a last.
// Latency:   2 cycles from the piece that fills or ends a word; where the last piece fills a word
//            and begins another, 3 for that other.
// Limits:    `piece_i` is zero from bit `length_i` on. WordBits is a multiple of 8 above
//            32 + PieceBits: so a packet's first piece never fills a word, and the cycle is free
//            for what is left of the packet before.
`default_nettype none

module cf_gather #(
    parameter PieceBits = 28,
    parameter WordBits = 64,
    // derived, not to be set
    parameter LengthBits = $clog2(PieceBits + 1),
    parameter BytesBits = $clog2(WordBits / 8)
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    // pieces
    input  wire                  valid_i,
    input  wire                  last_i,
    input  wire                  tag_i,
    input  wire [ PieceBits-1:0] piece_i,
    input  wire [LengthBits-1:0] length_i,
    // words; bytes_o + 1 bytes of a packet's last are used
    output reg                   valid_o,
    output reg                   last_o,
    output reg  [ BytesBits-1:0] bytes_o,
    output reg  [  WordBits-1:0] word_o
);

  generate
    if (PieceBits < 2 || WordBits % 8 != 0 || WordBits <= 32 + PieceBits) begin : g_illegal
      cf_gather_needs_words_of_whole_bytes_above_32_and_PieceBits stop ();  // no such module
    end
  endgenerate

  localparam PlaceBits = $clog2(WordBits);
  localparam HighBits = 2;  // of the shift: the rest is done a stage earlier
  localparam LowBits = PlaceBits - HighBits;
  localparam MidBits = PieceBits + (1 << LowBits) - 1;
  localparam [PlaceBits-1:0] Start = 32;
  localparam [PlaceBits:0] Word = WordBits[PlaceBits:0];
  localparam LastByteInt = WordBits / 8 - 1;
  localparam [BytesBits-1:0] LastByte = LastByteInt[BytesBits-1:0];

  // where the piece goes, and a first part of its shift
  reg  [PlaceBits-1:0] place_q;
  reg                  valid_q;
  reg                  last_q;
  reg                  over_q;   // reaches the end of the word
  reg                  exact_q;  // ends with the end of the word
  reg                  tag_q;
  reg  [PlaceBits-1:0] end_q;    // bits used of the word in which the piece ends, if not exact
  reg  [ HighBits-1:0] high_q;
  reg  [  MidBits-1:0] mid_q;
  wire [  PlaceBits:0] sum = {1'b0, place_q} + {{(PlaceBits + 1 - LengthBits) {1'b0}}, length_i};
  wire [  PlaceBits:0] rest = sum - Word;
  wire                 over = sum >= Word;
  wire [PlaceBits-1:0] stop = over ? rest[PlaceBits-1:0] : sum[PlaceBits-1:0];

  always @(posedge clk_i) begin
    last_q  <= last_i;
    over_q  <= over;
    exact_q <= rest == {(PlaceBits + 1) {1'b0}};
    tag_q   <= tag_i;
    end_q   <= stop;
    high_q  <= place_q[PlaceBits-1:LowBits];
    mid_q   <= {{(MidBits - PieceBits) {1'b0}}, piece_i} << place_q[LowBits-1:0];
    if (!rst_ni) begin
      valid_q <= 1'b0;
      place_q <= Start;
    end else begin
      valid_q <= valid_i;
      if (valid_i) place_q <= last_i ? Start : stop;
    end
  end

  // the rest of the shift, and the word
  reg  [ WordBits-1:0] word_q;   // the bits so far
  reg                  spill_q;  // word_q is the end of a packet, and no piece is to come
  wire [(WordBits + PieceBits - 1)-1:0] shifted =
      {{(WordBits + PieceBits - 1 - MidBits) {1'b0}}, mid_q} << {high_q, {LowBits{1'b0}}};
  // what spilled over a word has less than a piece's bits: the others are zero without being told
  wire [PieceBits-2:0] spilled = word_q[PieceBits-2:0];
  wire [ WordBits-1:0] kept =
      {word_q[WordBits-1:PieceBits-1], spill_q ? {(PieceBits - 1) {1'b0}} : spilled};
  wire [ WordBits-1:0] word =
      kept | shifted[WordBits-1:0] | {{(WordBits - 1) {1'b0}}, tag_q};
  wire [BytesBits-1:0] last_byte =
      end_q[PlaceBits-1:3] - {{(BytesBits - 1) {1'b0}}, end_q[2:0] == 3'd0};

  always @(posedge clk_i) begin
    word_o <= spill_q ? {{(WordBits - PieceBits + 1) {1'b0}}, spilled} : word;
    last_o <= spill_q || (last_q && (!over_q || exact_q));
    if (!spill_q) bytes_o <= exact_q ? LastByte : last_byte;
    if (valid_q && over_q)
      word_q <= {{(WordBits - PieceBits + 1) {1'b0}}, shifted[WordBits+:PieceBits-1]};
    else if (valid_q ? last_q : spill_q) word_q <= {WordBits{1'b0}};
    else if (valid_q) word_q <= word;
    if (!rst_ni) begin
      word_q  <= {WordBits{1'b0}};
      valid_o <= 1'b0;
      spill_q <= 1'b0;
    end else begin
      valid_o <= spill_q || (valid_q && (over_q || last_q));
      spill_q <= valid_q && last_q && over_q && !exact_q;
    end
  end

endmodule

`default_nettype wire
