// What a junction hands on: accumulators in, codes (or the accumulators as they are) out, in as
// many slots as the next stage's memory is written in.
//
// Does:      requantises, and brings write enables and rows at the same time.
// Does not:  wait.
// Latency:   1 cycle.
// Limits:    1 <= Slots. Raw = 1 gives accumulators (OutBits = AccBits), Raw = 0 codes by Shift,
//            Low, High: see cf_requant.
`default_nettype none

module cf_output #(
    parameter Slots = 4,
    parameter RowBits = 4,
    parameter AccBits = 16,
    parameter Raw = 0,
    parameter Shift = 4,
    parameter OutBits = 6,
    parameter signed [31:0] Low = 0,
    parameter signed [31:0] High = 63
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    input  wire [        Slots-1:0] valid_i,
    input  wire [Slots*RowBits-1:0] row_i,
    input  wire [Slots*AccBits-1:0] acc_i,
    output wire [        Slots-1:0] we_o,
    output wire [Slots*RowBits-1:0] wrow_o,
    output wire [Slots*OutBits-1:0] wdata_o
);

  generate
    if (Raw != 0 && OutBits != AccBits) begin : g_illegal
      cf_output_needs_OutBits_equal_to_AccBits_where_Raw_is_1 stop ();  // no such module
    end
  endgenerate

  genvar s;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_result
      if (Raw != 0) begin : g_raw
        cf_delay #(
            .Width(AccBits),
            .Depth(1)
        ) i_logit (
            .clk_i(clk_i),
            .d_i  (acc_i[s*AccBits+:AccBits]),
            .q_o  (wdata_o[s*OutBits+:OutBits])
        );
      end else begin : g_code
        cf_requant #(
            .AccBits(AccBits),
            .Shift  (Shift),
            .OutBits(OutBits),
            .Low    (Low),
            .High   (High)
        ) i_requant (
            .clk_i (clk_i),
            .acc_i (acc_i[s*AccBits+:AccBits]),
            .code_o(wdata_o[s*OutBits+:OutBits])
        );
      end

      cf_delay_flag #(
          .Depth(1)
      ) i_we (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .d_i   (valid_i[s]),
          .q_o   (we_o[s])
      );

      cf_delay #(
          .Width(RowBits),
          .Depth(1)
      ) i_row (
          .clk_i(clk_i),
          .d_i  (row_i[s*RowBits+:RowBits]),
          .q_o  (wrow_o[s*RowBits+:RowBits])
      );

`ifdef CF_TRACE
      always @(posedge clk_i) begin
        if (rst_ni && valid_i[s])
          $display("CF_TRACE %m acc %0d", $signed(acc_i[s*AccBits+:AccBits]));
        if (rst_ni && we_o[s]) $display("CF_TRACE %m out %0d", wdata_o[s*OutBits+:OutBits]);
      end
`endif
    end
  endgenerate

endmodule

`default_nettype wire
