// Receives bytes from an asynchronous serial line: 8 data bits, low one first, no parity.
//
// Does:      brings the line into the clock domain; takes each bit in its middle; gives a byte when
//            the middle of its stop bit is high, and flags it if that is low (framing error).
// Does not:  start at a glitch: a start bit must still be low in its middle. After a framing error
//            it waits until the line is high, so a break is one error. It has no buffer.
// Latency:   valid_o or error_o 9.5 bits and 3 to 4 cycles after the start bit's edge.
// Handshake: none; data_o stays until the next byte's last bit.
// Limits:    4 <= Divisor, cycles a bit. From the edge to the middle of the stop bit the sender may
//            be off by half a bit less one cycle: 4 % of its rate with 12 cycles a bit.
`default_nettype none

module cf_uart_rx #(
    parameter Divisor = 25
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       rx_i,
    output wire [7:0] data_o,
    output reg        valid_o,
    output reg        error_o
);

  generate
    if (Divisor < 4) begin : g_illegal
      cf_uart_rx_needs_Divisor_of_at_least_4 stop ();  // no such module
    end
  endgenerate

  localparam CountBits = $clog2(Divisor);
  localparam BitInt = Divisor - 1;
  localparam HalfInt = Divisor / 2 - 1;
  localparam [CountBits-1:0] Bit = BitInt[CountBits-1:0];
  localparam [CountBits-1:0] Half = HalfInt[CountBits-1:0];
  localparam [3:0] Start = 4'd0;
  localparam [3:0] Stop = 4'd9;

  reg [          1:0] line_q;
  reg                 busy_q;
  reg                 break_q;  // wait until the line is high
  reg [CountBits-1:0] count_q;  // cycles to the middle of bit_q
  reg [          3:0] bit_q;
  reg [          7:0] data_q;

  wire line = line_q[1];
  wire sample = busy_q && count_q == {CountBits{1'b0}};

  assign data_o = data_q;

  always @(posedge clk_i) begin
    if (sample && bit_q != Start && bit_q != Stop) data_q <= {line, data_q[7:1]};
    if (!rst_ni) begin
      line_q  <= 2'b11;
      busy_q  <= 1'b0;
      break_q <= 1'b0;
      count_q <= Half;
      bit_q   <= Start;
      valid_o <= 1'b0;
      error_o <= 1'b0;
    end else begin
      line_q  <= {line_q[0], rx_i};
      valid_o <= sample && bit_q == Stop && line;
      error_o <= sample && bit_q == Stop && !line;
      if (!busy_q) begin
        busy_q  <= !line && !break_q;
        break_q <= break_q && !line;
        count_q <= Half;
        bit_q   <= Start;
      end else if (!sample) begin
        count_q <= count_q - 1'b1;
      end else begin
        count_q <= Bit;
        bit_q   <= bit_q + 1'b1;
        if (bit_q == Stop || (bit_q == Start && line)) busy_q <= 1'b0;
        if (bit_q == Stop) break_q <= !line;
      end
    end
  end

endmodule

`default_nettype wire
