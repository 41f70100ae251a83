// A FIFO of an AXI4-Stream's beats in a memory, with a registered output.
//
// Does:      keeps Depth beats (data, keep, last, user) and one more in the output register; takes
//            and gives a beat in every cycle.
// Does not:  know of packets: a packet may leave before its end has come in.
// Latency:   2 cycles from an accepted beat to the output, if none is before it.
// Handshake: AXI4-Stream; `s_axis_tready` depends on neither `s_axis_tvalid` nor `m_axis_tready`;
//            nothing changes while `m_axis_tvalid && !m_axis_tready`.
// Limits:    BusBits a multiple of 8, 2 <= Depth.
`default_nettype none

module cf_stream_fifo #(
    parameter BusBits = 64,
    parameter Depth = 16
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
    if (BusBits < 8 || BusBits % 8 != 0 || Depth < 2) begin : g_illegal
      cf_stream_fifo_needs_whole_bytes_and_Depth_of_at_least_2 stop ();  // no such module
    end
  endgenerate

  localparam Width = BusBits + BusBits / 8 + 2;
  localparam PlaceBits = $clog2(Depth);
  localparam CountBits = $clog2(Depth + 1);
  localparam LastInt = Depth - 1;
  localparam [PlaceBits-1:0] Last = LastInt[PlaceBits-1:0];
  localparam [CountBits-1:0] Full = Depth[CountBits-1:0];

  reg [    Width-1:0] mem      [0:Depth-1];
  reg [PlaceBits-1:0] write_q;
  reg [PlaceBits-1:0] read_q;
  reg [CountBits-1:0] count_q;  // beats in the memory, without that in the output register
  reg [    Width-1:0] beat_q;
  reg                 valid_q;

  wire take = s_axis_tvalid && s_axis_tready;
  wire fetch = count_q != {CountBits{1'b0}} && (!valid_q || m_axis_tready);

  assign s_axis_tready = count_q != Full;
  assign m_axis_tvalid = valid_q;
  assign {m_axis_tuser, m_axis_tlast, m_axis_tkeep, m_axis_tdata} = beat_q;

  always @(posedge aclk) begin
    if (take) mem[write_q] <= {s_axis_tuser, s_axis_tlast, s_axis_tkeep, s_axis_tdata};
    if (fetch) beat_q <= mem[read_q];
    if (!aresetn) begin
      write_q <= {PlaceBits{1'b0}};
      read_q  <= {PlaceBits{1'b0}};
      count_q <= {CountBits{1'b0}};
      valid_q <= 1'b0;
    end else begin
      if (take) write_q <= (write_q == Last) ? {PlaceBits{1'b0}} : write_q + 1'b1;
      if (fetch) read_q <= (read_q == Last) ? {PlaceBits{1'b0}} : read_q + 1'b1;
      if (take && !fetch) count_q <= count_q + 1'b1;
      else if (fetch && !take) count_q <= count_q - 1'b1;
      valid_q <= fetch || (valid_q && !m_axis_tready);
    end
  end

endmodule

`default_nettype wire
