// Concatenates codes of different lengths into one word, a set of `Codes` codes a cycle.
//
// Raw, a code has Bits bits; with zero flags a code of zero is one bit 0, and any other a bit 1
// followed by its Bits bits. What is not there takes no bits.
//
// Does:      puts code 0 at the low end and the others behind it, in a tree: a node shifts its
//            right half by the length of its left.
// Does not:  wait: a set may come every cycle.
// Latency:   1 + ceil(log2(Codes)) cycles.
// Output:    `word_o` is zero from bit `length_o` on.
// Limits:    1 <= Codes, 1 <= Bits.
`default_nettype none

module cf_concat #(
    parameter Codes = 4,
    parameter Bits = 6,
    // derived, not to be set
    parameter WordBits = Codes * (Bits + 1),
    parameter LengthBits = $clog2(WordBits + 1)
) (
    input  wire                  clk_i,
    input  wire                  flags_i,
    input  wire [     Codes-1:0] there_i,
    input  wire [Codes*Bits-1:0] code_i,
    output wire [  WordBits-1:0] word_o,
    output wire [LengthBits-1:0] length_o
);

  generate
    if (Codes < 1 || Bits < 1) begin : g_illegal
      cf_concat_needs_Codes_and_Bits_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = (Codes > 1) ? $clog2(Codes) : 0;

  genvar k, n;
  generate
    // level k: ceil(Codes / 2^k) nodes of up to 2^k codes
    for (k = 0; k <= Levels; k = k + 1) begin : g_level
      localparam Nodes = (Codes + (1 << k) - 1) >> k;
      localparam NodeBits = (Bits + 1) << k;
      localparam SizeBits = $clog2(NodeBits + 1);
      wire [Nodes*NodeBits-1:0] word;
      wire [Nodes*SizeBits-1:0] size;

      for (n = 0; n < Nodes; n = n + 1) begin : g_node
        reg [NodeBits-1:0] word_q;
        assign word[n*NodeBits+:NodeBits] = word_q;

        if (k == 0) begin : g_code
          localparam FlaggedInt = Bits + 1;
          localparam [SizeBits-1:0] Full = Bits[SizeBits-1:0];
          localparam [SizeBits-1:0] Flagged = FlaggedInt[SizeBits-1:0];
          reg             flag_q;
          reg             body_q;
          wire [Bits-1:0] code = there_i[n] ? code_i[n*Bits+:Bits] : {Bits{1'b0}};
          wire            some = code != {Bits{1'b0}};
          // of four constants: no adder
          assign size[n*SizeBits+:SizeBits] = body_q ? (flag_q ? Flagged : Full) :
              {{(SizeBits - 1) {1'b0}}, flag_q};
          always @(posedge clk_i) begin
            word_q <= flags_i ? {code, some} : {1'b0, code};
            flag_q <= there_i[n] && flags_i;
            body_q <= there_i[n] && (some || !flags_i);
          end
        end else begin : g_join
          localparam Below = (Codes + (1 << (k - 1)) - 1) >> (k - 1);
          localparam HalfBits = NodeBits / 2;
          localparam HalfSizeBits = $clog2(HalfBits + 1);
          reg  [    SizeBits-1:0] size_q;
          wire [    HalfBits-1:0] low = g_level[k-1].word[2*n*HalfBits+:HalfBits];
          wire [HalfSizeBits-1:0] low_size = g_level[k-1].size[2*n*HalfSizeBits+:HalfSizeBits];
          assign size[n*SizeBits+:SizeBits] = size_q;

          if (2 * n + 1 < Below) begin : g_pair
            wire [    HalfBits-1:0] high = g_level[k-1].word[(2*n+1)*HalfBits+:HalfBits];
            wire [HalfSizeBits-1:0] high_size =
                g_level[k-1].size[(2*n+1)*HalfSizeBits+:HalfSizeBits];
            always @(posedge clk_i) begin
              word_q <= {{HalfBits{1'b0}}, low} | ({{HalfBits{1'b0}}, high} << low_size);
              size_q <= {{(SizeBits - HalfSizeBits) {1'b0}}, low_size} +
                  {{(SizeBits - HalfSizeBits) {1'b0}}, high_size};
            end
          end else begin : g_alone
            always @(posedge clk_i) begin
              word_q <= {{HalfBits{1'b0}}, low};
              size_q <= {{(SizeBits - HalfSizeBits) {1'b0}}, low_size};
            end
          end
        end
      end
    end

    assign word_o   = g_level[Levels].word[WordBits-1:0];
    assign length_o = g_level[Levels].size[LengthBits-1:0];
    if ((1 << Levels) > Codes) begin : g_spare
      wire unused_word = &{1'b0, g_level[Levels].word[((Bits+1)<<Levels)-1:WordBits]};
      if ($clog2(((Bits + 1) << Levels) + 1) > LengthBits) begin : g_size
        wire unused_size =
            &{1'b0, g_level[Levels].size[$clog2(((Bits + 1) << Levels) + 1)-1:LengthBits]};
      end
    end
  endgenerate

endmodule

`default_nettype wire
