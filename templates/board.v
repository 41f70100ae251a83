// [[ stamp ]]
// Generated. Do not edit: compile the head and make the board again. Everything with state or
// arithmetic is in rtl/; this file only puts it together.
//
// [[ board.title ]]: pins are named as in [[ board.constraints.0 ]].
`default_nettype none

module [[ name ]] #(
    // where the ROM files are, with a slash at the end
    parameter RomDir = "rom/",
    // cycles a bit of the serial line: [[ board.clock_hz ]] Hz for [[ baud ]] baud
    parameter Divisor = [[ divisor ]]
) (
[%- for port in board.ports %]
    [[ port ]]
[%- endfor %]
);

  wire         aresetn;
  wire [  7:0] rx_data;
  wire         rx_valid;
  wire         rx_error;
  wire [  7:0] tx_data;
  wire         tx_valid;
  wire         tx_ready;
  wire [[ bus_range ]] frame_tdata;
  wire         frame_tvalid;
  wire         frame_tready;
  wire         frame_tlast;
  wire [[ bus_range ]] packet_tdata;
  wire [[ keep_range ]] packet_tkeep;
  wire         packet_tvalid;
  wire         packet_tready;
  wire         packet_tlast;
  wire         packet_tuser;
  wire         link_error;
  wire         frame_error;
  wire [ 31:0] dropped_frames;
[%- for line in board.assigns %]
  [[ line ]]
[%- endfor %]

  cf_reset #(
      .ActiveLow(1)
  ) i_reset (
      .clk_i   ([[ board.clock ]]),
      .button_i([[ board.button_bit ]]),
      .rst_no  (aresetn)
  );

  cf_lights #(
      .ActiveLow([[ board.lights_low ]])
  ) i_lights (
      .clk_i  ([[ board.clock ]]),
      .rst_ni (aresetn),
      .error_i(link_error),
      .alive_o([[ board.lights[0] ]]),
      .error_o([[ board.lights[1] ]])
  );

  cf_uart_rx #(
      .Divisor(Divisor)
  ) i_rx (
      .clk_i  ([[ board.clock ]]),
      .rst_ni (aresetn),
      .rx_i   ([[ board.rx ]]),
      .data_o (rx_data),
      .valid_o(rx_valid),
      .error_o(rx_error)
  );

  cf_uart_tx #(
      .Divisor(Divisor)
  ) i_tx (
      .clk_i  ([[ board.clock ]]),
      .rst_ni (aresetn),
      .data_i (tx_data),
      .valid_i(tx_valid),
      .ready_o(tx_ready),
      .tx_o   ([[ board.tx ]])
  );

  cf_link #(
      .BusBits ([[ bus_bits ]]),
      .Beats   ([[ beats ]]),
      .Window  ([[ window ]]),
      .Identity(64'h[[ identity ]])
  ) i_link (
      .aclk         ([[ board.clock ]]),
      .aresetn      (aresetn),
      .rx_data_i    (rx_data),
      .rx_valid_i   (rx_valid),
      .rx_error_i   (rx_error),
      .tx_data_o    (tx_data),
      .tx_valid_o   (tx_valid),
      .tx_ready_i   (tx_ready),
      .m_axis_tdata (frame_tdata),
      .m_axis_tvalid(frame_tvalid),
      .m_axis_tready(frame_tready),
      .m_axis_tlast (frame_tlast),
      .s_axis_tdata (packet_tdata),
      .s_axis_tkeep (packet_tkeep),
      .s_axis_tvalid(packet_tvalid),
      .s_axis_tready(packet_tready),
      .s_axis_tlast (packet_tlast),
      .s_axis_tuser (packet_tuser),
      .error_o      (link_error)
  );
[% if control %]
  // thresholds are those of the head file: nobody writes others
  wire         axil_awready;
  wire         axil_wready;
  wire [  1:0] axil_bresp;
  wire         axil_bvalid;
  wire         axil_arready;
  wire [ 31:0] axil_rdata;
  wire [  1:0] axil_rresp;
  wire         axil_rvalid;
  wire unused_axil = &{1'b0, axil_awready, axil_wready, axil_bresp, axil_bvalid, axil_arready,
      axil_rdata, axil_rresp, axil_rvalid};
[% endif %]
  [[ top ]] #(
      .RomDir(RomDir)
  ) i_head (
      .aclk            ([[ board.clock ]]),
      .aresetn         (aresetn),
      .s_axis_tdata    (frame_tdata),
      .s_axis_tvalid   (frame_tvalid),
      .s_axis_tready   (frame_tready),
      .s_axis_tlast    (frame_tlast),
      .m_axis_tdata    (packet_tdata),
      .m_axis_tkeep    (packet_tkeep),
      .m_axis_tvalid   (packet_tvalid),
      .m_axis_tready   (packet_tready),
      .m_axis_tlast    (packet_tlast),
      .m_axis_tuser    (packet_tuser),
[%- if control %]
      .s_axil_awaddr   (12'd0),
      .s_axil_awprot   (3'd0),
      .s_axil_awvalid  (1'b0),
      .s_axil_awready  (axil_awready),
      .s_axil_wdata    (32'd0),
      .s_axil_wstrb    (4'd0),
      .s_axil_wvalid   (1'b0),
      .s_axil_wready   (axil_wready),
      .s_axil_bresp    (axil_bresp),
      .s_axil_bvalid   (axil_bvalid),
      .s_axil_bready   (1'b1),
      .s_axil_araddr   (12'd0),
      .s_axil_arprot   (3'd0),
      .s_axil_arvalid  (1'b0),
      .s_axil_arready  (axil_arready),
      .s_axil_rdata    (axil_rdata),
      .s_axil_rresp    (axil_rresp),
      .s_axil_rvalid   (axil_rvalid),
      .s_axil_rready   (1'b1),
[%- endif %]
      .frame_error_o   (frame_error),
      .dropped_frames_o(dropped_frames)
  );

  // the link has told the host already
  wire unused = &{1'b0, frame_error, dropped_frames[% if !board.unused.is_empty() %], [[ board.unused ]][% endif %]};

endmodule

`default_nettype wire
