// One byte of the frame check sequence of RFC 1662 (FCS-16, CRC-16/X-25).
//
// Does:      advances the remainder by a byte, low bit first, polynomial x^16 + x^12 + x^5 + 1.
// Does not:  hold the remainder. It begins as ffff; its complement is sent, low byte first; after a
//            message and its sequence it is f0b8.
// Latency:   combinational.
// Limits:    none; Poly is the polynomial with its bits in reverse, without x^16.
`default_nettype none

module cf_fcs #(
    parameter [15:0] Poly = 16'h8408
) (
    input  wire [15:0] fcs_i,
    input  wire [ 7:0] data_i,
    output wire [15:0] fcs_o
);

  function [15:0] next;
    input [15:0] fcs;
    input [7:0] data;
    integer i;
    begin
      next = fcs ^ {8'd0, data};
      for (i = 0; i < 8; i = i + 1) next = {1'b0, next[15:1]} ^ (next[0] ? Poly : 16'd0);
    end
  endfunction

  assign fcs_o = next(fcs_i, data_i);

endmodule

`default_nettype wire
