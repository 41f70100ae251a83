// A crossbar: every lane takes any bank, whatever the others take.
//
// Does:      picks a bank for each lane and registers what it finds. `column_i` is bit-sliced as
//            cf_left gives it: bit b of all banks is column_i[b*Banks +: Banks]. Lane l takes bank
//            bank_i[l*BankBits +: BankBits] and gives data_o[l*Bits +: Bits].
// Does not:  check `bank_i`: it comes from a ROM that the compiler wrote.
// Latency:   1 cycle.
// Limits:    1 <= Bits, 1 <= Banks, 1 <= Lanes; bank numbers below Banks.
`default_nettype none

module cf_crossbar #(
    parameter Bits = 4,
    parameter Banks = 16,
    parameter Lanes = 16,
    // derived, not to be set
    parameter BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
    input  wire                      clk_i,
    input  wire [    Bits*Banks-1:0] column_i,
    input  wire [Lanes*BankBits-1:0] bank_i,
    output wire [    Lanes*Bits-1:0] data_o
);

  genvar l;
  generate
    if (Bits < 1 || Banks < 1 || Lanes < 1) begin : g_illegal
      cf_crossbar_needs_Bits_Banks_and_Lanes_of_at_least_1 stop ();  // no such module
    end else begin : g_legal
      for (l = 0; l < Lanes; l = l + 1) begin : g_lane
        cf_select #(
            .Bits (Bits),
            .Banks(Banks)
        ) i_select (
            .clk_i   (clk_i),
            .column_i(column_i),
            .bank_i  (bank_i[l*BankBits+:BankBits]),
            .data_o  (data_o[l*Bits+:Bits])
        );
      end
    end
  endgenerate

endmodule

`default_nettype wire
