// Takes messages out of a stream of bytes: HDLC-like framing as in RFC 1662.
//
// Does:      splits the stream at flags, undoes escapes (Escape, then the byte with bit 5 turned),
//            gives a message's bytes without its two of frame check sequence, and says at the flag
//            that ends it whether that sequence is right. A byte with a framing error makes its
//            message bad. Flags with nothing between them are no message.
// Does not:  take back bytes: they come before it is known whether the message is good.
// Latency:   1 cycle; a byte is given when two more have come, so the sequence is never given.
// Handshake: none: valid_o is one byte, end_o the end of a message, good_o whether it is right.
// Limits:    Flag and Escape differ, and not in bit 5 alone.
`default_nettype none

module cf_unframe #(
    parameter [7:0] Flag = 8'h7e,
    parameter [7:0] Escape = 8'h7d
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    input  wire       error_i,
    output reg  [7:0] data_o,
    output reg        valid_o,
    output reg        end_o,
    output reg        good_o
);

  generate
    if (Flag == Escape || (Flag ^ Escape) == 8'h20) begin : g_illegal
      cf_unframe_needs_Flag_and_Escape_that_differ_in_more_than_bit_5 stop ();  // no such module
    end
  endgenerate

  localparam [15:0] Good = 16'hf0b8;  // the remainder behind a right message

  reg [ 7:0] newer_q;   // the last two bytes of the message
  reg [ 7:0] older_q;
  reg [ 1:0] held_q;    // how many they are
  reg        escape_q;
  reg        bad_q;
  reg [15:0] fcs_q;

  wire flag = valid_i && data_i == Flag;
  wire escape = valid_i && data_i == Escape;
  wire take = valid_i && !flag && !escape;
  wire [7:0] data = {data_i[7:6], data_i[5] ^ escape_q, data_i[4:0]};
  wire [15:0] fcs;

  cf_fcs i_fcs (
      .fcs_i (fcs_q),
      .data_i(data),
      .fcs_o (fcs)
  );

  always @(posedge clk_i) begin
    if (take) begin
      newer_q <= data;
      older_q <= newer_q;
      data_o  <= older_q;
    end
    if (!rst_ni) begin
      held_q   <= 2'd0;
      escape_q <= 1'b0;
      bad_q    <= 1'b0;
      fcs_q    <= 16'hffff;
      valid_o  <= 1'b0;
      end_o    <= 1'b0;
      good_o   <= 1'b0;
    end else begin
      valid_o <= take && held_q == 2'd2;
      end_o   <= flag && (held_q != 2'd0 || escape_q || bad_q);
      good_o  <= flag && held_q == 2'd2 && !escape_q && !bad_q && fcs_q == Good;
      if (flag) begin
        held_q   <= 2'd0;
        escape_q <= 1'b0;
        bad_q    <= 1'b0;
        fcs_q    <= 16'hffff;
      end else begin
        escape_q <= escape || (escape_q && !take);
        bad_q    <= bad_q || error_i || (escape && escape_q);
        if (take) fcs_q <= fcs;
        if (take && held_q != 2'd2) held_q <= held_q + 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
