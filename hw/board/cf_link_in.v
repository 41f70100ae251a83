// Makes frames on an AXI4-Stream of the messages that come from a host.
//
// Does:      takes messages of cf_unframe: type, tag, payload. That of type Frame is the bytes of
//            Beats beats, low end first. Beats are handed on as they fill, but the last one is
//            kept until the message is known to be good: then it goes with `tlast`, and its tag is
//            pushed. If the message is bad, the frame that has begun is given a wrong length, so
//            that its receiver drops it whole: one beat with `tlast` too early, or, where only
//            the last was missing, one without `tlast` and one with it too late.
//            Every message gets an answer: a frame its packet; a good one of type Identity, while
//            nothing is inside, the identity; all others an error.
// Does not:  hold a frame, or stall the host. A frame that comes while room_i is low, or of which a
//            beat is not taken before the next byte comes, is refused with Busy.
// Latency:   1 cycle from the byte that fills a beat, or from end_i, to tvalid.
// Handshake: AXI4-Stream; tvalid does not depend on tready. reply_o, push_o: one cycle.
// Limits:    BusBits a multiple of 8, 1 <= Beats; 4 cycles from one byte to the next. The receiver
//            drops frames that are not Beats beats long, as cf_stream_in does.
`default_nettype none

module cf_link_in #(
    parameter BusBits = 64,
    parameter Beats = 50
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    // messages
    input  wire [        7:0] data_i,
    input  wire               valid_i,
    input  wire               end_i,
    input  wire               good_i,
    // frames
    output wire [BusBits-1:0] m_axis_tdata,
    output wire               m_axis_tvalid,
    input  wire               m_axis_tready,
    output wire               m_axis_tlast,
    // tags of frames that are inside
    input  wire               room_i,
    input  wire               empty_i,
    output wire               push_o,
    output wire [        7:0] tag_o,
    // an answer that is no packet
    output wire               reply_o,
    output wire               error_o,  // of a reply: it is an error
    output wire [        7:0] code_o    // which one
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0 || Beats < 1) begin : g_illegal
      cf_link_in_needs_whole_bytes_and_Beats_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Bytes = BusBits / 8;
  localparam ByteBits = (Bytes > 1) ? $clog2(Bytes) : 1;
  localparam BeatBits = (Beats > 1) ? $clog2(Beats) : 1;
  localparam LastByteInt = Bytes - 1;
  localparam LastBeatInt = Beats - 1;
  localparam [ByteBits-1:0] LastByte = LastByteInt[ByteBits-1:0];
  localparam [BeatBits-1:0] LastBeat = LastBeatInt[BeatBits-1:0];

  localparam [7:0] Frame = "F";
  localparam [7:0] Identity = "I";

  localparam [7:0] Check = 8'd1;   // frame check sequence or serial line
  localparam [7:0] Length = 8'd2;
  localparam [7:0] Type = 8'd3;
  localparam [7:0] Busy = 8'd4;

  reg [        1:0] header_q;  // bytes of the header that are there: 2 is all
  reg               frame_q;   // the type
  reg               ask_q;
  reg [        7:0] tag_q;
  reg               take_q;    // a frame for which there is room
  reg [ByteBits-1:0] byte_q;   // of the beat
  reg [BeatBits-1:0] beat_q;   // beats handed on
  reg               full_q;    // all bytes are there
  reg               long_q;    // more than all
  reg [BusBits-1:0] data_q;
  reg               tvalid_q;
  reg               tlast_q;
  reg [        1:0] spoil_q;   // beats still to hand on of a frame that must be dropped

  wire header = header_q == 2'd2;
  wire payload = valid_i && header;
  wire stuck = tvalid_q && !m_axis_tready;
  wire fill = payload && take_q && !full_q && !stuck;
  wire fills = fill && byte_q == LastByte;
  wire spoiling = spoil_q != 2'd0 && !stuck;
  wire exact = full_q && !long_q;
  wire accept = end_i && good_i && take_q && exact;
  wire asked = good_i && ask_q && header && !long_q;
  wire begun = beat_q != {BeatBits{1'b0}};
  wire all_but_last = beat_q == LastBeat;

  assign m_axis_tdata = data_q;
  assign m_axis_tvalid = tvalid_q;
  assign m_axis_tlast = tlast_q;
  assign push_o = accept;
  assign tag_o = tag_q;
  assign reply_o = end_i && !accept;
  assign error_o = !(asked && empty_i);
  assign code_o = !good_i ? Check : !(frame_q || ask_q) ? Type :
      (asked || (frame_q && header && !take_q)) ? Busy : Length;

  always @(posedge clk_i) begin
    if (fill) begin
      data_q               <= data_q >> 8;
      data_q[BusBits-1-:8] <= data_i;
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      header_q <= 2'd0;
      frame_q  <= 1'b0;
      ask_q    <= 1'b0;
      tag_q    <= 8'd0;
      take_q   <= 1'b0;
      byte_q   <= {ByteBits{1'b0}};
      beat_q   <= {BeatBits{1'b0}};
      full_q   <= 1'b0;
      long_q   <= 1'b0;
      tvalid_q <= 1'b0;
      tlast_q  <= 1'b0;
      spoil_q  <= 2'd0;
    end else begin
      // header
      if (end_i) begin
        header_q <= 2'd0;
        frame_q  <= 1'b0;
        ask_q    <= 1'b0;
        tag_q    <= 8'd0;
        take_q   <= 1'b0;
      end else if (valid_i && header_q == 2'd0) begin
        header_q <= 2'd1;
        frame_q  <= data_i == Frame;
        ask_q    <= data_i == Identity;
      end else if (valid_i && header_q == 2'd1) begin
        header_q <= 2'd2;
        tag_q    <= data_i;
        take_q   <= frame_q && room_i && !tvalid_q && spoil_q == 2'd0;
      end else if (payload && stuck) begin
        take_q <= 1'b0;
      end
      // payload
      if (end_i) begin
        byte_q <= {ByteBits{1'b0}};
        full_q <= 1'b0;
        long_q <= 1'b0;
        beat_q <= {BeatBits{1'b0}};
      end else begin
        if (fill) byte_q <= fills ? {ByteBits{1'b0}} : byte_q + 1'b1;
        if (fills && all_but_last) full_q <= 1'b1;
        if (fills && !all_but_last) beat_q <= beat_q + 1'b1;
        if (payload && !fill) long_q <= 1'b1;
      end
      // beats
      if (end_i && !accept && begun) spoil_q <= all_but_last ? 2'd2 : 2'd1;
      else if (spoiling) spoil_q <= spoil_q - 1'b1;
      tvalid_q <= stuck || spoiling || accept || (fills && !all_but_last);
      if (!stuck) tlast_q <= accept || (spoiling && spoil_q == 2'd1);
    end
  end

endmodule

`default_nettype wire
