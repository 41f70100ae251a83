// Writes the number of a packet into its bytes 2 and 3.
//
// Does:      counts packets from reset, modulo 65536; the low byte of the count becomes byte 2, the
//            high byte byte 3, in whichever beats they are.
// Does not:  look at what was there, or touch any other byte.
// Latency:   none.
// Handshake: AXI4-Stream, passed through.
// Limits:    BusBits a multiple of 8; a packet has at least 4 bytes.
`default_nettype none

module cf_number #(
    parameter BusBits = 64
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    input  wire [  BusBits-1:0] s_axis_tdata,
    input  wire [BusBits/8-1:0] s_axis_tkeep,
    input  wire                 s_axis_tvalid,
    output wire                 s_axis_tready,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tuser,
    output wire [  BusBits-1:0] m_axis_tdata,
    output wire [BusBits/8-1:0] m_axis_tkeep,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire                 m_axis_tlast,
    output wire                 m_axis_tuser
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0) begin : g_illegal
      cf_number_needs_BusBits_of_whole_bytes stop ();  // no such module
    end
  endgenerate

  localparam Bytes = BusBits / 8;

  reg  [15:0] number_q;
  reg  [ 2:0] beat_q;  // of the packet; stays at 4, behind both bytes on any bus
  wire        beat_done = s_axis_tvalid && s_axis_tready;

  always @(posedge aclk) begin
    if (!aresetn) begin
      number_q <= 16'd0;
      beat_q   <= 3'd0;
    end else if (beat_done) begin
      if (s_axis_tlast) number_q <= number_q + 16'd1;
      if (s_axis_tlast) beat_q <= 3'd0;
      else if (!beat_q[2]) beat_q <= beat_q + 3'd1;
    end
  end

  genvar b;
  generate
    for (b = 0; b < Bytes; b = b + 1) begin : g_byte
      // byte 2 or 3 of a packet stands here, or neither
      localparam Low = 2 % Bytes == b;
      localparam High = 3 % Bytes == b;
      localparam LowInt = 2 / Bytes;
      localparam HighInt = 3 / Bytes;
      localparam [2:0] LowBeat = LowInt[2:0];
      localparam [2:0] HighBeat = HighInt[2:0];
      wire [7:0] byte_in = s_axis_tdata[8*b+:8];
      wire [7:0] byte_low;

      if (Low) begin : g_low
        assign byte_low = (beat_q == LowBeat) ? number_q[7:0] : byte_in;
      end else begin : g_not_low
        assign byte_low = byte_in;
      end
      if (High) begin : g_high
        assign m_axis_tdata[8*b+:8] = (beat_q == HighBeat) ? number_q[15:8] : byte_low;
      end else begin : g_not_high
        assign m_axis_tdata[8*b+:8] = byte_low;
      end
    end
  endgenerate

  assign m_axis_tkeep  = s_axis_tkeep;
  assign m_axis_tvalid = s_axis_tvalid;
  assign s_axis_tready = m_axis_tready;
  assign m_axis_tlast  = s_axis_tlast;
  assign m_axis_tuser  = s_axis_tuser;

endmodule

`default_nettype wire
