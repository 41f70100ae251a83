// A read-only memory with a registered output, filled from a file.
//
// Does:      reads one word a cycle. In simulation it checks the content against `Hash` before
//            time 0 is over (FNV-1a over 32-bit chunks, low chunk first, word 0 first) and ends
//            the simulation with a message if the file is missing, short or altered.
// Does not:  reset its output.
// Latency:   1 cycle from `addr_i` to `data_o`.
// Limits:    1 <= Width, 1 <= Depth; `addr_i` below Depth.
`default_nettype none

module cf_rom #(
    parameter Width = 8,
    parameter Depth = 16,
    parameter File = "",
    parameter [31:0] Hash = 32'h0,
    // derived, not to be set
    parameter AddrBits = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                clk_i,
    input  wire [AddrBits-1:0] addr_i,
    output reg  [   Width-1:0] data_o
);

  generate
    if (Width < 1 || Depth < 1) begin : g_illegal
      cf_rom_needs_Width_and_Depth_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg [Width-1:0] mem[0:Depth-1];

  generate
    if (File != "") begin : g_file
      initial $readmemh(File, mem);
    end else begin : g_no_file  // a tool reads the library's modules one by one
      initial mem[0] = 'b0;
    end
  endgenerate

  generate
    if (Depth == 1) begin : g_word
      always @(posedge clk_i) data_o <= mem[0];
      wire unused_addr = &{1'b0, addr_i};
    end else begin : g_words
      always @(posedge clk_i) data_o <= mem[addr_i];
    end
  endgenerate

`ifndef SYNTHESIS
  cf_rom_check #(
      .Width(Width),
      .Depth(Depth),
      .File (File),
      .Hash (Hash)
  ) i_check ();
`endif

endmodule

`default_nettype wire
