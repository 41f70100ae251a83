// What the shared lanes add to one neuron of a wide junction.
//
// In a wide junction every right neuron has lanes of its own, which run all `Cycles` of a frame,
// and `Rest` < Cycles edges more. These rests stand in one line over shared lanes, `Cycles` to a
// lane: neuron `Unit` owns places Unit*Rest to (Unit+1)*Rest-1, so it meets one shared lane or two.
//
// Does:      picks the cycles in which a shared lane works for this neuron, and adds both lanes.
// Does not:  accumulate.
// Latency:   1 cycle.
// Limits:    1 <= Rest < Cycles.
`default_nettype none

module cf_side #(
    parameter Unit = 0,
    parameter Rest = 1,
    parameter Cycles = 2,
    parameter CycleBits = 1,
    parameter SharedLanes = 1,
    parameter ProductBits = 10,
    parameter AccBits = 16
) (
    input  wire                               clk_i,
    input  wire [              CycleBits-1:0] cycle_i,
    input  wire [SharedLanes*ProductBits-1:0] product_i,
    output reg  [                AccBits-1:0] side_o
);

  generate
    if (Rest < 1 || Rest >= Cycles || SharedLanes * Cycles < (Unit + 1) * Rest) begin : g_illegal
      cf_side_needs_Rest_from_1_to_below_Cycles_and_lanes_for_it stop ();  // no such module
    end
  endgenerate

  localparam Place = Unit * Rest;
  localparam Lane = Place / Cycles;
  localparam Start = Place - Lane * Cycles;
  localparam Stop = Start + Rest;
  localparam NextStop = Stop - Cycles;  // above 0 if the rest goes on in the next lane

  // signed and wide enough for all of the bounds
  wire signed [31:0] cycle = {{(32 - CycleBits) {1'b0}}, cycle_i};
  wire head_on = cycle >= Start && cycle < Stop;
  wire signed [ProductBits-1:0] head = product_i[Lane*ProductBits+:ProductBits];
  wire [AccBits-1:0] head_part;

  cf_resize #(
      .From(ProductBits),
      .To  (AccBits)
  ) i_head (
      .d_i(head_on ? head : {ProductBits{1'b0}}),
      .q_o(head_part)
  );

  generate
    if (NextStop > 0) begin : g_two_lanes
      wire tail_on = cycle < NextStop;
      wire signed [ProductBits-1:0] tail = product_i[(Lane+1)*ProductBits+:ProductBits];
      wire [AccBits-1:0] tail_part;

      cf_resize #(
          .From(ProductBits),
          .To  (AccBits)
      ) i_tail (
          .d_i(tail_on ? tail : {ProductBits{1'b0}}),
          .q_o(tail_part)
      );

      always @(posedge clk_i) side_o <= head_part + tail_part;
    end else begin : g_one_lane
      always @(posedge clk_i) side_o <= head_part;
    end
  endgenerate

  wire unused_product = &{1'b0, product_i};

endmodule

`default_nettype wire
