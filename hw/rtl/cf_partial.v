// The partial sums of one lane: products in, in any order of the right neurons.
//
// A lane works for a few right neurons, now for this and now for that one. It keeps a sum for each
// of them; when a frame is over, these are handed on while the next frame is added up.
//
// Does:      adds `product_i` to sum number `index_i` of the frame, or starts it anew where
//            `fresh_i` says that this is the frame's first product for it; hands out the sums of
//            the frame before. One sum or two stand in registers, with a copy of each that is
//            taken when the frame is over. More stand in one memory for two frames, written at
//            one address and read at two without a clock: FPGA tools infer distributed memory.
// Does not:  clear a sum that got no product in a frame: what is read of it is left from earlier.
// Latency:   a sum is whole in the cycle after its last product. 1 cycle from `read_i` to `sum_o`.
// Handshake: `last_i` ends a frame, with or without `valid_i`. If it comes in cycle T, the sums may
//            be asked for at `read_i` from T + 2 to T' + 1, where T' is that of the next `last_i`.
// Limits:    1 <= Sums, 1 <= AccBits, 1 <= ProductBits; products modulo 2^AccBits; `index_i` and
//            `read_i` below Sums.
`default_nettype none

module cf_partial #(
    parameter AccBits = 14,
    parameter ProductBits = 10,
    parameter Sums = 2,
    // derived, not to be set
    parameter IndexBits = (Sums > 1) ? $clog2(Sums) : 1
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   valid_i,
    input  wire                   last_i,
    input  wire                   fresh_i,
    input  wire [  IndexBits-1:0] index_i,
    input  wire [ProductBits-1:0] product_i,
    input  wire [  IndexBits-1:0] read_i,
    output reg  [    AccBits-1:0] sum_o
);

  generate
    if (Sums < 1 || AccBits < 1 || ProductBits < 1) begin : g_illegal
      cf_partial_needs_Sums_AccBits_and_ProductBits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  wire [AccBits-1:0] addend;
  wire [AccBits-1:0] sum;
  wire [AccBits-1:0] sum_d = (fresh_i ? {AccBits{1'b0}} : sum) + addend;
  wire [AccBits-1:0] found;

  cf_resize #(
      .From(ProductBits),
      .To  (AccBits)
  ) i_addend (
      .d_i(product_i),
      .q_o(addend)
  );

  always @(posedge clk_i) sum_o <= found;

  genvar i, b;
  generate
    if (Sums <= 2) begin : g_registers
      wire [AccBits*Sums-1:0] now;   // bit b of all sums side by side
      wire [AccBits*Sums-1:0] held;
      reg                     hold_q;

      always @(posedge clk_i) hold_q <= rst_ni && last_i;

      for (i = 0; i < Sums; i = i + 1) begin : g_sum
        localparam [IndexBits-1:0] Index = i;
        reg [AccBits-1:0] now_q;
        reg [AccBits-1:0] held_q;
        always @(posedge clk_i) begin
          if (valid_i && index_i == Index) now_q <= sum_d;
          if (hold_q) held_q <= now_q;
        end
        for (b = 0; b < AccBits; b = b + 1) begin : g_bit
          assign now[b*Sums+i]  = now_q[b];
          assign held[b*Sums+i] = held_q[b];
        end
      end

      for (b = 0; b < AccBits; b = b + 1) begin : g_mux
        if (Sums == 1) begin : g_wire
          assign sum[b]   = now[b];
          assign found[b]  = held[b];
        end else begin : g_select
          wire [Sums-1:0] now_column = now[b*Sums+:Sums];
          wire [Sums-1:0] held_column = held[b*Sums+:Sums];
          assign sum[b]   = now_column[index_i];
          assign found[b]  = held_column[read_i];
        end
      end
      if (Sums == 1) begin : g_no_select
        wire unused_read = &{1'b0, read_i};
      end
    end else begin : g_memory
      reg [AccBits-1:0] mem[0:(2<<IndexBits)-1];
      reg               side_q;  // of the frame that is added up
      reg               read_side_q;

      assign sum   = mem[{side_q, index_i}];
      assign found  = mem[{read_side_q, read_i}];

      always @(posedge clk_i) begin
        if (valid_i) mem[{side_q, index_i}] <= sum_d;
        read_side_q <= !side_q;
        if (!rst_ni) side_q <= 1'b0;
        else if (last_i) side_q <= !side_q;
      end
    end
  endgenerate

endmodule

`default_nettype wire
