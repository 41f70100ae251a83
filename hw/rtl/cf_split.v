// The end of what is computed here of a network that is split: sends a frame's activations.
//
// The last junction's units write into a memory of `Frames` frames, which is read one row of all
// slots at a time. Slot s holds neurons ceil(s*Cycles/Steps) and up, in rows 0, 1, ...; of a row,
// `Group` slots are packed a cycle.
//
// Does:      a packet a frame, in order. Gated = 1: of frames that pass; one that exits is gone at
//            once, and no cycle is spent on it.
// Does not:  drop a packet: it starts a frame when there is room for the largest.
// Packet:    tag u16 (0 raw, 1 zero flags), 16 zero bits for the frame number (cf_number), then the
//            codes, row by row and in it slot by slot, without gaps from the low end, zero bits up
//            to a whole byte. Raw: each in Bits bits. Zero flags: a zero is one bit 0, any other
//            code a bit 1 and its Bits bits; taken where that is fewer bits. `m_axis_tuser` is 0.
// Latency:   Rows * ceil(Slots / Group) cycles a frame, one after the other with no gap. From a
//            frame's start (1 cycle after `frame_i`, 2 after `decide_i` at the earliest) to its
//            first beat: 9 + max(0, Clog(Slots) - 1) + Clog(Group) cycles, Clog(n) =
//            ceil(log2(n)), and one more for each group before the one that fills the first word
//            or ends the frame; a packer's word is the least multiple of BusBits above
//            32 + Group * (Bits + 1) bits.
// Handshake: permits upstream, AXI4-Stream master downstream.
// Area:      the packer's shifter grows with the word, Group * (Bits + 1) * log2 of both: Group
//            should be no larger than the frame's time asks for. 40 neurons of 6 bits, 4 a cycle, a
//            bus of 64 bits, 16 beats of FIFO: 437 LUTs of logic, 96 of memory (Yosys 0.23, xcup).
// Limits:    1 <= Neurons, 1 <= Bits <= 16; 1 <= Group <= Slots, and Group * (Bits + 1) <= BusBits
//            or Group = 1; BusBits a multiple of 8; FifoBeats beats hold the largest packet, in
//            whole words. All neurons lie in rows below Rows. Release: Gated = 0 only.
`default_nettype none

module cf_split #(
    parameter BusBits = 64,
    parameter Neurons = 40,
    parameter Bits = 6,
    parameter Slots = 4,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter Release = 0,
    parameter Group = 4,
    parameter FifoBeats = 16,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
    input  wire                     aclk,
    input  wire                     aresetn,
    // upstream
    output wire                     room_avail_o,
    input  wire                     room_take_i,
    input  wire                     frame_i,
    input  wire                     decide_i,
    input  wire                     pass_i,
    input  wire [        Slots-1:0] we_i,
    input  wire [Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*Bits-1:0] wdata_i,
    input  wire                     wframe_end_i,
    // packets
    output wire [      BusBits-1:0] m_axis_tdata,
    output wire [    BusBits/8-1:0] m_axis_tkeep,
    output wire                     m_axis_tvalid,
    input  wire                     m_axis_tready,
    output wire                     m_axis_tlast,
    output wire                     m_axis_tuser
);

  localparam PieceBits = Group * (Bits + 1);
  localparam LengthBits = $clog2(PieceBits + 1);
  localparam WordBeats = (32 + PieceBits) / BusBits + 1;
  localparam WordBits = WordBeats * BusBits;
  localparam BytesBits = $clog2(WordBits / 8);
  localparam Words = FifoBeats / WordBeats;
  localparam PacketWords = (32 + Neurons * Bits + WordBits - 1) / WordBits;
  localparam CountLevels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam JoinLevels = (Group > 1) ? $clog2(Group) : 0;
  // cycles by which the codes wait for the choice of their packing
  localparam Wait = (CountLevels > 1) ? CountLevels - 1 : 0;

  generate
    if (Neurons < 1 || Bits < 1 || Bits > 16 || Group < 1 || Group > Slots || BusBits < 8 ||
        BusBits % 8 != 0 || (Group > 1 && PieceBits > BusBits) ||
        Words < PacketWords) begin : g_illegal
      cf_split_needs_a_group_within_the_bus_and_a_FIFO_for_a_packet stop ();  // no such module
    end
  endgenerate

  wire                  room_avail;  // for a packet
  wire                  start;
  wire                  valid_code;
  wire                  first_code;
  wire                  last_code;
  wire [     Group-1:0] there;
  wire [Group*Bits-1:0] code;
  wire                  flags;
  wire                  valid_piece;
  wire                  last_piece;
  wire                  tag;
  wire [ PieceBits-1:0] piece;
  wire [LengthBits-1:0] length;
  wire                  valid_word;
  wire                  last_word;
  wire [ BytesBits-1:0] bytes;
  wire [  WordBits-1:0] word;

  cf_split_read #(
      .Neurons(Neurons),
      .Bits   (Bits),
      .Slots  (Slots),
      .Rows   (Rows),
      .Steps  (Steps),
      .Cycles (Cycles),
      .Frames (Frames),
      .Gated  (Gated),
      .Release(Release),
      .Group  (Group),
      .Wait   (Wait),
      .RowBits(RowBits)
  ) i_read (
      .clk_i       (aclk),
      .rst_ni      (aresetn),
      .room_avail_o(room_avail_o),
      .room_take_i (room_take_i),
      .frame_i     (frame_i),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .we_i        (we_i),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .room_avail_i(room_avail),
      .start_o     (start),
      .valid_o     (valid_code),
      .first_o     (first_code),
      .last_o      (last_code),
      .there_o     (there),
      .code_o      (code)
  );

  cf_packing #(
      .Neurons(Neurons),
      .Bits   (Bits),
      .Slots  (Slots),
      .Rows   (Rows),
      .Steps  (Steps),
      .Cycles (Cycles),
      .Frames (Frames),
      .Gated  (Gated),
      .RowBits(RowBits)
  ) i_packing (
      .clk_i       (aclk),
      .rst_ni      (aresetn),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .we_i        (we_i),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .pop_i       (last_code),
      .flags_o     (flags)
  );

  cf_concat #(
      .Codes(Group),
      .Bits (Bits)
  ) i_concat (
      .clk_i   (aclk),
      .flags_i (flags),
      .there_i (there),
      .code_i  (code),
      .word_o  (piece),
      .length_o(length)
  );

  cf_delay_flag #(
      .Depth(1 + JoinLevels)
  ) i_valid_piece (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (valid_code),
      .q_o   (valid_piece)
  );

  cf_delay_flag #(
      .Depth(1 + JoinLevels)
  ) i_last_piece (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (last_code),
      .q_o   (last_piece)
  );

  cf_delay_flag #(
      .Depth(1 + JoinLevels)
  ) i_tag (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (first_code && flags),
      .q_o   (tag)
  );

  cf_gather #(
      .PieceBits(PieceBits),
      .WordBits (WordBits)
  ) i_gather (
      .clk_i   (aclk),
      .rst_ni  (aresetn),
      .valid_i (valid_piece),
      .last_i  (last_piece),
      .tag_i   (tag),
      .piece_i (piece),
      .length_i(length),
      .valid_o (valid_word),
      .last_o  (last_word),
      .bytes_o (bytes),
      .word_o  (word)
  );

  cf_beats #(
      .BusBits    (BusBits),
      .WordBits   (WordBits),
      .Words      (Words),
      .PacketWords(PacketWords)
  ) i_beats (
      .aclk         (aclk),
      .aresetn      (aresetn),
      .room_avail_o (room_avail),
      .room_take_i  (start),
      .we_i         (valid_word),
      .wlast_i      (last_word),
      .wbytes_i     (bytes),
      .wdata_i      (word),
      .m_axis_tdata (m_axis_tdata),
      .m_axis_tkeep (m_axis_tkeep),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tlast (m_axis_tlast)
  );

  assign m_axis_tuser = 1'b0;  // not answered here

endmodule

`default_nettype wire
