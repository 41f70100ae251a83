// Two unrolled junctions in a row, the first one behind cf_stream_in: frames that follow each other
// with no gap or with pauses, permits that come and go. The adders are stand-ins: neuron k adds up
// the frame's codes and k, Latency cycles late.
//
// Every frame must come out, in order, right, with its announcement two cycles before its write; and
// where permits never lack, one frame every Rows cycles.
// run: Rows=5 Latency=3
// run: Rows=1 Latency=0
// run: Rows=1 Latency=4
// run: Rows=5 Latency=3 Stalls=1
// run: Rows=1 Latency=2 Stalls=1
// run: Rows=7 Latency=1 Slots=3 Stalls=1
`default_nettype none

module tb_unrolled;
  parameter Rows = 5;
  parameter Slots = 2;
  parameter Latency = 3;
  parameter Stalls = 0;
  parameter Seed = 1;

  localparam Bits = 4;
  localparam Acc = 12;
  localparam Frames = 300;
  localparam RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam Codes = Rows * Slots;

  reg clk = 1'b0, rst_n = 1'b0;
  reg [Slots*Bits-1:0] tdata = 'b0;
  reg tvalid = 1'b0, tlast = 1'b0;
  wire tready;
  wire room0, take0, frame0, end0;
  wire [Slots-1:0] we0;
  wire [Slots*RowBits-1:0] row0;
  wire [Slots*Bits-1:0] data0;
  wire room1, take1, frame1, end1;
  wire [1:0] we1, row1;
  wire [2*Acc-1:0] data1;
  wire take2, frame2, end2;
  wire [2:0] we2, row2;
  wire [3*Acc-1:0] data2;
  wire [Codes*Bits-1:0] act0;
  wire [2*Acc-1:0] act1;
  reg [2*Acc-1:0] sum0;
  reg [3*Acc-1:0] sum1;
  wire [2*Acc-1:0] acc0;
  wire [3*Acc-1:0] acc1;
  wire error;
  wire [31:0] dropped;
  wire avail;
  reg give = 1'b0;

  cf_stream_in #(
      .BusBits(Slots * Bits),
      .Bits   (Bits),
      .Slots  (Slots),
      .Beats  (Rows)
  ) i_in (
      .aclk            (clk),
      .aresetn         (rst_n),
      .s_axis_tdata    (tdata),
      .s_axis_tvalid   (tvalid),
      .s_axis_tready   (tready),
      .s_axis_tlast    (tlast),
      .room_avail_i    (room0),
      .room_take_o     (take0),
      .frame_o         (frame0),
      .we_o            (we0),
      .row_o           (row0),
      .data_o          (data0),
      .frame_end_o     (end0),
      .frame_error_o   (error),
      .dropped_frames_o(dropped)
  );

  cf_junction_unrolled #(
      .ActBits(Bits),
      .Slots  (Slots),
      .Rows   (Rows),
      .Neurons(2),
      .Latency(Latency),
      .AccBits(Acc),
      .Raw    (1),
      .OutBits(Acc)
  ) dut_hold (
      .clk_i       (clk),
      .rst_ni      (rst_n),
      .room_avail_o(room0),
      .room_take_i (take0),
      .frame_i     (frame0),
      .we_i        (we0),
      .wrow_i      (row0),
      .wdata_i     (data0),
      .wframe_end_i(end0),
      .act_o       (act0),
      .acc_i       (acc0),
      .room_avail_i(room1),
      .room_take_o (take1),
      .frame_o     (frame1),
      .we_o        (we1),
      .wrow_o      (row1),
      .wdata_o     (data1),
      .wframe_end_o(end1)
  );

  cf_junction_unrolled #(
      .ActBits(Acc),
      .Slots  (2),
      .Rows   (1),
      .Flow   (1),
      .Neurons(3),
      .Latency(Latency),
      .AccBits(Acc),
      .Raw    (1),
      .OutBits(Acc)
  ) dut_flow (
      .clk_i       (clk),
      .rst_ni      (rst_n),
      .room_avail_o(room1),
      .room_take_i (take1),
      .frame_i     (frame1),
      .we_i        (we1),
      .wrow_i      (row1),
      .wdata_i     (data1),
      .wframe_end_i(end1),
      .act_o       (act1),
      .acc_i       (acc1),
      .room_avail_i(avail),
      .room_take_o (take2),
      .frame_o     (frame2),
      .we_o        (we2),
      .wrow_o      (row2),
      .wdata_o     (data2),
      .wframe_end_o(end2)
  );

  // the permits of whoever is behind: enough for all on their way
  cf_credit #(
      .Max    (40),
      .Initial(40)
  ) i_behind (
      .clk_i  (clk),
      .rst_ni (rst_n),
      .give_i (give),
      .take_i (take2),
      .avail_o(avail)
  );

  integer k, c;
  always @* begin
    for (k = 0; k < 2; k = k + 1) begin
      sum0[k*Acc+:Acc] = k;
      for (c = 0; c < Codes; c = c + 1) sum0[k*Acc+:Acc] = sum0[k*Acc+:Acc] + act0[c*Bits+:Bits];
    end
    for (k = 0; k < 3; k = k + 1)
    sum1[k*Acc+:Acc] = act1[0+:Acc] + act1[Acc+:Acc] + k;
  end

  cf_delay #(
      .Width(2 * Acc),
      .Depth(Latency)
  ) i_sum0 (
      .clk_i(clk),
      .d_i  (sum0),
      .q_o  (acc0)
  );

  cf_delay #(
      .Width(3 * Acc),
      .Depth(Latency)
  ) i_sum1 (
      .clk_i(clk),
      .d_i  (sum1),
      .q_o  (acc1)
  );

  reg [Acc-1:0] want[0:Frames-1];
  reg [1:0] said;
  integer seed, sent, beat, seen, held, errors, cycle, first, last, s, k2;

  initial begin
    seed   = Seed;
    errors = 0;
    sent   = 0;
    beat   = 0;
    seen   = 0;
    held   = 0;
    said   = 2'b0;
    first  = 0;
    last   = 0;
    for (cycle = 0; seen < Frames && cycle < 200000; cycle = cycle + 1) begin
      #1;
      rst_n = cycle > 3;
      // a beat, held until it is taken
      if (rst_n && !tvalid && sent < Frames && (Stalls == 0 || {$random(seed)} % 3 != 0)) begin
        tdata  = $random(seed);
        tvalid = 1'b1;
        tlast  = beat == Rows - 1;
        if (beat == 0) want[sent] = 0;
        for (s = 0; s < Slots; s = s + 1) want[sent] = want[sent] + tdata[s*Bits+:Bits];
      end
      // with stalls permits come back seldom, then many at once
      give = held > 0 && (Stalls == 0 || (cycle / 400) % 3 != 0);
      #1;
      if (end2) begin
        if (!said[1] || we2 !== 3'b111) begin
          $display("frame %0d: written without its announcement", seen);
          errors = errors + 1;
        end
        for (k2 = 0; k2 < 3; k2 = k2 + 1)
        if (data2[k2*Acc+:Acc] !== 2 * want[seen] + 1 + k2) begin
          if (errors < 5)
            $display("frame %0d: neuron %0d is %0d, want %0d", seen, k2, data2[k2*Acc+:Acc],
                     2 * want[seen] + 1 + k2);
          errors = errors + 1;
        end
        if (seen == 0) first = cycle;
        last = cycle;
        seen = seen + 1;
        held = held + 1;
      end
      if (give) held = held - 1;
      said = {said[0], frame2};
      if (tvalid && tready) begin
        beat = (beat == Rows - 1) ? 0 : beat + 1;
        if (beat == 0) sent = sent + 1;
      end
      s = tvalid && tready;
      clk = 1'b1;
      #1 clk = 1'b0;
      if (s) tvalid = 1'b0;
    end
    if (seen != Frames || dropped != 0) begin
      $display("%0d of %0d frames came out", seen, Frames);
      errors = errors + 1;
    end
    if (Stalls == 0 && last - first != Rows * (Frames - 1)) begin
      $display("%0d frames took %0d cycles", Frames, last - first);
      errors = errors + 1;
    end
    $display("%0s: %0d frames, %0d errors", (errors == 0) ? "PASS" : "FAIL", seen, errors);
    $finish;
  end

endmodule

`default_nettype wire
