// The end of a head: keeps the logits of a frame, finds the class, sends the packet.
//
// The last junction's units write into a memory of `Frames` frames; a frame is read one row of all
// slots a cycle. Slot s holds classes ceil(s*Cycles/Steps) and up, in rows 0, 1, ...
//
// Does:      class = the largest logit (the lowest class where several are equal), margin = largest
//            minus second largest (0 with one class), and a packet a frame, in order.
// Does not:  drop a packet: with no room for one, it does not read the frame.
// Packet:    class u16, frame number u16 (good frames since reset), margin, logits if `Logits`;
//            margin and logits in FieldBytes each, little endian, packed from the low end.
// Latency:   Rows + 6 + ceil(log2(Slots)) cycles from a frame's start to the packet's first beat.
// Handshake: permits upstream, AXI4-Stream master downstream.
// Limits:    1 <= Classes < 65536; BusBits a multiple of 8.
`default_nettype none

module cf_result #(
    parameter BusBits = 64,
    parameter Classes = 10,
    parameter Bits = 16,
    parameter FieldBytes = 2,
    parameter Logits = 1,
    parameter Slots = 1,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Frames = 2,
    parameter Packets = 1,
    parameter Release = 0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
    input  wire                     aclk,
    input  wire                     aresetn,
    // upstream
    output wire                     room_avail_o,
    input  wire                     room_take_i,
    input  wire                     frame_i,
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

  localparam ClassBits = (Classes > 1) ? $clog2(Classes) : 1;
  localparam PacketBits = (Packets > 1) ? $clog2(Packets) : 1;

  wire                frame_avail;
  wire                packet_avail;
  wire                start;
  wire                run;
  wire                last;
  wire                release_room;
  wire [ RowBits-1:0] row_issue;
  wire                last_read;
  wire                valid_row;
  wire                last_row;
  wire [ RowBits-1:0] row_read;
  wire [ RowBits-1:0] row;
  wire [Slots*Bits-1:0] column;
  wire [Slots*Bits-1:0] logit;

  cf_credit #(
      .Max    (Frames),
      .Initial(0)
  ) i_full (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .give_i (frame_i),
      .take_i (start),
      .avail_o(frame_avail)
  );

  cf_credit #(
      .Max    (Frames),
      .Initial(Frames)
  ) i_room (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .give_i (release_room),
      .take_i (room_take_i),
      .avail_o(room_avail_o)
  );

  cf_sequencer #(
      .Cycles (Rows),
      .Release(Release)
  ) i_sequencer (
      .clk_i        (aclk),
      .rst_ni       (aresetn),
      .frame_avail_i(frame_avail),
      .room_avail_i (packet_avail),
      .start_o      (start),
      .run_o        (run),
      .cycle_o      (row_issue),
      .last_o       (last),
      .release_o    (release_room)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_read (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (last),
      .q_o   (last_read)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_row (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (last_read),
      .q_o   (last_row)
  );

  cf_delay_flag #(
      .Depth(2)
  ) i_valid_row (
      .clk_i (aclk),
      .rst_ni(aresetn),
      .d_i   (run),
      .q_o   (valid_row)
  );

  cf_delay #(
      .Width(RowBits),
      .Depth(1)
  ) i_row_read (
      .clk_i(aclk),
      .d_i  (row_issue),
      .q_o  (row_read)
  );

  cf_delay #(
      .Width(RowBits),
      .Depth(1)
  ) i_row (
      .clk_i(aclk),
      .d_i  (row_read),
      .q_o  (row)
  );

  wire [Slots-1:0] one_stripe = 'b0;
  wire             unused_frame;
  wire             unused_room;

  cf_left #(
      .Bits    (Bits),
      .Slots   (Slots),
      .BankRows(Rows),
      .Frames  (Frames),
      .Fields  (1)
  ) i_logits (
      .clk_i       (aclk),
      .rst_ni      (aresetn),
      .we_i        (we_i),
      .wstripe_i   (one_stripe),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .decide_i    (1'b0),
      .pass_i      (1'b0),
      .frame_o     (unused_frame),
      .room_o      (unused_room),
      .row_i       (row_read),
      .rframe_end_i(last_read),
      .column_o    (column)
  );

  genvar s, b;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      for (b = 0; b < Bits; b = b + 1) begin : g_bit
        assign logit[s*Bits+b] = column[b*Slots+s];
      end
    end
  endgenerate

  wire                 done;
  wire [ClassBits-1:0] class_found;
  wire [     Bits-1:0] margin;

  cf_classify #(
      .Classes  (Classes),
      .Bits     (Bits),
      .Slots    (Slots),
      .Steps    (Steps),
      .Cycles   (Cycles),
      .RowBits  (RowBits),
      .ClassBits(ClassBits)
  ) i_classify (
      .clk_i   (aclk),
      .rst_ni  (aresetn),
      .valid_i (valid_row),
      .last_i  (last_row),
      .row_i   (row),
      .logit_i (logit),
      .done_o  (done),
      .class_o (class_found),
      .margin_o(margin)
  );

  cf_packet #(
      .BusBits   (BusBits),
      .Classes   (Classes),
      .Bits      (Bits),
      .FieldBytes(FieldBytes),
      .Logits    (Logits),
      .Slots     (Slots),
      .Steps     (Steps),
      .Cycles    (Cycles),
      .Packets   (Packets),
      .PacketBits(PacketBits),
      .RowBits   (RowBits),
      .ClassBits (ClassBits)
  ) i_packet (
      .aclk         (aclk),
      .aresetn      (aresetn),
      .room_avail_o (packet_avail),
      .room_take_i  (start),
      .valid_i      (valid_row),
      .last_i       (last_row),
      .row_i        (row),
      .logit_i      (logit),
      .done_i       (done),
      .class_i      (class_found),
      .margin_i     (margin),
      .m_axis_tdata (m_axis_tdata),
      .m_axis_tkeep (m_axis_tkeep),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tlast (m_axis_tlast)
  );

  assign m_axis_tuser = 1'b1;  // answered here: a head without a split always does

endmodule

`default_nettype wire
