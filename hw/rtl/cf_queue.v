// A queue of words: a small memory, filled at one end and emptied at the other.
//
// Does:      keeps up to `Depth` words in their order; `head_o` is the oldest while `valid_o`.
// Does not:  protect against a pop of nothing, or a push that finds it full and no pop in the same
//            cycle: both are bugs of the neighbours, asserted under FORMAL by cf_credit.
// Latency:   a word pushed in one cycle may be seen and popped in the next. `head_o` is read
//            asynchronously, which makes the memory one of LUTs.
// Limits:    1 <= Width, 1 <= Depth, any number. Reset empties it, but not the memory.
`default_nettype none

module cf_queue #(
    parameter Width = 4,
    parameter Depth = 2
) (
    input  wire             clk_i,
    input  wire             rst_ni,
    input  wire             push_i,
    input  wire [Width-1:0] data_i,
    input  wire             pop_i,
    output wire [Width-1:0] head_o,
    output wire             valid_o
);

  generate
    if (Width < 1 || Depth < 1) begin : g_illegal
      cf_queue_needs_Width_and_Depth_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam AddrBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam LastInt = Depth - 1;
  localparam [AddrBits-1:0] Last = LastInt[AddrBits-1:0];

  reg [   Width-1:0] mem[0:Depth-1];
  reg [AddrBits-1:0] head_q;
  reg [AddrBits-1:0] tail_q;

  assign head_o = mem[head_q];

  cf_credit #(
      .Max    (Depth),
      .Initial(0)
  ) i_words (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i (push_i),
      .take_i (pop_i),
      .avail_o(valid_o)
  );

  always @(posedge clk_i) if (push_i) mem[tail_q] <= data_i;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      head_q <= {AddrBits{1'b0}};
      tail_q <= {AddrBits{1'b0}};
    end else begin
      if (pop_i) head_q <= (head_q == Last) ? {AddrBits{1'b0}} : head_q + 1'b1;
      if (push_i) tail_q <= (tail_q == Last) ? {AddrBits{1'b0}} : tail_q + 1'b1;
    end
  end

endmodule

`default_nettype wire
