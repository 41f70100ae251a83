// A Benes network: brings the words of its terminals into any order with two-by-two switches.
//
// Terminals = 2^k. Stage s of 0 .. 2k-2 has Terminals/2 switches; switch j has terminals 2j and
// 2j+1 and bit s*Terminals/2 + j of `control_i`: 0 straight, 1 crossed. Wires between the stages,
// inside blocks of neighbouring terminals, i = place in the block:
//   s -> s+1 for s < k-1, blocks of n = 2^(k-s):     out i goes to in i/2 + (i mod 2) * n/2,
//                                                    the upper outputs to the upper half-block
//   s -> s+1 for s >= k-1, blocks of n = 2^(s-k+3):  out i goes to in 2 * (i mod n/2) + i / (n/2),
//                                                    the way back
// So all zeros is the identity. Any permutation can be set (Benes 1962; Waksman 1968 says how).
//
// Does:      moves word t, data_i[t*Bits +: Bits], to the terminal that the control bits lead to.
//            They come with the data and wait inside until the data reach their stage. There is a
//            register after every `StagesPerRegister` stages and after the last.
// Does not:  find control bits: the compiler does.
// Latency:   ceil((2k-1) / StagesPerRegister) cycles, one set of words and control bits a cycle.
// Limits:    Terminals a power of two, 2 or more; 1 <= Bits, 1 <= StagesPerRegister.
`default_nettype none

module cf_benes #(
    parameter Bits = 4,
    parameter Terminals = 8,
    parameter StagesPerRegister = 2,
    // derived, not to be set
    parameter Stages = 2 * $clog2(Terminals) - 1,
    parameter Switches = Terminals / 2
) (
    input  wire                       clk_i,
    input  wire [ Terminals*Bits-1:0] data_i,
    input  wire [Stages*Switches-1:0] control_i,
    output wire [ Terminals*Bits-1:0] data_o
);

  generate
    if (Terminals < 2 || (1 << $clog2(Terminals)) != Terminals || Bits < 1 ||
        StagesPerRegister < 1) begin : g_illegal
      cf_benes_needs_Terminals_a_power_of_two_and_all_else_of_at_least_1 stop ();  // no such module
    end
  endgenerate

  localparam Levels = $clog2(Terminals);

  genvar s, j, t;
  generate
    for (s = 0; s < Stages; s = s + 1) begin : g_stage
      wire [Terminals*Bits-1:0] in;
      wire [Terminals*Bits-1:0] switched;
      wire [Terminals*Bits-1:0] out;
      wire [      Switches-1:0] crossed;

      cf_delay #(
          .Width(Switches),
          .Depth(s / StagesPerRegister)
      ) i_control (
          .clk_i(clk_i),
          .d_i  (control_i[s*Switches+:Switches]),
          .q_o  (crossed)
      );

      if (s == 0) begin : g_first
        assign in = data_i;
      end else begin : g_next
        // the block that the wires from the stage before stay in
        localparam Block = (s < Levels) ? 1 << (Levels - s + 1) : 1 << (s - Levels + 2);
        for (t = 0; t < Terminals; t = t + 1) begin : g_wire
          localparam I = t % Block;
          localparam To = (t - I) + ((s < Levels) ? I / 2 + (I % 2) * (Block / 2) :
              2 * (I % (Block / 2)) + I / (Block / 2));
          assign in[To*Bits+:Bits] = g_stage[s-1].out[t*Bits+:Bits];
        end
      end

      for (j = 0; j < Switches; j = j + 1) begin : g_switch
        wire [Bits-1:0] a = in[2*j*Bits+:Bits];
        wire [Bits-1:0] b = in[(2*j+1)*Bits+:Bits];
        assign switched[2*j*Bits+:Bits]     = crossed[j] ? b : a;
        assign switched[(2*j+1)*Bits+:Bits] = crossed[j] ? a : b;
      end

      cf_delay #(
          .Width(Terminals * Bits),
          .Depth(((s + 1) % StagesPerRegister == 0 || s == Stages - 1) ? 1 : 0)
      ) i_out (
          .clk_i(clk_i),
          .d_i  (switched),
          .q_o  (out)
      );
    end
  endgenerate

  assign data_o = g_stage[Stages-1].out;

endmodule

`default_nettype wire
