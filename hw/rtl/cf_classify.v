// Finds the class of a frame from its logits, a row of all slots a cycle.
//
// Does:      a pipelined tournament over the slots, then the best of the rows; slot s holds classes
//            ceil(s*Cycles/Steps) and up. Gives the largest logit and its distance to the second.
// Does not:  wait: a row may come every cycle.
// Latency:   3 + ceil(log2(Slots)) cycles from the last row to `done_o`.
// Limits:    as cf_result.
`default_nettype none

module cf_classify #(
    parameter Classes = 10,
    parameter Bits = 16,
    parameter Slots = 1,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter RowBits = 4,
    parameter ClassBits = 4
) (
    input  wire                  clk_i,
    input  wire                  rst_ni,
    input  wire                  valid_i,
    input  wire                  last_i,
    input  wire [   RowBits-1:0] row_i,
    input  wire [Slots*Bits-1:0] logit_i,
    output reg                   done_o,
    output reg  [ ClassBits-1:0] class_o,
    output reg  [      Bits-1:0] best_o,
    output reg  [      Bits-1:0] margin_o
);

  generate
    if (Classes < 1 || Slots < 1 || Steps < 1 || Cycles < 1) begin : g_illegal
      cf_classify_needs_Classes_Slots_Steps_and_Cycles_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = (Slots > 1) ? $clog2(Slots) : 0;
  // sum of first class and row, before it is known to be a class
  localparam NumberBits = ((ClassBits > RowBits) ? ClassBits : RowBits) + 1;

  genvar s, k, n;
  generate
    for (k = 0; k <= Levels; k = k + 1) begin : g_level
      localparam Nodes = (Slots + (1 << k) - 1) >> k;
      reg [          Nodes-1:0] some_q;
      reg [          Nodes-1:0] two_q;
      reg [Nodes*ClassBits-1:0] class_q;
      reg [     Nodes*Bits-1:0] best_q;
      reg [     Nodes*Bits-1:0] second_q;

      if (k == 0) begin : g_slots
        for (s = 0; s < Slots; s = s + 1) begin : g_slot
          localparam FirstInt = (s * Cycles + Steps - 1) / Steps;
          localparam NextInt = ((s + 1) * Cycles + Steps - 1) / Steps;
          localparam StopInt = (NextInt < Classes) ? NextInt : Classes;
          localparam [NumberBits-1:0] First = FirstInt[NumberBits-1:0];
          localparam [NumberBits-1:0] Stop = StopInt[NumberBits-1:0];
          wire [NumberBits-1:0] number = First + {{(NumberBits - RowBits) {1'b0}}, row_i};

          always @(posedge clk_i) begin
            some_q[s] <= number < Stop;
            two_q[s] <= 1'b0;
            class_q[s*ClassBits+:ClassBits] <= number[ClassBits-1:0];
            best_q[s*Bits+:Bits] <= logit_i[s*Bits+:Bits];
            second_q[s*Bits+:Bits] <= {Bits{1'b0}};
          end
        end
      end else begin : g_merge
        localparam Below = (Slots + (1 << (k - 1)) - 1) >> (k - 1);
        for (n = 0; n < Nodes; n = n + 1) begin : g_node
          wire                 some;
          wire                 two;
          wire [ClassBits-1:0] number;
          wire [     Bits-1:0] best;
          wire [     Bits-1:0] second;

          if (2 * n + 1 < Below) begin : g_pair
            cf_best_two #(
                .Bits     (Bits),
                .ClassBits(ClassBits)
            ) i_best (
                .a_some_i  (g_level[k-1].some_q[2*n]),
                .a_two_i   (g_level[k-1].two_q[2*n]),
                .a_class_i (g_level[k-1].class_q[2*n*ClassBits+:ClassBits]),
                .a_best_i  (g_level[k-1].best_q[2*n*Bits+:Bits]),
                .a_second_i(g_level[k-1].second_q[2*n*Bits+:Bits]),
                .b_some_i  (g_level[k-1].some_q[2*n+1]),
                .b_two_i   (g_level[k-1].two_q[2*n+1]),
                .b_class_i (g_level[k-1].class_q[(2*n+1)*ClassBits+:ClassBits]),
                .b_best_i  (g_level[k-1].best_q[(2*n+1)*Bits+:Bits]),
                .b_second_i(g_level[k-1].second_q[(2*n+1)*Bits+:Bits]),
                .some_o    (some),
                .two_o     (two),
                .class_o   (number),
                .best_o    (best),
                .second_o  (second)
            );
          end else begin : g_alone
            assign some   = g_level[k-1].some_q[2*n];
            assign two    = g_level[k-1].two_q[2*n];
            assign number = g_level[k-1].class_q[2*n*ClassBits+:ClassBits];
            assign best   = g_level[k-1].best_q[2*n*Bits+:Bits];
            assign second = g_level[k-1].second_q[2*n*Bits+:Bits];
          end

          always @(posedge clk_i) begin
            some_q[n] <= some;
            two_q[n] <= two;
            class_q[n*ClassBits+:ClassBits] <= number;
            best_q[n*Bits+:Bits] <= best;
            second_q[n*Bits+:Bits] <= second;
          end
        end
      end
    end
  endgenerate

  wire valid;
  wire last;

  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_valid (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (valid_i),
      .q_o   (valid)
  );

  cf_delay_flag #(
      .Depth(1 + Levels)
  ) i_last (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last_i),
      .q_o   (last)
  );

  // the best of the rows so far
  reg                  some_q;
  reg                  two_q;
  reg  [ClassBits-1:0] class_q;
  reg  [     Bits-1:0] best_q;
  reg  [     Bits-1:0] second_q;
  reg                  fresh_q;  // the next row is a frame's first
  reg                  found_q;
  wire                 some;
  wire                 two;
  wire [ClassBits-1:0] number;
  wire [     Bits-1:0] best;
  wire [     Bits-1:0] second;

  cf_best_two #(
      .Bits     (Bits),
      .ClassBits(ClassBits)
  ) i_best (
      .a_some_i  (some_q && !fresh_q),
      .a_two_i   (two_q && !fresh_q),
      .a_class_i (class_q),
      .a_best_i  (best_q),
      .a_second_i(second_q),
      .b_some_i  (g_level[Levels].some_q[0]),
      .b_two_i   (g_level[Levels].two_q[0]),
      .b_class_i (g_level[Levels].class_q),
      .b_best_i  (g_level[Levels].best_q),
      .b_second_i(g_level[Levels].second_q),
      .some_o    (some),
      .two_o     (two),
      .class_o   (number),
      .best_o    (best),
      .second_o  (second)
  );

  always @(posedge clk_i) begin
    if (valid) begin
      some_q   <= some;
      two_q    <= two;
      class_q  <= number;
      best_q   <= best;
      second_q <= second;
    end
    class_o  <= class_q;
    best_o   <= best_q;
    margin_o <= two_q ? best_q - second_q : {Bits{1'b0}};
    if (!rst_ni) begin
      fresh_q <= 1'b1;
      found_q <= 1'b0;
      done_o  <= 1'b0;
    end else begin
      if (valid) fresh_q <= last;
      found_q <= valid && last;
      done_o  <= found_q;
    end
  end

endmodule

`default_nettype wire
