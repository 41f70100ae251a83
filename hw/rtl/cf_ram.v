// A memory with one write port and one read port, the read registered.
//
// Does:      writes and reads once a cycle; a read of the word that is being written gives the old
//            value.
// Does not:  reset its content: whoever reads knows what has been written.
// Latency:   1 cycle from `raddr_i` to `rdata_o`.
// Limits:    1 <= Width, 1 <= Depth; addresses below Depth. Whatever takes its place must read
//            before it writes: the first word of a frame may be written in the cycle in which the
//            last of an older one is read.
`default_nettype none

module cf_ram #(
    parameter Width = 4,
    parameter Depth = 64,
    // derived, not to be set
    parameter AddrBits = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                clk_i,
    input  wire                we_i,
    input  wire [AddrBits-1:0] waddr_i,
    input  wire [   Width-1:0] wdata_i,
    input  wire [AddrBits-1:0] raddr_i,
    output reg  [   Width-1:0] rdata_o
);

  generate
    if (Width < 1 || Depth < 1) begin : g_illegal
      cf_ram_needs_Width_and_Depth_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  reg [Width-1:0] mem[0:Depth-1];

  always @(posedge clk_i) begin
    if (we_i) mem[waddr_i] <= wdata_i;
    rdata_o <= mem[raddr_i];
  end

endmodule

`default_nettype wire
