// A frame in registers, all of it readable at once.
//
// Does:      takes a frame row by row, keeps it until `room_avail_i` lets it start, and gives its
//            room back in the cycle of the start, so that the next frame's first row may be written
//            two cycles later: at the edge that ends the cycle in which `act_o` is read.
// Does not:  hold a second frame.
// Latency:   `act_o` is the frame two cycles after `start_o`; that comes with `frame_i`, or later.
// Handshake: permits. Upstream: `room_avail_o`/`room_take_i` before a frame is written, `frame_i`
//            in the cycle before its last write. Downstream: `start_o` takes a permit.
// Limits:    1 <= Bits, Slots, Rows. With one row `wrow_i` means nothing.
`default_nettype none

module cf_hold #(
    parameter Bits = 4,
    parameter Slots = 16,
    parameter Rows = 50,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    // upstream
    output wire                       room_avail_o,
    input  wire                       room_take_i,
    input  wire                       frame_i,
    input  wire [          Slots-1:0] we_i,
    input  wire [  Slots*RowBits-1:0] wrow_i,
    input  wire [     Slots*Bits-1:0] wdata_i,
    // downstream
    input  wire                       room_avail_i,
    output wire                       start_o,
    output wire [Rows*Slots*Bits-1:0] act_o
);

  generate
    if (Bits < 1 || Slots < 1 || Rows < 1) begin : g_illegal
      cf_hold_needs_Bits_Slots_and_Rows_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg waits_q;  // a frame is there, but no room for it

  assign start_o = (frame_i || waits_q) && room_avail_i;

  always @(posedge clk_i) begin
    if (!rst_ni) waits_q <= 1'b0;
    else waits_q <= (frame_i || waits_q) && !room_avail_i;
  end

  cf_credit #(
      .Max    (1),
      .Initial(1)
  ) i_room (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i (start_o),
      .take_i (room_take_i),
      .avail_o(room_avail_o)
  );

  genvar r, s;
  generate
    for (r = 0; r < Rows; r = r + 1) begin : g_row
      localparam [RowBits-1:0] Row = r;
      for (s = 0; s < Slots; s = s + 1) begin : g_slot
        reg  [Bits-1:0] code_q;
        wire            here = Rows == 1 || wrow_i[s*RowBits+:RowBits] == Row;
        always @(posedge clk_i) if (we_i[s] && here) code_q <= wdata_i[s*Bits+:Bits];
        assign act_o[(r*Slots+s)*Bits+:Bits] = code_q;
      end
    end
    if (Rows == 1) begin : g_one_row
      wire unused_row = &{1'b0, wrow_i};
    end
  endgenerate

endmodule

`default_nettype wire
