// Sends bytes over an asynchronous serial line: 8 data bits, low one first, no parity.
//
// Does:      sends a byte in 10 bits of Divisor cycles; the line is high while nothing is sent.
// Does not:  buffer: a byte is taken when the one before has been sent, stop bit and all.
// Latency:   the start bit begins in the cycle after a byte is taken.
// Handshake: a byte is taken where `valid_i && ready_o`; `ready_o` does not depend on `valid_i`.
// Limits:    2 <= Divisor, cycles a bit.
`default_nettype none

module cf_uart_tx #(
    parameter Divisor = 25
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire [7:0] data_i,
    input  wire       valid_i,
    output wire       ready_o,
    output wire       tx_o
);

  generate
    if (Divisor < 2) begin : g_illegal
      cf_uart_tx_needs_Divisor_of_at_least_2 stop ();  // no such module
    end
  endgenerate

  localparam CountBits = $clog2(Divisor);
  localparam BitInt = Divisor - 1;
  localparam [CountBits-1:0] Bit = BitInt[CountBits-1:0];

  reg [CountBits-1:0] count_q;
  reg [          3:0] left_q;   // bits left of this byte
  reg [          8:0] shift_q;  // on the line, and what follows it

  assign ready_o = left_q == 4'd0;
  assign tx_o = shift_q[0];

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= Bit;
      left_q  <= 4'd0;
      shift_q <= 9'h1ff;
    end else if (ready_o) begin
      count_q <= Bit;
      if (valid_i) begin
        left_q  <= 4'd10;
        shift_q <= {data_i, 1'b0};
      end
    end else if (count_q != {CountBits{1'b0}}) begin
      count_q <= count_q - 1'b1;
    end else begin
      count_q <= Bit;
      left_q  <= left_q - 1'b1;
      shift_q <= {1'b1, shift_q[8:1]};
    end
  end

endmodule

`default_nettype wire
