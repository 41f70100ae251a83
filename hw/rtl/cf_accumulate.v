// The accumulator of a serial unit: right neurons one after the other, `Steps` cycles each.
//
// The units of a junction share one line of work: right neuron r is steps r*Steps to
// (r+1)*Steps-1, and a unit does `Cycles` of them a frame, starting in step `Phase` of a neuron.
// So the first neuron may have been begun by the unit before (its *head* is there, ours is the
// tail), and the last may be finished by the unit after. The unit after does its part at the start
// of the frame, from the bias, and holds the sum; the unit that began the neuron starts from it in
// place of the bias, and gives the result.
//
// Does:      starts from the bias or the held sum, adds a sum a cycle, gives a result at the end
//            of each neuron.
// Does not:  round or clamp.
// Latency:   1 cycle from a neuron's last sum to `acc_o` with `valid_o`.
// Limits:    1 <= Steps <= Cycles, 0 <= Phase < Steps, 1 <= Segments. `sum_i` modulo 2^AccBits.
`default_nettype none

module cf_accumulate #(
    parameter AccBits = 16,
    parameter Steps = 5,
    parameter Phase = 0,
    parameter Segments = 10,  // neurons that this unit works on, the shared ones included
    parameter Chained = 0,    // the last one is finished by the unit after
    parameter SegmentBits = 4,
    parameter RowBits = 4
) (
    input  wire                   clk_i,
    input  wire                   rst_ni,
    input  wire                   valid_i,
    input  wire                   last_i,     // last cycle of the frame
    input  wire [    AccBits-1:0] sum_i,
    output wire [SegmentBits-1:0] segment_o,  // of the next cycle, for the bias ROM
    input  wire [    AccBits-1:0] bias_i,
    input  wire [    AccBits-1:0] chain_i,
    output wire [    AccBits-1:0] held_o,
    output wire [    AccBits-1:0] acc_o,
    output reg                    valid_o,
    output reg  [    RowBits-1:0] row_o
);

  generate
    if (Steps < 1 || Phase < 0 || Phase >= Steps || Segments < 1) begin : g_illegal
      cf_accumulate_needs_Phase_below_Steps_and_a_segment stop ();  // no such module
    end
  endgenerate

  localparam StepBits = (Steps > 1) ? $clog2(Steps) : 1;
  localparam LastStepInt = Steps - 1;
  localparam [StepBits-1:0] LastStep = LastStepInt[StepBits-1:0];
  localparam [StepBits-1:0] FirstStep = Phase[StepBits-1:0];
  localparam LastSegmentInt = Segments - 1;
  localparam [SegmentBits-1:0] LastSegment = LastSegmentInt[SegmentBits-1:0];
  localparam Shared = (Phase != 0) ? 1 : 0;  // the first segment ends a neuron of the unit before

  reg [   StepBits-1:0] step_q;
  reg [SegmentBits-1:0] segment_q;
  reg                   fresh_q;  // the next sum is a segment's first
  reg                   done_q;   // all segments are done: idle until the frame ends
  reg [    AccBits-1:0] acc_q;

  wire at_last_step = step_q == LastStep;
  wire segment_end = at_last_step || last_i;
  wire at_last_segment = segment_q == LastSegment;
  wire at_shared = (Shared != 0) && segment_q == {SegmentBits{1'b0}};
  wire from_chain = (Chained != 0) && at_last_segment;
  wire [AccBits-1:0] start = from_chain ? chain_i : bias_i;
  wire [AccBits-1:0] acc_d = (fresh_q ? start : acc_q) + sum_i;
  wire [SegmentBits-1:0] segment_d = !valid_i ? segment_q : last_i ? {SegmentBits{1'b0}} :
      (segment_end && !at_last_segment) ? segment_q + 1'b1 : segment_q;

  // a unit's rows count the neurons that it gives, so a shared first segment does not count
  wire [RowBits-1:0] row;

  assign segment_o = segment_d;
  assign acc_o = acc_q;

  always @(posedge clk_i) begin
    if (valid_i) begin
      acc_q <= acc_d;
      row_o <= row;
    end
    if (!rst_ni) begin
      segment_q <= {SegmentBits{1'b0}};
      step_q    <= FirstStep;
      fresh_q   <= 1'b1;
      done_q    <= 1'b0;
      valid_o   <= 1'b0;
    end else begin
      segment_q <= segment_d;
      valid_o   <= valid_i && segment_end && !at_shared && !done_q;
      if (valid_i) begin
        step_q  <= last_i ? FirstStep : at_last_step ? {StepBits{1'b0}} : step_q + 1'b1;
        fresh_q <= segment_end;
        done_q  <= !last_i && (done_q || (segment_end && at_last_segment));
      end
    end
  end

  generate
    if (RowBits >= SegmentBits) begin : g_wide_row
      localparam [RowBits-1:0] First = Shared;
      wire [RowBits-1:0] segment = {{(RowBits - SegmentBits) {1'b0}}, segment_q};
      assign row = segment - First;
    end else begin : g_narrow_row
      localparam [SegmentBits-1:0] First = Shared;
      wire [SegmentBits-1:0] number = segment_q - First;
      assign row = number[RowBits-1:0];
      wire unused_number = &{1'b0, number};
    end

    if (Shared != 0) begin : g_hold
      reg [AccBits-1:0] held_q;
      always @(posedge clk_i) if (valid_i && segment_end && at_shared) held_q <= acc_d;
      assign held_o = held_q;
    end else begin : g_no_hold
      assign held_o = {AccBits{1'b0}};
    end
    if (Chained == 0) begin : g_no_chain
      wire unused_chain = &{1'b0, chain_i};
    end
  endgenerate

endmodule

`default_nettype wire
