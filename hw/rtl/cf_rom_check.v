// Simulation only: checks a ROM file against the hash that the compiler wrote down.
//
// Does:      reads the file once more, hashes it (FNV-1a over 32-bit chunks, low chunk first,
//            word 0 first) and ends the simulation with a message where the hash differs, because
//            a missing file is a mere warning to most simulators.
// Does not:  exist in hardware: under SYNTHESIS it is empty, and cf_rom and cf_bias leave it out.
// Latency:   none; done before the first clock edge.
// Limits:    1 <= Width, 1 <= Depth.
`default_nettype none

module cf_rom_check #(
    parameter Width = 8,
    parameter Depth = 16,
    parameter File = "",
    parameter [31:0] Hash = 32'h0
);

`ifndef SYNTHESIS
  localparam Chunks = (Width + 31) / 32;

  reg [Width-1:0] mem[0:Depth-1];
  reg [Chunks*32-1:0] word;
  reg [31:0] hash;
  integer row;
  integer chunk;

  initial begin
    $readmemh(File, mem);
    hash = 32'h811c9dc5;
    for (row = 0; row < Depth; row = row + 1) begin
      word = 'b0;
      word[Width-1:0] = mem[row];
      for (chunk = 0; chunk < Chunks; chunk = chunk + 1)
        hash = (hash ^ word[chunk*32+:32]) * 32'h01000193;
    end
    if (hash !== Hash) begin
      $display("CF_ROM_ERROR %0s: content hash %08x, expected %08x", File, hash, Hash);
      $finish;
    end
  end
`endif

endmodule

`default_nettype wire
