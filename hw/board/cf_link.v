// The link between a host and a head: messages on one side, frames and packets on the other.
//
// Does:      messages as docs/boards.md has them: frames of the host go to `m_axis`, packets on
//            `s_axis` come back with the tags of their frames, all else is answered by an error.
//            At most Window frames are inside.
// Does not:  time anything: a message that lacks its end ends with the flag of the next.
// Latency:   see cf_link_in and cf_link_out.
// Handshake: AXI4-Stream; bytes in cannot wait, bytes out go where tx_valid_o && tx_ready_i.
// Limits:    those of cf_link_in and cf_link_out; a packet for each frame that was taken, in their
//            order. If the head has room for Window frames, none is refused to a host that counts.
`default_nettype none

module cf_link #(
    parameter BusBits = 64,
    parameter Beats = 50,
    parameter Window = 2,
    parameter [63:0] Identity = 64'd0
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    // bytes of the serial line
    input  wire [          7:0] rx_data_i,
    input  wire                 rx_valid_i,
    input  wire                 rx_error_i,
    output wire [          7:0] tx_data_o,
    output wire                 tx_valid_o,
    input  wire                 tx_ready_i,
    // frames
    output wire [  BusBits-1:0] m_axis_tdata,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire                 m_axis_tlast,
    // packets
    input  wire [  BusBits-1:0] s_axis_tdata,
    input  wire [BusBits/8-1:0] s_axis_tkeep,
    input  wire                 s_axis_tvalid,
    output wire                 s_axis_tready,
    input  wire                 s_axis_tlast,
    input  wire                 s_axis_tuser,
    // a message was answered by an error
    output wire                 error_o
);

  wire [7:0] in_data;
  wire       in_valid;
  wire       in_end;
  wire       in_good;
  wire [7:0] out_data;
  wire       out_valid;
  wire       out_last;
  wire       out_ready;
  wire       room;
  wire       occupied;
  wire       push;
  wire       pop;
  wire [7:0] new_tag;
  wire [7:0] old_tag;
  wire       reply;
  wire       reply_error;
  wire [7:0] reply_code;

  assign error_o = reply && reply_error;

  cf_unframe i_unframe (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .data_i (rx_data_i),
      .valid_i(rx_valid_i),
      .error_i(rx_error_i),
      .data_o (in_data),
      .valid_o(in_valid),
      .end_o  (in_end),
      .good_o (in_good)
  );

  cf_link_in #(
      .BusBits(BusBits),
      .Beats  (Beats)
  ) i_in (
      .clk_i        (aclk),
      .rst_ni       (aresetn),
      .data_i       (in_data),
      .valid_i      (in_valid),
      .end_i        (in_end),
      .good_i       (in_good),
      .m_axis_tdata (m_axis_tdata),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tlast (m_axis_tlast),
      .room_i       (room),
      .empty_i      (!occupied),
      .push_o       (push),
      .tag_o        (new_tag),
      .reply_o      (reply),
      .error_o      (reply_error),
      .code_o       (reply_code)
  );

  // permits to take a frame, one for each place in the queue of tags
  cf_credit #(
      .Max    (Window),
      .Initial(Window)
  ) i_room (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .give_i (pop),
      .take_i (push),
      .avail_o(room)
  );

  cf_queue #(
      .Width(8),
      .Depth(Window)
  ) i_tags (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .push_i (push),
      .data_i (new_tag),
      .pop_i  (pop),
      .head_o (old_tag),
      .valid_o(occupied)
  );

  cf_link_out #(
      .BusBits (BusBits),
      .Window  (Window),
      .Identity(Identity)
  ) i_out (
      .clk_i        (aclk),
      .rst_ni       (aresetn),
      .s_axis_tdata (s_axis_tdata),
      .s_axis_tkeep (s_axis_tkeep),
      .s_axis_tvalid(s_axis_tvalid),
      .s_axis_tready(s_axis_tready),
      .s_axis_tlast (s_axis_tlast),
      .s_axis_tuser (s_axis_tuser),
      .tag_i        (old_tag),
      .pop_o        (pop),
      .reply_i      (reply),
      .error_i      (reply_error),
      .code_i       (reply_code),
      .reply_tag_i  (new_tag),
      .data_o       (out_data),
      .valid_o      (out_valid),
      .last_o       (out_last),
      .ready_i      (out_ready)
  );

  cf_frame i_frame (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .data_i (out_data),
      .valid_i(out_valid),
      .last_i (out_last),
      .ready_o(out_ready),
      .data_o (tx_data_o),
      .valid_o(tx_valid_o),
      .ready_i(tx_ready_i)
  );

endmodule

`default_nettype wire
