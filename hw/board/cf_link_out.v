// Makes messages to a host of packets on an AXI4-Stream, and of replies.
//
// Does:      sends a packet as type, tag, and the bytes that `tkeep` marks; type Answer if `tuser`
//            is 1, else Codes; the tag is that of its frame, popped at its end. Sends a reply as
//            type, tag, and a code (type Error), or the identity, low end first, and Window (type
//            Identity). A reply goes before packets, but not into one.
// Does not:  keep more than one reply: one that comes while another waits is lost, which its sender
//            finds out by waiting.
// Latency:   1 cycle from a packet's first beat, or from reply_i, to valid_o.
// Handshake: AXI4-Stream's rules on both sides; s_axis_tready depends on ready_i.
// Limits:    BusBits a multiple of 8, 1 <= Window <= 255; a packet's tag is there before it, and
//            `tkeep` marks the low bytes of a beat, one at least.
`default_nettype none

module cf_link_out #(
    parameter BusBits = 64,
    parameter Window = 2,
    parameter [63:0] Identity = 64'd0
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // packets
    input  wire [  BusBits-1:0] s_axis_tdata,
    input  wire [BusBits/8-1:0] s_axis_tkeep,
    input  wire                 s_axis_tvalid,
    output wire                 s_axis_tready,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tuser,
    input  wire [          7:0] tag_i,
    output wire                 pop_o,
    // replies
    input  wire                 reply_i,
    input  wire                 error_i,
    input  wire [          7:0] code_i,
    input  wire [          7:0] reply_tag_i,
    // messages
    output wire [          7:0] data_o,
    output wire                 valid_o,
    output wire                 last_o,
    input  wire                 ready_i
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0 || Window < 1 || Window > 255) begin : g_illegal
      cf_link_out_needs_whole_bytes_and_Window_from_1_to_255 stop ();  // no such module
    end
  endgenerate

  localparam Bytes = BusBits / 8;
  localparam ByteBits = (Bytes > 1) ? $clog2(Bytes) : 1;
  localparam LastByteInt = Bytes - 1;
  localparam [ByteBits-1:0] LastByte = LastByteInt[ByteBits-1:0];

  localparam [7:0] Answer = "A";
  localparam [7:0] Codes = "C";
  localparam [7:0] IsIdentity = "I";
  localparam [7:0] IsError = "E";

  localparam [1:0] Idle = 2'd0;
  localparam [1:0] Type = 2'd1;
  localparam [1:0] Tag = 2'd2;
  localparam [1:0] Body = 2'd3;

  reg [         1:0] state_q;
  reg                wait_q;    // a reply is there
  reg                error_q;
  reg [         7:0] code_q;
  reg [         7:0] tag_q;
  reg                replies_q; // this message is the reply
  reg [         3:0] place_q;   // in a reply's body
  reg [ByteBits-1:0] byte_q;    // in a packet's beat

  wire [ByteBits-1:0] next = byte_q + 1'b1;
  wire beat_ends = byte_q == LastByte || !s_axis_tkeep[next];
  wire body = state_q == Body;
  wire sent = valid_o && ready_i;
  wire reply_ends = error_q || place_q == 4'd8;
  wire packet_ends = beat_ends && s_axis_tlast;

  wire [7:0] packet_type = s_axis_tuser ? Answer : Codes;
  wire [7:0] reply_type = error_q ? IsError : IsIdentity;
  wire [7:0] window = Window[7:0];
  wire [127:0] identity = {56'd0, window, Identity};
  wire [7:0] packet_byte;
  wire [7:0] reply_byte = error_q ? code_q : identity[{place_q, 3'd0}+:8];

  assign data_o = (state_q == Type) ? (replies_q ? reply_type : packet_type) :
      (state_q == Tag) ? (replies_q ? tag_q : tag_i) : replies_q ? reply_byte : packet_byte;
  assign valid_o = state_q != Idle && (replies_q || s_axis_tvalid);
  assign last_o = body && (replies_q ? reply_ends : packet_ends);
  assign s_axis_tready = body && !replies_q && ready_i && beat_ends;
  assign pop_o = sent && last_o && !replies_q;

  generate
    if (Bytes > 1) begin : g_bytes
      assign packet_byte = s_axis_tdata[{byte_q, 3'd0}+:8];
    end else begin : g_byte
      assign packet_byte = s_axis_tdata;
    end
  endgenerate

  always @(posedge clk_i) begin
    if (reply_i && !wait_q) begin
      error_q <= error_i;
      code_q  <= code_i;
      tag_q   <= reply_tag_i;
    end
    if (!rst_ni) begin
      state_q   <= Idle;
      wait_q    <= 1'b0;
      replies_q <= 1'b0;
      place_q   <= 4'd0;
      byte_q    <= {ByteBits{1'b0}};
    end else begin
      wait_q <= wait_q ? !(sent && last_o && replies_q) : reply_i;
      case (state_q)
        Idle: begin
          replies_q <= wait_q;
          if (wait_q || s_axis_tvalid) state_q <= Type;
        end
        Type: if (sent) state_q <= Tag;
        Tag: if (sent) state_q <= Body;
        default: if (sent && last_o) state_q <= Idle;
      endcase
      if (!body) place_q <= 4'd0;
      else if (sent) place_q <= place_q + 1'b1;
      if (body && !replies_q && sent) byte_q <= beat_ends ? {ByteBits{1'b0}} : byte_q + 1'b1;
    end
  end

endmodule

`default_nettype wire
