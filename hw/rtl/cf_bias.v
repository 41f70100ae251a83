// The bias ROM of a junction: one column of words for each unit, each read at a row of its own.
//
// Does:      reads a word of every unit a cycle, checks the file as cf_rom does.
// Does not:  reset its output.
// Latency:   1 cycle from `row_i` to `bias_o`.
// Limits:    1 <= Units, Rows, Bits. File: one line a row, unit 0 in the lowest bits.
`default_nettype none

module cf_bias #(
    parameter Units = 1,
    parameter Rows = 1,
    parameter Bits = 16,
    parameter File = "",
    parameter [31:0] Hash = 32'h0,
    // derived, not to be set
    parameter RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
    input  wire                     clk_i,
    input  wire [Units*RowBits-1:0] row_i,
    output wire [   Units*Bits-1:0] bias_o
);

  generate
    if (Units < 1 || Rows < 1 || Bits < 1) begin : g_illegal
      cf_bias_needs_Units_Rows_and_Bits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg [Units*Bits-1:0] mem[0:Rows-1];

  generate
    if (File != "") begin : g_file
      initial $readmemh(File, mem);
    end else begin : g_no_file  // a tool reads the library's modules one by one
      initial mem[0] = 'b0;
    end
  endgenerate

  genvar u;
  generate
    for (u = 0; u < Units; u = u + 1) begin : g_unit
      reg [Bits-1:0] bias_q;
      wire [Units*Bits-1:0] line;
      if (Rows == 1) begin : g_word
        assign line = mem[0];
      end else begin : g_words
        assign line = mem[row_i[u*RowBits+:RowBits]];
      end
      always @(posedge clk_i) bias_q <= line[u*Bits+:Bits];
      assign bias_o[u*Bits+:Bits] = bias_q;
      wire unused_line = &{1'b0, line};
    end
    if (Rows == 1) begin : g_no_row
      wire unused_row = &{1'b0, row_i};
    end
  endgenerate

`ifndef SYNTHESIS
  cf_rom_check #(
      .Width(Units * Bits),
      .Depth(Rows),
      .File (File),
      .Hash (Hash)
  ) i_check ();
`endif

endmodule

`default_nettype wire
