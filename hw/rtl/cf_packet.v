// Keeps what goes into packets and sends them, a beat at a time.
//
// Does:      collects the logits of a frame as their rows pass, takes class and margin when they
//            are known, sends the packet when it is decided on, and gives its place free with the
//            last beat. A dropped packet's place is free one cycle after its turn has come.
// Does not:  take a frame without a place: `room_take_i` comes before the first row. It does not
//            number packets: bytes 2 and 3 are 0.
// Latency:   1 cycle from `decide_i` to the first beat; `decide_i` with `done_i` or later.
// Handshake: AXI4-Stream master; nothing changes while `m_axis_tvalid && !m_axis_tready`.
// Limits:    as cf_result.
`default_nettype none

module cf_packet #(
    parameter BusBits = 64,
    parameter Classes = 10,
    parameter Bits = 16,
    parameter FieldBytes = 2,
    parameter Logits = 1,
    parameter Slots = 1,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Packets = 1,
    parameter [15:0] Tag = 16'h0,
    parameter PacketBits = 1,
    parameter RowBits = 4,
    parameter ClassBits = 4
) (
    input  wire                  aclk,
    input  wire                  aresetn,
    output wire                  room_avail_o,
    input  wire                  room_take_i,
    input  wire                  valid_i,
    input  wire                  last_i,
    input  wire [   RowBits-1:0] row_i,
    input  wire [Slots*Bits-1:0] logit_i,
    input  wire                  done_i,
    input  wire [ ClassBits-1:0] class_i,
    input  wire [      Bits-1:0] margin_i,
    input  wire                  decide_i,
    input  wire                  drop_i,
    output wire [   BusBits-1:0] m_axis_tdata,
    output wire [ BusBits/8-1:0] m_axis_tkeep,
    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire                  m_axis_tlast
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0 || 8 * FieldBytes < Bits || Packets < 1 ||
        ClassBits > 16) begin : g_illegal
      cf_packet_needs_whole_bytes_fields_for_Bits_and_16_bit_classes stop ();  // no such module
    end
  endgenerate

  localparam FieldBits = 8 * FieldBytes;
  localparam HeadBits = 32 + FieldBits;
  localparam Total = HeadBits + ((Logits != 0) ? Classes * FieldBits : 0);
  localparam Beats = (Total + BusBits - 1) / BusBits;
  localparam BeatBits = (Beats > 1) ? $clog2(Beats) : 1;
  localparam LastBeatInt = Beats - 1;
  localparam [BeatBits-1:0] LastBeat = LastBeatInt[BeatBits-1:0];
  localparam LastBytes = (Total - LastBeatInt * BusBits) / 8;
  localparam LastPlaceInt = Packets - 1;
  localparam [PacketBits-1:0] LastPlace = LastPlaceInt[PacketBits-1:0];

  reg [PacketBits-1:0] collect_q;  // place of the frame whose rows pass
  reg [PacketBits-1:0] finish_q;   // place of the frame whose class comes next
  reg [PacketBits-1:0] decide_q;   // place of the frame that is decided next
  reg [PacketBits-1:0] send_q;     // place of the packet that is sent
  reg [   Packets-1:0] drop_q;     // packets that are not to be sent
  reg [  BeatBits-1:0] beat_q;

  reg [ ClassBits-1:0] class_q  [0:Packets-1];
  reg [      Bits-1:0] margin_q [0:Packets-1];

  wire decided;  // whether to send the packet whose turn it is
  wire beat_done = m_axis_tvalid && m_axis_tready;
  wire packet_done = (beat_done && m_axis_tlast) || (decided && drop_q[send_q]);

  assign m_axis_tvalid = decided && !drop_q[send_q];

  cf_credit #(
      .Max    (Packets),
      .Initial(Packets)
  ) i_room (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .give_i (packet_done),
      .take_i (room_take_i),
      .avail_o(room_avail_o)
  );

  cf_credit #(
      .Max    (Packets),
      .Initial(0)
  ) i_ready (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .give_i (decide_i),
      .take_i (packet_done),
      .avail_o(decided)
  );

  always @(posedge aclk) begin
    if (done_i) begin
      class_q[finish_q]  <= class_i;
      margin_q[finish_q] <= margin_i;
    end
    if (decide_i) drop_q[decide_q] <= drop_i;
    if (!aresetn) begin
      collect_q <= {PacketBits{1'b0}};
      finish_q  <= {PacketBits{1'b0}};
      decide_q  <= {PacketBits{1'b0}};
      send_q    <= {PacketBits{1'b0}};
      beat_q    <= {BeatBits{1'b0}};
    end else begin
      if (valid_i && last_i)
        collect_q <= (collect_q == LastPlace) ? {PacketBits{1'b0}} : collect_q + 1'b1;
      if (done_i) finish_q <= (finish_q == LastPlace) ? {PacketBits{1'b0}} : finish_q + 1'b1;
      if (decide_i) decide_q <= (decide_q == LastPlace) ? {PacketBits{1'b0}} : decide_q + 1'b1;
      if (packet_done) send_q <= (send_q == LastPlace) ? {PacketBits{1'b0}} : send_q + 1'b1;
      if (beat_done) beat_q <= m_axis_tlast ? {BeatBits{1'b0}} : beat_q + 1'b1;
    end
  end

  // the packet, filled up to whole beats
  wire [Beats*BusBits-1:0] packet;

  assign packet[15:0]  = Tag | {{(16 - ClassBits) {1'b0}}, class_q[send_q]};
  assign packet[31:16] = 16'd0;  // for cf_number

  genvar s, i;
  generate
    if (FieldBits > Bits) begin : g_margin
      assign packet[32+:FieldBits] = {{(FieldBits - Bits) {1'b0}}, margin_q[send_q]};
    end else begin : g_margin_full
      assign packet[32+:FieldBits] = margin_q[send_q];
    end

    if (Logits != 0) begin : g_logits
      for (s = 0; s < Slots; s = s + 1) begin : g_slot
        localparam First = (s * Cycles + Steps - 1) / Steps;
        localparam Next = ((s + 1) * Cycles + Steps - 1) / Steps;
        localparam Stop = (Next < Classes) ? Next : Classes;

        for (i = First; i < Stop; i = i + 1) begin : g_class
          localparam RowInt = i - First;
          localparam [RowBits-1:0] Row = RowInt[RowBits-1:0];
          reg [Bits-1:0] logit_q[0:Packets-1];

          always @(posedge aclk)
            if (valid_i && row_i == Row) logit_q[collect_q] <= logit_i[s*Bits+:Bits];

          cf_resize #(
              .From(Bits),
              .To  (FieldBits)
          ) i_field (
              .d_i(logit_q[send_q]),
              .q_o(packet[HeadBits+i*FieldBits+:FieldBits])
          );
        end
      end
    end else begin : g_class_only
      wire unused_rows = &{1'b0, row_i, logit_i};
    end

    if (Beats * BusBits > Total) begin : g_fill
      assign packet[Beats*BusBits-1:Total] = {(Beats * BusBits - Total) {1'b0}};
    end

    if (Beats > 1) begin : g_beats
      wire [BusBits-1:0] beat[0:Beats-1];
      for (i = 0; i < Beats; i = i + 1) begin : g_beat
        assign beat[i] = packet[i*BusBits+:BusBits];
      end
      assign m_axis_tdata = beat[beat_q];
    end else begin : g_beat
      assign m_axis_tdata = packet;
    end
  endgenerate

  assign m_axis_tlast = beat_q == LastBeat;
  assign m_axis_tkeep = m_axis_tlast ? {BusBits / 8{1'b1}} >> (BusBits / 8 - LastBytes) :
      {BusBits / 8{1'b1}};

endmodule

`default_nettype wire
