// Takes frames from an AXI4-Stream and writes them, beat by beat, into a junction's left memory.
//
// Does:      checks the length of every frame by `tlast`. A frame that ends early or late is
//            dropped whole (its words are written over by the next frame), flagged for one cycle
//            and counted.
// Does not:  look at the codes, or take a beat while there is no memory to put its frame into.
// Latency:   1 cycle from an accepted beat to its write; `frame_o` in the cycle in which a good
//            frame's last beat is accepted.
// Handshake: AXI4-Stream slave; `s_axis_tready` does not depend on `s_axis_tvalid`.
// Limits:    1 <= Slots * Bits <= BusBits, 1 <= Beats.
`default_nettype none

module cf_stream_in #(
    parameter BusBits = 64,
    parameter Bits = 4,
    parameter Slots = 16,
    parameter Beats = 50,
    // derived, not to be set
    parameter RowBits = (Beats > 1) ? $clog2(Beats) : 1
) (
    input  wire                     aclk,
    input  wire                     aresetn,
    input  wire [      BusBits-1:0] s_axis_tdata,
    input  wire                     s_axis_tvalid,
    output wire                     s_axis_tready,
    input  wire                     s_axis_tlast,
    // permits: room for one more frame, and its taking
    input  wire                     room_avail_i,
    output wire                     room_take_o,
    // a good frame is complete with the write of the next cycle
    output wire                     frame_o,
    // write port: one row of all slots a beat
    output wire [        Slots-1:0] we_o,
    output wire [Slots*RowBits-1:0] row_o,
    output wire [   Slots*Bits-1:0] data_o,
    output reg                      frame_end_o,
    output reg                      frame_error_o,
    output reg  [             31:0] dropped_frames_o
);

  generate
    if (Slots < 1 || Bits < 1 || Slots * Bits > BusBits || Beats < 1) begin : g_illegal
      cf_stream_in_needs_Slots_times_Bits_within_BusBits_and_a_beat stop ();  // no such module
    end
  endgenerate

  localparam LastInt = Beats - 1;
  localparam [RowBits-1:0] Last = LastInt[RowBits-1:0];

  reg  [   RowBits-1:0] beat_q;  // of the frame that is coming in
  reg                   skip_q;  // past the end of a frame that is too long
  reg                   own_q;   // a dropped frame left its room to the next one
  reg                   we_q;
  reg  [   RowBits-1:0] row_q;
  reg  [Slots*Bits-1:0] data_q;

  wire at_start = beat_q == {RowBits{1'b0}};
  wire at_last = beat_q == Last;
  wire accept = s_axis_tvalid && s_axis_tready;
  wire take_beat = accept && !skip_q;
  wire good = take_beat && at_last && s_axis_tlast;
  wire early = take_beat && !at_last && s_axis_tlast;
  wire late = take_beat && at_last && !s_axis_tlast;
  wire dropped = early || (accept && skip_q && s_axis_tlast);

  assign s_axis_tready = skip_q || !at_start || own_q || room_avail_i;
  assign room_take_o = take_beat && at_start && !own_q;
  assign frame_o = good;

  assign we_o = {Slots{we_q}};
  assign row_o = {Slots{row_q}};
  assign data_o = data_q;

  always @(posedge aclk) begin
    row_q  <= beat_q;
    data_q <= s_axis_tdata[Slots*Bits-1:0];
    if (!aresetn) begin
      beat_q           <= {RowBits{1'b0}};
      skip_q           <= 1'b0;
      own_q            <= 1'b0;
      we_q             <= 1'b0;
      frame_end_o      <= 1'b0;
      frame_error_o    <= 1'b0;
      dropped_frames_o <= 32'd0;
    end else begin
      we_q          <= take_beat;
      frame_end_o   <= good;
      frame_error_o <= dropped;
      if (dropped) dropped_frames_o <= dropped_frames_o + 32'd1;
      if (take_beat) begin
        beat_q <= (at_last || s_axis_tlast) ? {RowBits{1'b0}} : beat_q + 1'b1;
        own_q  <= early || late || (own_q && !good);
      end
      if (late) skip_q <= 1'b1;
      else if (accept && s_axis_tlast) skip_q <= 1'b0;
    end
  end

  generate
    if (Slots * Bits < BusBits) begin : g_spare
      wire unused_spare = &{1'b0, s_axis_tdata[BusBits-1:Slots*Bits]};
    end
  endgenerate

`ifdef FORMAL
  // what the bus has shown, counted apart from the module's own state
  localparam FCountBits = $clog2(Beats + 2);
  localparam [FCountBits-1:0] FBeats = Beats;
  reg                   f_reset_q = 1'b0;
  reg  [FCountBits-1:0] f_beats_q;  // accepted beats of this frame, stops counting above Beats
  reg                   f_owns_q;   // room was taken for a frame that is not in memory yet
  reg                   f_good_q;   // a frame's last beat was the right one, one cycle ago
  reg                   f_bad_q;
  reg  [          31:0] f_bad_count_q;
  (* anyconst *)reg  [   RowBits-1:0] f_row;      // any row
  reg  [Slots*Bits-1:0] f_sent_q;   // what this frame has sent for it
  reg  [Slots*Bits-1:0] f_stored_q; // what the memory holds there
  wire                  f_end = accept && s_axis_tlast;
  wire                  f_right = f_beats_q == FBeats - 1'b1;
  wire [Slots*Bits-1:0] f_stored = (we_o[0] && row_o[RowBits-1:0] == f_row) ? data_o : f_stored_q;

  always @(posedge aclk) begin
    f_stored_q <= f_stored;
    if (accept && f_beats_q == f_row) f_sent_q <= s_axis_tdata[Slots*Bits-1:0];
    f_good_q <= aresetn && f_end && f_right;
    f_bad_q  <= aresetn && f_end && !f_right;
    if (!aresetn) begin
      f_reset_q     <= 1'b1;
      f_beats_q     <= {FCountBits{1'b0}};
      f_owns_q      <= 1'b0;
      f_bad_count_q <= 32'd0;
    end else begin
      if (f_end) f_beats_q <= {FCountBits{1'b0}};
      else if (accept && f_beats_q <= FBeats) f_beats_q <= f_beats_q + 1'b1;
      f_owns_q      <= (room_take_o || f_owns_q) && !frame_o;
      f_bad_count_q <= f_bad_count_q + (f_end && !f_right);
    end
    if (f_reset_q) begin
      // a frame is good if and only if it has Beats beats, and it is said when it should be
      if (aresetn) assert (frame_o == (f_end && f_right));
      assert (frame_end_o == f_good_q);
      assert (frame_error_o == f_bad_q);
      assert (dropped_frames_o == f_bad_count_q);
      // ready looks at state and room only; room is taken once a frame in memory, if it is there
      assert (s_axis_tready == (f_beats_q != 0 || f_owns_q || room_avail_i));
      if (aresetn) assert (room_take_o == (accept && f_beats_q == 0 && !f_owns_q));
      assert (!room_take_o || room_avail_i);
      // a word is written only into room that the frame owns, and the right one
      assert (we_o == {Slots{1'b0}} || we_o == {Slots{1'b1}});
      assert (!we_o[0] || f_owns_q || f_good_q);
      if (frame_end_o && f_row < Beats) assert (f_stored == f_sent_q);
      // what ties the module's state to these counts, for the induction
      assert (skip_q == (f_beats_q >= FBeats));
      assert (skip_q ? beat_q == 0 : beat_q == f_beats_q);
      assert (f_beats_q <= FBeats + 1'b1);
      assert (!(f_beats_q != 0) || f_owns_q);
      assert (!skip_q || own_q);
      assert (own_q ? f_owns_q : f_owns_q == (f_beats_q != 0));
      assert (!f_good_q || we_q);
      if (f_beats_q > f_row && f_row < Beats) assert (f_stored == f_sent_q);
      assert (!we_q || row_q <= Last);
    end
  end
`endif

endmodule

`default_nettype wire
