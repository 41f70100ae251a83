// Keeps the frames of a split and reads them, `Group` codes a cycle.
//
// Does:      starts a frame when one is there and a packet has room, reads its rows in order and
//            each row's slots in groups, and says which of a group are neurons.
// Does not:  stall in the middle of a frame.
// Latency:   4 + Wait cycles from `start_o` to the first group.
// Limits:    as cf_split.
`default_nettype none

module cf_split_read #(
    parameter Neurons = 40,
    parameter Bits = 6,
    parameter Slots = 4,
    parameter Rows = 10,
    parameter Steps = 5,
    parameter Cycles = 50,
    parameter Frames = 2,
    parameter Gated = 0,
    parameter Release = 0,
    parameter Group = 4,
    parameter Wait = 1,
    parameter RowBits = 4
) (
    input  wire                     clk_i,
    input  wire                     rst_ni,
    // upstream
    output wire                     room_avail_o,
    input  wire                     room_take_i,
    input  wire                     frame_i,
    input  wire                     decide_i,
    input  wire                     pass_i,
    input  wire [        Slots-1:0] we_i,
    input  wire [Slots*RowBits-1:0] wrow_i,
    input  wire [   Slots*Bits-1:0] wdata_i,
    input  wire                     wframe_end_i,
    // downstream
    input  wire                     room_avail_i,
    output wire                     start_o,
    output wire                     valid_o,
    output wire                     first_o,
    output wire                     last_o,
    output wire [        Group-1:0] there_o,
    output wire [   Group*Bits-1:0] code_o
);

  localparam Groups = (Group > 0) ? (Slots + Group - 1) / Group : 1;
  localparam GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam LastGroupInt = Groups - 1;
  localparam [GroupBits-1:0] LastGroup = LastGroupInt[GroupBits-1:0];
  localparam WorkCycles = Rows * Groups;
  localparam WorkBits = (WorkCycles > 1) ? $clog2(WorkCycles) : 1;

  generate
    if (Group < 1 || Group > Slots || Wait < 0) begin : g_illegal
      cf_split_read_needs_Group_from_1_to_Slots_and_Wait_of_at_least_0 stop ();  // no such module
    end
  endgenerate

  wire                        frame_avail;
  wire                        run;
  wire                        last;
  wire                        release_room;
  wire                        pool_frame;
  wire                        pool_room;
  wire [        WorkBits-1:0] cycle;
  reg                         first_q;  // the next group is a frame's first
  reg  [       GroupBits-1:0] group_q;
  reg  [         RowBits-1:0] row_q;
  wire [       GroupBits-1:0] group;    // as the column is there
  wire [         RowBits-1:0] row_read;
  wire                        last_read;
  reg  [           Slots-1:0] neuron_q;
  wire [      Slots*Bits-1:0] column;
  wire [Group*(Bits+1)-1:0]   picked;

  cf_credit #(
      .Max    (Frames),
      .Initial(0)
  ) i_full (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i ((Gated != 0) ? pool_frame : frame_i),
      .take_i (start_o),
      .avail_o(frame_avail)
  );

  cf_credit #(
      .Max    (Frames),
      .Initial(Frames)
  ) i_room (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i ((Gated != 0) ? pool_room : release_room),
      .take_i (room_take_i),
      .avail_o(room_avail_o)
  );

  cf_sequencer #(
      .Cycles (WorkCycles),
      .Release(Release)
  ) i_sequencer (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .frame_avail_i(frame_avail),
      .room_avail_i (room_avail_i),
      .start_o      (start_o),
      .run_o        (run),
      .cycle_o      (cycle),
      .last_o       (last),
      .release_o    (release_room)
  );

  // the cycle as a row and a group
  always @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      group_q <= {GroupBits{1'b0}};
      row_q   <= {RowBits{1'b0}};
    end else if (run) begin
      first_q <= last;
      group_q <= (group_q == LastGroup) ? {GroupBits{1'b0}} : group_q + 1'b1;
      if (last) row_q <= {RowBits{1'b0}};
      else if (group_q == LastGroup) row_q <= row_q + 1'b1;
    end
  end

  cf_delay #(
      .Width(RowBits),
      .Depth(1)
  ) i_row_read (
      .clk_i(clk_i),
      .d_i  (row_q),
      .q_o  (row_read)
  );

  cf_delay_flag #(
      .Depth(1)
  ) i_last_read (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_read)
  );

  cf_delay #(
      .Width(GroupBits),
      .Depth(2)
  ) i_group (
      .clk_i(clk_i),
      .d_i  (group_q),
      .q_o  (group)
  );

  wire [Slots-1:0] one_stripe = 'b0;

  cf_left #(
      .Bits    (Bits),
      .Slots   (Slots),
      .BankRows(Rows),
      .Frames  (Frames),
      .Fields  (1),
      .Gated   (Gated)
  ) i_activations (
      .clk_i       (clk_i),
      .rst_ni      (rst_ni),
      .we_i        (we_i),
      .wstripe_i   (one_stripe),
      .wrow_i      (wrow_i),
      .wdata_i     (wdata_i),
      .wframe_end_i(wframe_end_i),
      .decide_i    (decide_i),
      .pass_i      (pass_i),
      .frame_o     (pool_frame),
      .room_o      (pool_room),
      .row_i       (row_read),
      .rframe_end_i(last_read),
      .column_o    (column)
  );

  genvar s, j, g, b;
  generate
    for (s = 0; s < Slots; s = s + 1) begin : g_slot
      localparam First = (s * Cycles + Steps - 1) / Steps;
      localparam Next = ((s + 1) * Cycles + Steps - 1) / Steps;
      localparam CountInt = ((Next < Neurons) ? Next : Neurons) - First;

      if (CountInt >= Rows || CountInt < 1) begin : g_all_or_none
        always @(posedge clk_i) neuron_q[s] <= CountInt > 0;
      end else begin : g_some
        localparam [RowBits-1:0] Count = CountInt[RowBits-1:0];
        always @(posedge clk_i) neuron_q[s] <= row_read < Count;
      end
    end

    // code j of group g comes from slot g * Group + j
    for (j = 0; j < Group; j = j + 1) begin : g_code
      wire [(Bits+1)*Groups-1:0] choices;

      for (g = 0; g < Groups; g = g + 1) begin : g_group
        localparam Slot = g * Group + j;
        if (Slot < Slots) begin : g_there
          assign choices[Bits*Groups+g] = neuron_q[Slot];
          for (b = 0; b < Bits; b = b + 1) begin : g_bit
            assign choices[b*Groups+g] = column[b*Slots+Slot];
          end
        end else begin : g_not
          assign choices[Bits*Groups+g] = 1'b0;
          for (b = 0; b < Bits; b = b + 1) begin : g_bit
            assign choices[b*Groups+g] = 1'b0;
          end
        end
      end

      cf_select #(
          .Bits (Bits + 1),
          .Banks(Groups)
      ) i_pick (
          .clk_i   (clk_i),
          .column_i(choices),
          .bank_i  (group),
          .data_o  (picked[j*(Bits+1)+:Bits+1])
      );

      cf_delay #(
          .Width(Bits + 1),
          .Depth(Wait)
      ) i_wait (
          .clk_i(clk_i),
          .d_i  (picked[j*(Bits+1)+:Bits+1]),
          .q_o  ({there_o[j], code_o[j*Bits+:Bits]})
      );
    end

    if (Gated != 0) begin : g_gated
      wire unused_ring = &{1'b0, frame_i, release_room};
    end else begin : g_ring
      wire unused_pool = &{1'b0, pool_frame, pool_room};
    end
  endgenerate

  cf_delay_flag #(
      .Depth(3 + Wait)
  ) i_valid (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (run),
      .q_o   (valid_o)
  );

  cf_delay_flag #(
      .Depth(3 + Wait)
  ) i_first (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (first_q),
      .q_o   (first_o)
  );

  cf_delay_flag #(
      .Depth(3 + Wait)
  ) i_last (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (last),
      .q_o   (last_o)
  );

  wire unused_cycle = &{1'b0, cycle};

endmodule

`default_nettype wire
