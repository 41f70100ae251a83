// The control of a junction: permits on both sides, the sequencer, and when its results are there.
//
// Does:      starts a frame when one is there to read and the next stage has room, counts its
//            cycles, gives the left memory back in cycle `Release`, and tells the next stage of a
//            frame two cycles before its last write, so that it starts in time to read it all.
//            Gated = 1: the left memory's pool says when a frame may be read (`pool_frame_i`) and
//            when a place is free (`pool_room_i`), instead of `frame_i` and cycle `Release`.
// Does not:  touch data.
// Latency:   see cf_sequencer. `frame_o` comes LastWrite - 2 cycles after `end_i`, `wframe_end_o`
//            LastWrite: with the frame's last write.
// Limits:    1 <= Frames, 3 <= LastWrite: cycles from `end_i`, which is `last_o` or a fixed time
//            later, to the frame's last write; Cycles and Release as cf_sequencer. Gated = 0:
//            `pool_frame_i` and `pool_room_i` mean nothing; Gated = 1: `frame_i` and Release.
`default_nettype none

module cf_control #(
    parameter Frames = 2,
    parameter Cycles = 50,
    parameter Release = 0,
    parameter LastWrite = 9,
    parameter Gated = 0,
    // derived, not to be set
    parameter CycleBits = (Cycles > 1) ? $clog2(Cycles) : 1
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // upstream
    output wire                 room_avail_o,
    input  wire                 room_take_i,
    input  wire                 frame_i,
    // the left memory's pool
    input  wire                 pool_frame_i,
    input  wire                 pool_room_i,
    // downstream
    input  wire                 room_avail_i,
    output wire                 room_take_o,
    output wire                 frame_o,
    output wire                 wframe_end_o,
    // schedule
    output wire                 run_o,
    output wire [CycleBits-1:0] cycle_o,
    output wire                 last_o,
    input  wire                 end_i
);

  generate
    if (LastWrite < 3) begin : g_illegal
      cf_control_needs_LastWrite_of_at_least_3 stop ();  // no such module
    end
  endgenerate

  wire frame_avail;
  wire start;
  wire release_room;

  assign room_take_o = start;

  cf_credit #(
      .Max    (Frames),
      .Initial(0)
  ) i_full (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i ((Gated != 0) ? pool_frame_i : frame_i),
      .take_i (start),
      .avail_o(frame_avail)
  );

  cf_credit #(
      .Max    (Frames),
      .Initial(Frames)
  ) i_room (
      .clk_i  (clk_i),
      .rst_ni (rst_ni),
      .give_i ((Gated != 0) ? pool_room_i : release_room),
      .take_i (room_take_i),
      .avail_o(room_avail_o)
  );

  cf_sequencer #(
      .Cycles (Cycles),
      .Release(Release)
  ) i_sequencer (
      .clk_i        (clk_i),
      .rst_ni       (rst_ni),
      .frame_avail_i(frame_avail),
      .room_avail_i (room_avail_i),
      .start_o      (start),
      .run_o        (run_o),
      .cycle_o      (cycle_o),
      .last_o       (last_o),
      .release_o    (release_room)
  );

  // the next stage may start when its first read comes after our last write: two cycles before it
  cf_delay_flag #(
      .Depth(LastWrite - 2)
  ) i_frame (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (end_i),
      .q_o   (frame_o)
  );

  cf_delay_flag #(
      .Depth(2)
  ) i_frame_end (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .d_i   (frame_o),
      .q_o   (wframe_end_o)
  );

endmodule

`default_nettype wire
