// Which of the `Frames` places of a left memory is written, and which is read.
//
// Gated = 0: the places are a ring, frames are read in the order in which they were written.
// Gated = 1: the places are a pool. A written frame waits until it is decided: with `pass_i` it
// joins the frames that are read, in order; without, it exits: nobody reads it, and its place is
// free at once, even while frames before it wait to be read. Decisions come in the order of
// writing. `frame_o` says that one more frame may be read, `room_o` that a place became free.
//
// Does:      moves on to another place with `wframe_end_i` and `rframe_end_i`, the last cycles in
//            which a frame is written and read.
// Does not:  know whether a place is free or a frame there: the permits of cf_credit do, which
//            Gated = 1 gives.
// Latency:   Gated = 0: none. Gated = 1: a decision counts one cycle after `decide_i`. An exit
//            waits there while a frame ends in that cycle, since one place is freed a cycle, and
//            so do the decisions behind it. A place may be written in the cycle after `room_o`, a
//            frame be read in the cycle after `frame_o`.
// Limits:    2 <= Frames, any number. A frame's decision comes no earlier than its `wframe_end_i`.
//            Gated = 0: `decide_i` and `pass_i` mean nothing, `frame_o` and `room_o` are 0.
`default_nettype none

module cf_places #(
    parameter Frames = 2,
    parameter Gated = 0,
    // derived, not to be set
    parameter FrameBits = $clog2(Frames)
) (
    input  wire                 clk_i,
    input  wire                 rst_ni,
    // frames are written, decided, read
    input  wire                 wframe_end_i,
    input  wire                 decide_i,
    input  wire                 pass_i,
    input  wire                 rframe_end_i,
    // places
    output wire [FrameBits-1:0] wplace_o,
    output wire [FrameBits-1:0] rplace_o,
    // permits
    output wire                 frame_o,
    output wire                 room_o
);

  generate
    if (Frames < 2) begin : g_illegal
      cf_places_needs_Frames_of_at_least_2 stop ();  // no such module
    end
  endgenerate

  generate
    if (Gated == 0) begin : g_ring
      localparam LastInt = Frames - 1;
      localparam [FrameBits-1:0] Last = LastInt[FrameBits-1:0];

      reg [FrameBits-1:0] wplace_q;
      reg [FrameBits-1:0] rplace_q;

      assign wplace_o = wplace_q;
      assign rplace_o = rplace_q;
      assign frame_o  = 1'b0;
      assign room_o   = 1'b0;

      always @(posedge clk_i) begin
        if (!rst_ni) begin
          wplace_q <= {FrameBits{1'b0}};
          rplace_q <= {FrameBits{1'b0}};
        end else begin
          if (wframe_end_i) wplace_q <= (wplace_q == Last) ? {FrameBits{1'b0}} : wplace_q + 1'b1;
          if (rframe_end_i) rplace_q <= (rplace_q == Last) ? {FrameBits{1'b0}} : rplace_q + 1'b1;
        end
      end

      wire unused_decision = &{1'b0, decide_i, pass_i};
    end else begin : g_pool
      localparam FreshBits = $clog2(Frames + 1);
      localparam [FreshBits-1:0] NoneFresh = Frames[FreshBits-1:0];

      reg  [FreshBits-1:0] fresh_q;  // places from here on were never written since reset
      wire [FrameBits-1:0] free;
      wire [FrameBits-1:0] waiting;
      wire                 none_fresh = fresh_q == NoneFresh;
      wire                 free_valid;
      wire                 waiting_valid;
      wire                 run_valid;
      wire                 decided;
      wire                 pass;
      wire                 passes = decided && waiting_valid && pass;
      wire                 exits = decided && waiting_valid && !pass && !rframe_end_i;

      assign wplace_o = none_fresh ? free : fresh_q[FrameBits-1:0];
      assign frame_o  = passes;
      assign room_o   = exits || rframe_end_i;

      always @(posedge clk_i) begin
        if (!rst_ni) fresh_q <= {FreshBits{1'b0}};
        else if (wframe_end_i && !none_fresh) fresh_q <= fresh_q + 1'b1;
      end

      cf_queue #(
          .Width(FrameBits),
          .Depth(Frames)
      ) i_free (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .push_i (room_o),
          .data_i (rframe_end_i ? rplace_o : waiting),
          .pop_i  (wframe_end_i && none_fresh),
          .head_o (free),
          .valid_o(free_valid)
      );

      cf_queue #(
          .Width(FrameBits),
          .Depth(Frames)
      ) i_waiting (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .push_i (wframe_end_i),
          .data_i (wplace_o),
          .pop_i  (passes || exits),
          .head_o (waiting),
          .valid_o(waiting_valid)
      );

      cf_queue #(
          .Width(1),
          .Depth(Frames)
      ) i_decisions (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .push_i (decide_i),
          .data_i (pass_i),
          .pop_i  (passes || exits),
          .head_o (pass),
          .valid_o(decided)
      );

      cf_queue #(
          .Width(FrameBits),
          .Depth(Frames)
      ) i_run (
          .clk_i  (clk_i),
          .rst_ni (rst_ni),
          .push_i (passes),
          .data_i (waiting),
          .pop_i  (rframe_end_i),
          .head_o (rplace_o),
          .valid_o(run_valid)
      );

      wire unused_valid = &{1'b0, free_valid, run_valid};

`ifdef FORMAL
      // asserted of the neighbours; that they free and read only what is there, the queues assert
      reg                 f_reset_q = 1'b0;
      reg [FreshBits-1:0] f_undecided_q;
      always @(posedge clk_i) begin
        if (!rst_ni) begin
          f_reset_q     <= 1'b1;
          f_undecided_q <= {FreshBits{1'b0}};
        end else begin
          if (wframe_end_i && !decide_i) f_undecided_q <= f_undecided_q + 1'b1;
          if (decide_i && !wframe_end_i) f_undecided_q <= f_undecided_q - 1'b1;
          if (f_reset_q) begin
            assert (!decide_i || wframe_end_i || f_undecided_q != {FreshBits{1'b0}});
            assert (!decided || waiting_valid);
          end
        end
      end
`endif
    end
  endgenerate

endmodule

`default_nettype wire
