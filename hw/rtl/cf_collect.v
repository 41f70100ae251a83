// Turns the results of a round, one of every line at once, into writes of `Slots` words a cycle.
//
// Right neuron n comes from line n mod Lines in round n div Lines, and goes out of slot n mod Slots
// in row n div Slots: in each round the slots give lines 0 to Slots-1, then the next Slots lines,
// and so on. Neurons that do not exist (n >= Neurons, in the last round) are not given.
//
// Does:      takes a round, shifts it out, counts the rows of a frame.
// Does not:  hold back: rounds come at least Lines / Slots cycles apart.
// Latency:   1 cycle from `valid_i` to the first of a round's writes, the others right after it;
//            none with one line, which is wires and the counter of rows.
// Limits:    1 <= Slots, Slots divides Lines, 1 <= Neurons.
`default_nettype none

module cf_collect #(
    parameter Lines = 8,
    parameter Slots = 2,
    parameter Neurons = 40,
    parameter Bits = 16,
    parameter RowBits = 5
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire                     valid_i,
    input  wire [   Lines*Bits-1:0] data_i,
    output wire [        Slots-1:0] valid_o,
    output wire [Slots*RowBits-1:0] row_o,
    output wire [   Slots*Bits-1:0] data_o
);

  localparam Rows = (Neurons + Slots - 1) / Slots;

  generate
    if (Slots < 1 || Lines < Slots || Lines % Slots != 0 || Neurons < 1 || Bits < 1 ||
        (Rows - 1) >> RowBits != 0) begin : g_illegal
      cf_collect_needs_Slots_that_divide_Lines_and_RowBits_for_all_rows stop ();  // no such module
    end
  endgenerate

  localparam Groups = Lines / Slots;  // writes of a round
  localparam LastRowInt = Rows - 1;
  localparam [RowBits-1:0] LastRow = LastRowInt[RowBits-1:0];
  localparam LastSlots = Neurons - LastRowInt * Slots;  // slots that write the last row

  reg  [RowBits-1:0] row_q;  // of the next write
  wire               at_last_row = row_q == LastRow;
  wire               write;

  assign row_o = {Slots{row_q}};

  always @(posedge clk_i)
    if (!rst_ni) row_q <= {RowBits{1'b0}};
    else if (write) row_q <= at_last_row ? {RowBits{1'b0}} : row_q + 1'b1;

  genvar s;
  generate
    if (Lines == 1) begin : g_wire
      assign write  = valid_i;
      assign data_o = data_i;
    end else begin : g_shift
      localparam CountBits = $clog2(Groups + 1);
      reg [ CountBits-1:0] left_q;  // writes that this round still has
      reg [Lines*Bits-1:0] data_q;

      assign write  = left_q != {CountBits{1'b0}};
      assign data_o = data_q[Slots*Bits-1:0];

      always @(posedge clk_i) begin
        if (valid_i) data_q <= data_i;
        else data_q <= data_q >> (Slots * Bits);
        if (!rst_ni) left_q <= {CountBits{1'b0}};
        else if (valid_i) left_q <= Groups[CountBits-1:0];
        else if (at_last_row) left_q <= {CountBits{1'b0}};
        else if (write) left_q <= left_q - 1'b1;
      end
    end

    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      if (s < LastSlots) begin : g_always
        assign valid_o[s] = write;
      end else begin : g_not_last
        assign valid_o[s] = write && !at_last_row;
      end
    end
  endgenerate

endmodule

`default_nettype wire
