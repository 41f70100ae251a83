// Decides by the probability that softmax gives to a frame's class.
//
// With d = largest logit - logit of a class (exact in Bits bits) and the table E of 256 words,
// S = 4096 for the class found + the sum of E[d >> Shift] over the others, 0 from index 256 on.
// That is the sum of E over all classes + 4096 - E[0]. The frame exits if threshold * S <= 2^28:
// 4096 / S >= threshold / 65536.
//
// Does:      keeps the rows of the frames that are in cf_classify, passes over them once more when
//            the largest logit is known, a row of all slots a cycle, and multiplies once a frame.
// Does not:  wait: frames may follow each other every Rows cycles, but no closer than 3.
// Latency:   Rows + 3 + ceil(log2(Slots)) cycles from `done_i` to `decide_o`.
// Handshake: `logit_i` and `done_i` as at cf_classify's ports; `threshold_i` of the oldest frame
//            that is not decided, from 2 cycles before its `decide_o` up to it.
// Limits:    as cf_result; 0 <= Shift. The table is there once for each slot.
`default_nettype none

module cf_softmax #(
    parameter Classes = 10,
    parameter Bits = 16,
    parameter Slots = 1,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Shift = 4,
    parameter File = "",
    parameter [31:0] Hash = 32'h0,
    parameter ClassBits = 4
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire [          16:0] threshold_i,
    input  wire [Slots*Bits-1:0] logit_i,
    input  wire                  done_i,
    input  wire [ ClassBits-1:0] class_i,
    input  wire [      Bits-1:0] best_i,
    output wire                  decide_o,
    output wire                  pass_o
);

  generate
    if (Shift < 0 || Classes < 1 || Slots < 1 || Rows < 1) begin : g_illegal
      cf_softmax_needs_Shift_of_at_least_0_and_all_else_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam NumberBits = ((ClassBits > RowBits) ? ClassBits : RowBits) + 1;
  localparam TableBits = 13;
  localparam TermBits = TableBits + 1;  // cf_sum adds signed numbers
  localparam SumBits = TableBits + ((Classes > 1) ? $clog2(Classes) : 0);
  localparam ProductBits = SumBits + 17;
  localparam [ProductBits-1:0] One = {{(ProductBits - 29) {1'b0}}, 29'h10000000};
  localparam LastRowInt = Rows - 1;
  localparam [RowBits-1:0] LastRow = LastRowInt[RowBits-1:0];
  // a row comes back when its frame is done, Rows + Levels + 2 cycles after it passed: in the ring
  // one place less
  localparam Places = Rows + Levels + 1;
  localparam PlaceBits = (Places > 1) ? $clog2(Places) : 1;
  localparam LastPlaceInt = Places - 1;
  localparam [PlaceBits-1:0] LastPlace = LastPlaceInt[PlaceBits-1:0];

  // each word is read and then written over, once in a turn of the ring
  reg  [ PlaceBits-1:0] place_q;
  wire [Slots*Bits-1:0] again;  // the row that passes again

  always @(posedge clk_i) begin
    if (!rst_ni) place_q <= {PlaceBits{1'b0}};
    else place_q <= (place_q == LastPlace) ? {PlaceBits{1'b0}} : place_q + 1'b1;
  end

  cf_ram #(
      .Width(Slots * Bits),
      .Depth(Places)
  ) i_rows (
      .clk_i  (clk_i),
      .we_i   (1'b1),
      .waddr_i(place_q),
      .wdata_i(logit_i),
      .raddr_i(place_q),
      .rdata_o(again)
  );

  // the second pass: row 0 in the cycle of `done_i`
  reg                  run_q;
  reg  [  RowBits-1:0] row_q;
  reg  [ClassBits-1:0] class_q;
  reg  [     Bits-1:0] best_q;
  wire [  RowBits-1:0] row = done_i ? {RowBits{1'b0}} : row_q;
  wire [ClassBits-1:0] number_best = done_i ? class_i : class_q;
  wire [     Bits-1:0] best = done_i ? best_i : best_q;
  wire                 last = (done_i || run_q) && row == LastRow;

  always @(posedge clk_i) begin
    class_q <= number_best;
    best_q  <= best;
    row_q   <= row + 1'b1;
    if (!rst_ni) run_q <= 1'b0;
    else run_q <= (done_i || run_q) && !last;
  end

  wire [Slots*TermBits-1:0] term;

  genvar s;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      localparam FirstInt = (s * Cycles + Steps - 1) / Steps;
      localparam NextInt = ((s + 1) * Cycles + Steps - 1) / Steps;
      localparam StopInt = (NextInt < Classes) ? NextInt : Classes;
      localparam [NumberBits-1:0] First = FirstInt[NumberBits-1:0];
      localparam [NumberBits-1:0] Stop = StopInt[NumberBits-1:0];
      wire [NumberBits-1:0] number = First + {{(NumberBits - RowBits) {1'b0}}, row};
      reg  [      Bits-1:0] below_q;   // how far the logit is below the largest
      reg                   some_q;
      reg                   some_qq;
      reg                   best_here_q;
      reg                   best_here_qq;
      wire [           7:0] index;
      wire                  beyond;    // of the table's end
      wire [ TableBits-1:0] word;

      always @(posedge clk_i) begin
        below_q <= best - again[s*Bits+:Bits];
        some_q <= number < Stop;
        best_here_q <= number == {{(NumberBits - ClassBits) {1'b0}}, number_best};
        some_qq <= some_q && !beyond;
        best_here_qq <= best_here_q;
      end

      if (Shift >= Bits) begin : g_zero
        assign index  = 8'd0;
        assign beyond = 1'b0;
        wire unused_below = &{1'b0, below_q};
      end else begin : g_index
        wire [Bits-1:0] shifted = below_q >> Shift;
        if (Bits > 8) begin : g_long
          assign index  = shifted[7:0];
          assign beyond = shifted[Bits-1:8] != {(Bits - 8) {1'b0}};
        end else begin : g_short
          wire [8:0] filled = {{(9 - Bits) {1'b0}}, shifted};
          assign {beyond, index} = filled;
        end
      end

      cf_rom #(
          .Width(TableBits),
          .Depth(256),
          .File (File),
          .Hash (Hash)
      ) i_table (
          .clk_i (clk_i),
          .addr_i(index),
          .data_o(word)
      );

      assign term[s*TermBits+:TermBits] = !some_qq ? {TermBits{1'b0}} :
          best_here_qq ? {2'b01, {(TableBits - 1) {1'b0}}} : {1'b0, word};
    end
  endgenerate

  wire [TermBits+Levels-1:0] row_sum;
  wire [        SumBits-1:0] row_part;
  reg  [        SumBits-1:0] sum_q;
  reg  [               16:0] threshold_q;
  reg  [    ProductBits-1:0] product_q;
  wire                       first_row;

  cf_sum #(
      .Inputs(Slots),
      .Bits  (TermBits)
  ) i_sum (
      .clk_i(clk_i),
      .d_i  (term),
      .sum_o(row_sum)
  );

  cf_resize #(
      .From(TermBits + Levels),
      .To  (SumBits)
  ) i_part (
      .d_i(row_sum),
      .q_o(row_part)
  );

  cf_delay_flag #(
      .Depth(2 + Levels)
  ) i_first_row (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (done_i),
      .q_o   (first_row)
  );

  cf_delay_flag #(
      .Depth(4 + Levels)
  ) i_decide (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (decide_o)
  );

  always @(posedge clk_i) begin
    sum_q       <= (first_row ? {SumBits{1'b0}} : sum_q) + row_part;
    threshold_q <= threshold_i;
    product_q   <= {{SumBits{1'b0}}, threshold_q} * {17'd0, sum_q};
  end

  assign pass_o = product_q > One;

endmodule

`default_nettype wire
