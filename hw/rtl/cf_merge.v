// Joins two streams of packets in the order of a gate's decisions.
//
// Does:      takes, for each decision, the next whole packet of the exit (pass_i = 0) or of what is
//            behind the gate (pass_i = 1). One packet follows the other with no idle cycle.
// Does not:  keep beats, or refuse a decision: no more than Decisions are given whose packets have
//            not left.
// Latency:   none for a beat; a decision counts from the next cycle on.
// Handshake: AXI4-Stream; a tready depends on m_axis_tready and on decisions, not on a tvalid.
// Limits:    BusBits a multiple of 8, 1 <= Decisions.
`default_nettype none

module cf_merge #(
    parameter BusBits = 64,
    parameter Decisions = 8
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    // one decision a frame
    input  wire                 decide_i,
    input  wire                 pass_i,
    // packets of the exit
    input  wire [  BusBits-1:0] a_axis_tdata,
    input  wire [BusBits/8-1:0] a_axis_tkeep,
    input  wire                 a_axis_tvalid,
    output wire                 a_axis_tready,
    input  wire                 a_axis_tlast,
    input  wire                 a_axis_tuser,
    // packets of what is behind the gate
    input  wire [  BusBits-1:0] b_axis_tdata,
    input  wire [BusBits/8-1:0] b_axis_tkeep,
    input  wire                 b_axis_tvalid,
    output wire                 b_axis_tready,
    input  wire                 b_axis_tlast,
    input  wire                 b_axis_tuser,
    // packets out
    output wire [  BusBits-1:0] m_axis_tdata,
    output wire [BusBits/8-1:0] m_axis_tkeep,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire                 m_axis_tlast,
    output wire                 m_axis_tuser
);

  generate
    if (BusBits < 8 || BusBits % 8 != 0 || Decisions < 1) begin : g_illegal
      cf_merge_needs_whole_bytes_and_Decisions_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  wire pass;  // of the packet that is sent now
  wire decided;
  wire packet_done = m_axis_tvalid && m_axis_tready && m_axis_tlast;

  cf_queue #(
      .Width(1),
      .Depth(Decisions)
  ) i_decisions (
      .clk_i  (aclk),
      .rst_ni (aresetn),
      .push_i (decide_i),
      .data_i (pass_i),
      .pop_i  (packet_done),
      .head_o (pass),
      .valid_o(decided)
  );

  assign m_axis_tdata  = pass ? b_axis_tdata : a_axis_tdata;
  assign m_axis_tkeep  = pass ? b_axis_tkeep : a_axis_tkeep;
  assign m_axis_tlast  = pass ? b_axis_tlast : a_axis_tlast;
  assign m_axis_tuser  = pass ? b_axis_tuser : a_axis_tuser;
  assign m_axis_tvalid = decided && (pass ? b_axis_tvalid : a_axis_tvalid);
  assign a_axis_tready = decided && !pass && m_axis_tready;
  assign b_axis_tready = decided && pass && m_axis_tready;

endmodule

`default_nettype wire
