// The addresses of lanes that read their banks in turn: a base that counts, and a start for each
// lane and sweep.
//
// The base is 0 in a frame's first cycle and grows by 1 a cycle modulo `Depth`, but by `Skip` after
// every `Steps`-th cycle of the frame. When it wraps, the next sweep begins. The address of field f
// is (base + start of f in this sweep) mod Depth.
// Start ROM: one line a sweep; field f is bits f*AddrBits and up, AddrBits = max(1,
// ceil(log2(Depth))), a number below Depth.
//
// Does:      counts while `run_i`, and starts again after `last_i`: frames may follow with no gap.
// Does not:  check that the sweeps are enough for the frame: the compiler does.
// Latency:   1 cycle from `run_i` to `addr_o`: the starts are looked up a cycle ahead.
// Limits:    1 <= Fields, Depth, Sweeps, Steps; 1 <= Skip <= Depth. With one sweep the starts are
//            the same all along, whether the base wraps or not.
`default_nettype none

module cf_count #(
    parameter Depth = 50,
    parameter Fields = 8,
    parameter Sweeps = 2,
    parameter Steps = 5,
    parameter Skip = 1,
    parameter File = "",
    parameter [31:0] Hash = 32'h0,
    // derived, not to be set
    parameter AddrBits = (Depth > 1) ? $clog2(Depth) : 1
) (
    input  wire                       clk_i,
    input  wire                       rst_ni,
    input  wire                       run_i,
    input  wire                       last_i,
    output wire [Fields*AddrBits-1:0] addr_o
);

  generate
    if (Depth < 1 || Fields < 1 || Sweeps < 1 || Steps < 1 || Skip < 1 ||
        Skip > Depth) begin : g_illegal
      cf_count_needs_Skip_from_1_to_Depth_and_all_else_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam SweepBits = (Sweeps > 1) ? $clog2(Sweeps) : 1;
  localparam SumBits = AddrBits + 1;
  localparam [SumBits-1:0] Modulus = Depth[SumBits-1:0];
  localparam [SumBits-1:0] Jump = Skip[SumBits-1:0];
  localparam [SumBits-1:0] One = 1;

  reg  [       AddrBits-1:0] base_q;
  wire [      SweepBits-1:0] sweep_d;  // of the next cycle
  wire [Fields*AddrBits-1:0] start;
  wire                       at_last_step;
  wire [        SumBits-1:0] base_sum = {1'b0, base_q} + (at_last_step ? Jump : One);
  wire                       wrap = base_sum >= Modulus;
  wire [        SumBits-1:0] base_below = base_sum - Modulus;
  wire                       unused_top = base_below[AddrBits];

  always @(posedge clk_i) begin
    if (!rst_ni || (run_i && last_i)) base_q <= {AddrBits{1'b0}};
    else if (run_i) base_q <= wrap ? base_below[AddrBits-1:0] : base_sum[AddrBits-1:0];
  end

  genvar f;
  generate
    if (Steps > 1 && Skip > 1) begin : g_steps
      localparam StepBits = $clog2(Steps);
      localparam LastStepInt = Steps - 1;
      localparam [StepBits-1:0] LastStep = LastStepInt[StepBits-1:0];
      reg [StepBits-1:0] step_q;
      assign at_last_step = step_q == LastStep;
      always @(posedge clk_i)
        if (!rst_ni || (run_i && last_i)) step_q <= {StepBits{1'b0}};
        else if (run_i) step_q <= at_last_step ? {StepBits{1'b0}} : step_q + 1'b1;
    end else begin : g_same  // every step is the last of a neuron, or skips nothing
      assign at_last_step = 1'b1;
    end

    if (Sweeps > 1) begin : g_sweeps
      reg [SweepBits-1:0] sweep_q;
      assign sweep_d = (!rst_ni || (run_i && last_i)) ? {SweepBits{1'b0}} :
          (run_i && wrap) ? sweep_q + 1'b1 : sweep_q;
      always @(posedge clk_i) sweep_q <= sweep_d;
    end else begin : g_one_sweep
      assign sweep_d = 1'b0;
    end

    for (f = 0; f < Fields; f = f + 1) begin : g_field
      reg  [AddrBits-1:0] addr_q;
      wire [ SumBits-1:0] sum = {1'b0, base_q} + {1'b0, start[f*AddrBits+:AddrBits]};
      wire [ SumBits-1:0] below = sum - Modulus;
      wire                unused_below = below[AddrBits];
      always @(posedge clk_i)
        addr_q <= (sum >= Modulus) ? below[AddrBits-1:0] : sum[AddrBits-1:0];
      assign addr_o[f*AddrBits+:AddrBits] = addr_q;
    end
  endgenerate

  cf_rom #(
      .Width(Fields * AddrBits),
      .Depth(Sweeps),
      .File (File),
      .Hash (Hash)
  ) i_start_rom (
      .clk_i (clk_i),
      .addr_i(sweep_d),
      .data_o(start)
  );

endmodule

`default_nettype wire
