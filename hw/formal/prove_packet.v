// cf_packet between an upstream that keeps the order of things (a place is taken, then the frame's
// rows pass, then its class is known, then or later it is decided on; any number of cycles between
// them) and a sink that stalls as it likes. One frame, any, is followed from its logits to its
// packet or to its being dropped.
`default_nettype none

module prove_packet #(
    parameter Packets = 2
) (
    input wire       clk_i,
    input wire       rst_ni,
    input wire       take_i,
    input wire       row_i,
    input wire [7:0] logit_i,
    input wire       done_i,
    input wire [7:0] margin_i,
    input wire       decide_i,
    input wire       drop_i,
    input wire       ready_i
);

  // one class, one row, a bus of two bytes: tag, zeros, then margin and logit
  wire room, valid, last;
  wire [15:0] data;
  wire [1:0] keep;

  cf_packet #(
      .BusBits   (16),
      .Classes   (1),
      .Bits      (8),
      .FieldBytes(1),
      .Steps     (1),
      .Cycles    (1),
      .Packets   (Packets),
      .Tag       (16'h8000),
      .PacketBits(2),
      .RowBits   (1),
      .ClassBits (1)
  ) dut (
      .aclk         (clk_i),
      .aresetn      (rst_ni),
      .room_avail_o (room),
      .room_take_i  (take_i),
      .valid_i      (row_i),
      .last_i       (row_i),
      .row_i        (1'b0),
      .logit_i      (logit_i),
      .done_i       (done_i),
      .class_i      (1'b0),
      .margin_i     (margin_i),
      .decide_i     (decide_i),
      .drop_i       (drop_i),
      .m_axis_tdata (data),
      .m_axis_tkeep (keep),
      .m_axis_tvalid(valid),
      .m_axis_tready(ready_i),
      .m_axis_tlast (last)
  );

  reg started_q = 1'b0;
  reg stalled_q = 1'b0;
  reg [18:0] beat_q;
  reg [15:0] taken_q, rows_q, done_q, decided_q, sent_q;  // sent, or dropped in its turn
  reg [1:0] at_q;
  (* anyconst *) reg [15:0] frame;
  reg [7:0] logit_q, margin_q;
  reg [3:0] drops_q;  // of the last four frames that were decided on
  wire turn = decided_q != sent_q;
  wire dropped = turn && drops_q[sent_q[1:0]];

  always @(posedge clk_i) begin
    started_q <= 1'b1;
    assume (rst_ni == started_q);
    assume (!take_i || room);
    assume (!row_i || rows_q != taken_q);
    assume (!done_i || done_q != rows_q);
    assume (!decide_i || decided_q != done_q || done_i);
    stalled_q <= started_q && valid && !ready_i;
    beat_q <= {data, keep, last};
    if (!started_q) begin
      {taken_q, rows_q, done_q, decided_q, sent_q} <= 80'd0;
      at_q <= 2'd0;
    end else begin
      taken_q <= taken_q + take_i;
      rows_q  <= rows_q + row_i;
      done_q  <= done_q + done_i;
      decided_q <= decided_q + decide_i;
      if (decide_i) drops_q[decided_q[1:0]] <= drop_i;
      if (row_i && rows_q == frame) logit_q <= logit_i;
      if (done_i && done_q == frame) margin_q <= margin_i;
      if (valid && ready_i) begin
        at_q <= last ? 2'd0 : at_q + 2'd1;
        if (last) sent_q <= sent_q + 16'd1;
      end
      if (dropped) sent_q <= sent_q + 16'd1;
      // a stalled beat stays as it is; a packet is sent once it is decided on, and not before; a
      // dropped one takes a cycle and shows nothing
      if (stalled_q) assert (valid && beat_q == {data, keep, last});
      assert (valid == (turn && !dropped));
      // no place is used twice, none is lost
      assert (taken_q - sent_q <= Packets);
      assert (room == (taken_q - sent_q != Packets));
      // packets in order, whole, with what belongs to them
      if (valid) assert (last == (at_q == 2'd2) && keep == 2'b11);
      if (valid && at_q == 2'd0) assert (data == 16'h8000);
      if (valid && at_q == 2'd1) assert (data == 16'd0);
      if (valid && at_q == 2'd2 && sent_q == frame) assert (data == {logit_q, margin_q});
    end
  end

endmodule

`default_nettype wire
