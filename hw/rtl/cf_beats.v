// A FIFO of words that leave as beats, with room promised a packet at a time.
//
// Does:      keeps words and sends each in WordBits / BusBits beats, the last of a packet in as
//            many as it needs. `room_take_i` keeps room for a packet of PacketWords words, the
//            largest; what a packet leaves may be promised again 2 cycles after its last word.
// Does not:  refuse a word: whoever writes has taken room for the packet.
// Latency:   2 cycles from `we_i` to the word's first beat; a word that left makes room in the
//            second cycle after.
// Handshake: AXI4-Stream master; nothing changes while `m_axis_tvalid && !m_axis_tready`.
// Limits:    BusBits a multiple of 8 that divides WordBits, 16 <= WordBits;
//            1 <= PacketWords <= Words.
`default_nettype none

module cf_beats #(
    parameter BusBits = 64,
    parameter WordBits = 64,
    parameter Words = 16,
    parameter PacketWords = 5,
    // derived, not to be set
    parameter BytesBits = $clog2(WordBits / 8)
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    // packets
    output wire                 room_avail_o,
    input  wire                 room_take_i,
    // words; wbytes_i + 1 bytes of a packet's last are used
    input  wire                 we_i,
    input  wire                 wlast_i,
    input  wire [BytesBits-1:0] wbytes_i,
    input  wire [ WordBits-1:0] wdata_i,
    // beats
    output wire [  BusBits-1:0] m_axis_tdata,
    output wire [BusBits/8-1:0] m_axis_tkeep,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire                 m_axis_tlast
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0 || WordBits < 16 || WordBits < BusBits ||
        WordBits % BusBits != 0 || PacketWords < 1 || PacketWords > Words) begin : g_illegal
      cf_beats_needs_whole_bytes_beats_that_divide_words_and_room_for_a_packet stop ();  // none
    end
  endgenerate

  localparam Beats = WordBits / BusBits;  // a word
  localparam Bytes = BusBits / 8;  // a beat
  localparam RoomBits = $clog2(Words + 1) + 1;
  localparam LeftInt = Words - PacketWords;
  localparam [RoomBits-1:0] Left = LeftInt[RoomBits-1:0];
  localparam [RoomBits-1:0] Packet = PacketWords[RoomBits-1:0];
  localparam [RoomBits-1:0] Nothing = 0;
  localparam AddrBits = (Words > 1) ? $clog2(Words) : 1;
  localparam Depth = 1 << AddrBits;

  // words that are neither there nor promised, less those of a packet: below 0, no packet may start
  reg  [RoomBits-1:0] room_q;
  reg  [RoomBits-1:0] give_q;
  wire [RoomBits-1:0] unused_words;  // that the packet which ends now left
  wire                pop;

  assign room_avail_o = !room_q[RoomBits-1];

  always @(posedge aclk) begin
    if (!aresetn) begin
      room_q <= Left;
      give_q <= Nothing;
    end else begin
      room_q <= room_q - (room_take_i ? Packet : Nothing) + give_q;
      give_q <= ((we_i && wlast_i) ? unused_words : Nothing) + {{(RoomBits - 1) {1'b0}}, pop};
    end
  end

  generate
    if (PacketWords > 1) begin : g_words
      localparam CountBits = $clog2(PacketWords);
      localparam MostInt = PacketWords - 1;
      localparam [CountBits-1:0] Most = MostInt[CountBits-1:0];
      reg [CountBits-1:0] left_q;
      assign unused_words = {{(RoomBits - CountBits) {1'b0}}, left_q};
      always @(posedge aclk) begin
        if (!aresetn) left_q <= Most;
        else if (we_i) left_q <= wlast_i ? Most : left_q - 1'b1;
      end
    end else begin : g_word
      assign unused_words = Nothing;
    end
  endgenerate

  // the memory's output register holds the oldest word: it is read again in each cycle
  reg  [AddrBits:0] write_q;
  reg  [AddrBits:0] read_q;
  wire [AddrBits:0] read = pop ? read_q + 1'b1 : read_q;
  reg               valid_q;
  wire              last;
  wire [BytesBits-1:0] bytes;
  wire [ WordBits-1:0] word;

  assign m_axis_tvalid = valid_q;

  always @(posedge aclk) begin
    if (!aresetn) begin
      write_q <= {(AddrBits + 1) {1'b0}};
      read_q  <= {(AddrBits + 1) {1'b0}};
      valid_q <= 1'b0;
    end else begin
      if (we_i) write_q <= write_q + 1'b1;
      read_q  <= read;
      valid_q <= read != write_q;
    end
  end

  cf_ram #(
      .Width(1 + BytesBits + WordBits),
      .Depth(Depth)
  ) i_words (
      .clk_i  (aclk),
      .we_i   (we_i),
      .waddr_i(write_q[AddrBits-1:0]),
      .wdata_i({wlast_i, wbytes_i, wdata_i}),
      .raddr_i(read[AddrBits-1:0]),
      .rdata_o({last, bytes, word})
  );

  genvar k, i;
  generate
    if (Beats > 1) begin : g_beats
      localparam BeatBits = $clog2(Beats);
      localparam LastBeatInt = Beats - 1;
      localparam [BeatBits-1:0] LastBeat = LastBeatInt[BeatBits-1:0];
      reg  [BeatBits-1:0] beat_q;
      wire [ BusBits-1:0] data[0:Beats-1];
      wire [   Beats-1:0] more;  // a last word has bytes behind beat k
      wire [   Bytes-1:0] keep[0:Beats-1];

      for (k = 0; k < Beats; k = k + 1) begin : g_beat
        assign data[k] = word[k*BusBits+:BusBits];
        if (k == Beats - 1) begin : g_end
          assign more[k] = 1'b0;
        end else begin : g_more
          localparam FirstInt = (k + 1) * Bytes;
          localparam [BytesBits-1:0] First = FirstInt[BytesBits-1:0];
          assign more[k] = bytes >= First;
        end
        for (i = 0; i < Bytes; i = i + 1) begin : g_byte
          localparam ByteInt = k * Bytes + i;
          localparam [BytesBits-1:0] Byte = ByteInt[BytesBits-1:0];
          if (i == 0) begin : g_first
            assign keep[k][i] = 1'b1;
          end else begin : g_next
            assign keep[k][i] = bytes >= Byte;
          end
        end
      end

      assign m_axis_tdata = data[beat_q];
      assign m_axis_tlast = last && !more[beat_q];
      assign m_axis_tkeep = keep[beat_q] | {Bytes{!last}};
      assign pop = m_axis_tvalid && m_axis_tready && (m_axis_tlast || beat_q == LastBeat);

      always @(posedge aclk) begin
        if (!aresetn || pop) beat_q <= {BeatBits{1'b0}};
        else if (m_axis_tvalid && m_axis_tready) beat_q <= beat_q + 1'b1;
      end
    end else begin : g_one
      assign m_axis_tdata = word;
      assign m_axis_tlast = last;
      assign pop = m_axis_tvalid && m_axis_tready;
      for (i = 0; i < Bytes; i = i + 1) begin : g_byte
        localparam [BytesBits-1:0] Byte = i;
        if (i == 0) begin : g_first
          assign m_axis_tkeep[i] = 1'b1;
        end else begin : g_next
          assign m_axis_tkeep[i] = !last || bytes >= Byte;
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
