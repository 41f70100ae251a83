// A queue of words whose oldest is always to be seen.
//
// Does:      keeps up to Depth words in order; a push and a pop may come in the same cycle.
// Does not:  protect against a pop of nothing or a push beyond Depth: whoever pushes counts.
// Latency:   a word pushed into an empty queue is the head in the next cycle.
// Limits:    1 <= Width, 1 <= Depth.
`default_nettype none

module cf_queue #(
    parameter Width = 1,
    parameter Depth = 4
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

  localparam PlaceBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam LastInt = Depth - 1;
  localparam [PlaceBits-1:0] Last = LastInt[PlaceBits-1:0];

  reg [    Width-1:0] mem[0:Depth-1];
  reg [PlaceBits-1:0] push_q;
  reg [PlaceBits-1:0] pop_q;

  cf_credit #(
      .Max    (Depth),
      .Initial(0)
  ) i_count (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i (push_i),
      .take_i (pop_i),
      .avail_o(valid_o)
  );

  assign head_o = mem[pop_q];

  always @(posedge clk_i) begin
    if (push_i) mem[push_q] <= data_i;
    if (!rst_ni) begin
      push_q <= {PlaceBits{1'b0}};
      pop_q  <= {PlaceBits{1'b0}};
    end else begin
      if (push_i) push_q <= (push_q == Last) ? {PlaceBits{1'b0}} : push_q + 1'b1;
      if (pop_i) pop_q <= (pop_q == Last) ? {PlaceBits{1'b0}} : pop_q + 1'b1;
    end
  end

endmodule

`default_nettype wire
