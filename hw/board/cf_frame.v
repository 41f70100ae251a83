// Puts messages into a stream of bytes: HDLC-like framing as in RFC 1662.
//
// Does:      sends a flag, a message's bytes, its frame check sequence (low byte first) and a flag;
//            where a byte is Flag or Escape it sends Escape and the byte with bit 5 turned.
// Does not:  buffer: a byte of a message is taken when it is sent.
// Latency:   combinational from data_i to data_o; a flag comes before a message's first byte.
// Handshake: AXI4-Stream's rules on both sides, but `ready_o` depends on `valid_i` and `ready_i`;
//            `last_i` marks the last byte of a message, which has one at least.
// Limits:    Flag and Escape differ, and not in bit 5 alone.
`default_nettype none

module cf_frame #(
    parameter [7:0] Flag = 8'h7e,
    parameter [7:0] Escape = 8'h7d
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    input  wire       last_i,
    output wire       ready_o,
    output wire [7:0] data_o,
    output wire       valid_o,
    input  wire       ready_i
);

  generate
    if (Flag == Escape || (Flag ^ Escape) == 8'h20) begin : g_illegal
      cf_frame_needs_Flag_and_Escape_that_differ_in_more_than_bit_5 stop ();  // no such module
    end
  endgenerate

  localparam [2:0] Open = 3'd0;  // the flag before a message
  localparam [2:0] Body = 3'd1;
  localparam [2:0] Low = 3'd2;   // the frame check sequence
  localparam [2:0] High = 3'd3;
  localparam [2:0] Close = 3'd4;

  reg [ 2:0] state_q;
  reg        escape_q;  // the escape of this byte has been sent
  reg [15:0] fcs_q;
  wire [15:0] fcs;

  wire framing = state_q == Open || state_q == Close;
  wire [7:0] plain = (state_q == Low) ? ~fcs_q[7:0] : (state_q == High) ? ~fcs_q[15:8] : data_i;
  wire escape = !framing && !escape_q && (plain == Flag || plain == Escape);
  wire [7:0] escaped = {plain[7:6], plain[5] ^ escape_q, plain[4:0]};
  wire sent = valid_o && ready_i;
  wire step = sent && !escape;

  assign data_o = framing ? Flag : escape ? Escape : escaped;
  assign valid_o = valid_i || (state_q != Open && state_q != Body);
  assign ready_o = step && state_q == Body;

  cf_fcs i_fcs (
      .fcs_i (fcs_q),
      .data_i(data_i),
      .fcs_o (fcs)
  );

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q  <= Open;
      escape_q <= 1'b0;
      fcs_q    <= 16'hffff;
    end else begin
      if (sent) escape_q <= escape;
      if (state_q == Open) fcs_q <= 16'hffff;
      else if (ready_o) fcs_q <= fcs;
      if (step) begin
        case (state_q)
          Open: state_q <= Body;
          Body: state_q <= last_i ? Low : Body;
          Low: state_q <= High;
          High: state_q <= Close;
          default: state_q <= Open;
        endcase
      end
    end
  end

endmodule

`default_nettype wire
