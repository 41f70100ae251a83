// cf_link with cf_stream_in behind it and a slow head made here. Messages of all kinds, good,
// damaged, of the wrong length or type, one after the other or Window at once: every good frame is
// answered once, under its tag and with its own bytes; every other message by the error that it
// deserves; nothing else comes, and what was dropped is what had begun.
// run: BusBits=8 Beats=1
// run: BusBits=8 Beats=2 Seed=2
// run: BusBits=16 Beats=3 Seed=3
// run: BusBits=64 Beats=2 Window=1
// run: BusBits=24 Beats=9 Window=3 Seed=4
// run: BusBits=16 Beats=4 Seed=5 Stuck=1
`default_nettype none

module tb_link;
  parameter BusBits = 16;
  parameter Beats = 3;
  parameter Window = 2;
  parameter Stuck = 0;  // 1: the head has no room for the last frame of a Window
  parameter Seed = 1;

  localparam Bytes = BusBits / 8;
  localparam FrameBytes = Bytes * Beats;
  localparam RowBits = (Beats > 1) ? $clog2(Beats) : 1;
  localparam Rounds = 400;
  localparam [63:0] Identity = 64'h7e7d_0123_4567_89ab;

  reg aclk = 1'b0;
  reg aresetn = 1'b0;
  reg [7:0] rx = 8'd0;
  reg rx_valid = 1'b0, rx_error = 1'b0, tx_ready = 1'b0;
  wire [7:0] tx;
  wire tx_valid, error;
  wire [BusBits-1:0] in_data;
  wire in_valid, in_ready, in_last;
  reg [BusBits-1:0] out_data = 'b0;
  reg [Bytes-1:0] out_keep = 'b0;
  reg out_valid = 1'b0, out_last = 1'b0, out_user = 1'b0;
  wire out_ready;
  reg out_ready_q = 1'b0;
  wire take, frame, frame_end, frame_error;
  wire [Bytes-1:0] we;
  wire [Bytes*RowBits-1:0] row;
  wire [BusBits-1:0] word;
  wire [31:0] dropped;

  cf_link #(
      .BusBits(BusBits),
      .Beats(Beats),
      .Window(Window),
      .Identity(Identity)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .rx_data_i(rx),
      .rx_valid_i(rx_valid),
      .rx_error_i(rx_error),
      .tx_data_o(tx),
      .tx_valid_o(tx_valid),
      .tx_ready_i(tx_ready),
      .m_axis_tdata(in_data),
      .m_axis_tvalid(in_valid),
      .m_axis_tready(in_ready),
      .m_axis_tlast(in_last),
      .s_axis_tdata(out_data),
      .s_axis_tkeep(out_keep),
      .s_axis_tvalid(out_valid),
      .s_axis_tready(out_ready),
      .s_axis_tlast(out_last),
      .s_axis_tuser(out_user),
      .error_o(error)
  );

  integer rooms;
  reg give = 1'b0;
  reg open_q = 1'b0;  // a frame that was dropped keeps its room for the next one
  cf_stream_in #(
      .BusBits(BusBits),
      .Bits(8),
      .Slots(Bytes),
      .Beats(Beats)
  ) i_input (
      .aclk(aclk),
      .aresetn(aresetn),
      .s_axis_tdata(in_data),
      .s_axis_tvalid(in_valid),
      .s_axis_tready(in_ready),
      .s_axis_tlast(in_last),
      .room_avail_i(rooms > 0),
      .room_take_o(take),
      .frame_o(frame),
      .we_o(we),
      .row_o(row),
      .data_o(word),
      .frame_end_o(frame_end),
      .frame_error_o(frame_error),
      .dropped_frames_o(dropped)
  );

  reg [BusBits-1:0] memory[0:Beats-1];
  reg [7:0] sums[0:Window];      // of frames that the head has
  reg [7:0] expected[0:255];     // by tag
  reg [7:0] reply[0:63];         // the message that came last
  reg [15:0] crc, back;
  reg [BusBits-1:0] shown;
  reg stalled, escaped;
  reg [7:0] sum, tag, packet_sum, value;
  integer seed, choices, n, i, k, b, errors, heads, replies, size, length, at, cut, kind, begun;
  integer told, answered, refusals, all_refusals;

  always #5 aclk = !aclk;

  task check(input ok, input integer rule);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("round %0d, kind %0d: rule %0d is broken", n, kind, rule);
      errors = errors + 1;
    end
  endtask

  function [15:0] advance(input [15:0] from, input [7:0] byte_in);
    integer j;
    begin
      advance = from;
      for (j = 0; j < 8; j = j + 1)
        advance = (advance[0] ^ byte_in[j]) ? (advance >> 1) ^ 16'h8408 : advance >> 1;
    end
  endfunction

  // ---- the head: a frame's sum of bytes, and sum % 5 more bytes of it, after some time
  always @(posedge aclk) begin
    if (aresetn) rooms <= rooms - (take ? 1 : 0) + (give ? 1 : 0);
    open_q <= !aresetn || frame ? 1'b0 : open_q || take;
    if (we[0]) memory[row[RowBits-1:0]] = word;
    if (aresetn && frame_end) begin
      sums[heads] = 8'd0;
      for (k = 0; k < Beats; k = k + 1)
        for (b = 0; b < Bytes; b = b + 1) sums[heads] = sums[heads] + memory[k][8*b+:8];
      heads = heads + 1;
    end
    out_ready_q <= out_ready;
    // a beat waits as it is until it is taken
    if (stalled) check(in_valid === 1'b1 && in_data === shown, 1);
    stalled = aresetn && in_valid && !in_ready;
    shown = in_data;
    if (aresetn && error) told = told + 1;
  end

  task packet;
    begin
      #1 packet_sum = sums[0];
      for (at = 0; at < heads; at = at + 1) sums[at] = sums[at+1];
      heads = heads - 1;
      give = 1'b1;
      length = 1 + packet_sum % 5;
      for (at = 0; at < length; at = at + Bytes) begin
        out_data = {Bytes{packet_sum}};
        out_keep = ~({Bytes{1'b1}} << ((length - at < Bytes) ? length - at : Bytes));
        out_last = at + Bytes >= length;
        out_user = packet_sum[0];
        out_valid = 1'b1;
        @(posedge aclk);
        #1 give = 1'b0;
        while (!out_ready_q) @(posedge aclk) #1;
        out_valid = 1'b0;
        repeat ({$random(choices)} % 3) @(posedge aclk);
      end
    end
  endtask

  initial begin
    wait (aresetn);
    forever begin
      @(posedge aclk);
      if (heads > 0 && {$random(choices)} % 40 == 0) packet;
    end
  end

  // ---- the host's ear
  always @(posedge aclk) begin
    tx_ready <= {$random(choices)} % 4 == 0;
    if (aresetn && tx_valid && tx_ready) begin
      if (tx == 8'h7e) begin
        if (size > 0) begin
          check(back == 16'hf0b8 && size >= 5 && !escaped, 2);
          answered = answered + 1;
          if (reply[0] == "A" || reply[0] == "C") begin
            value = expected[reply[1]];
            check(reply[0] == (value[0] ? "A" : "C") && size == 5 + value % 5, 3);
            for (i = 2; i < size - 2; i = i + 1) check(reply[i] === value, 4);
          end
          replies = replies + 1;
          if (reply[0] == "E" && reply[2] === 8'd4) begin
            refusals = refusals + 1;
            all_refusals = all_refusals + 1;
          end
        end
        size = 0;
        back = 16'hffff;
        escaped = 1'b0;
      end else if (tx == 8'h7d) escaped = 1'b1;
      else begin
        reply[size] = escaped ? tx ^ 8'h20 : tx;
        back = advance(back, reply[size]);
        escaped = 1'b0;
        size = size + 1;
      end
    end
  end

  // ---- the host's mouth
  task raw(input [7:0] out, input bad);
    begin
      rx = out;
      rx_valid = !bad;
      rx_error = bad;
      @(negedge aclk);
      rx_valid = 1'b0;
      rx_error = 1'b0;
      repeat (3 + {$random(seed)} % 4) @(negedge aclk);
    end
  endtask

  task put(input [7:0] out);
    begin
      crc = advance(crc, out);
      if (out == 8'h7e || out == 8'h7d) begin
        raw(8'h7d, 1'b0);
        raw(out ^ 8'h20, 1'b0);
      end else raw(out, 1'b0);
    end
  endtask

  // type, tag, `count` payload bytes; `damage`: 1 in the check sequence, 2 a framing error
  task message(input [7:0] kind_of, input [7:0] tag_of, input integer count, input integer damage);
    reg [15:0] check_sequence;
    begin
      raw(8'h7e, 1'b0);
      crc = 16'hffff;
      put(kind_of);
      put(tag_of);
      sum = 8'd0;
      for (k_of = 0; k_of < count; k_of = k_of + 1) begin
        byte_of = ({$random(seed)} % 5 == 0) ? 8'h7d + {$random(seed)} % 2 : $random(seed);
        sum = sum + byte_of;
        // the answer may come right behind the end
        if (k_of == count - 1) expected[tag_of] = sum;
        if (damage == 2 && k_of == count / 2) raw(8'h55, 1'b1);
        put(byte_of);
      end
      check_sequence = ~crc ^ ((damage == 1) ? 16'h0400 : 16'h0000);
      put(check_sequence[7:0]);
      put(check_sequence[15:8]);
      raw(8'h7e, 1'b0);
    end
  endtask
  integer k_of;
  reg [7:0] byte_of;

  task wait_for(input integer count);
    begin
      k_of = 0;
      while (replies < count && k_of < 20000) begin
        @(negedge aclk);
        k_of = k_of + 1;
      end
      check(replies == count, 5);
    end
  endtask

  task refused(input [7:0] code, input [7:0] tag_of);
    check(reply[0] == "E" && reply[1] === tag_of && reply[2] === code && size == 0, 6);
  endtask

  initial begin
    seed = Seed;
    choices = Seed + 100;
    {errors, heads, replies, size, answered, begun, told, kind, refusals, all_refusals} = 'b0;
    {stalled, escaped, tag} = 'b0;
    back = 16'hffff;
    rooms = Window - Stuck;
    repeat (3) @(negedge aclk);
    aresetn = 1'b1;
    for (n = 0; n < Rounds; n = n + 1) begin
      tag = tag + 1 + {$random(seed)} % 3;
      kind = {$random(seed)} % 9;
      {told, replies, refusals} = 'b0;
      case (kind)
        0: begin  // a good frame
          message("F", tag, FrameBytes, 0);
          wait_for(1);
          check((reply[0] == "A" || reply[0] == "C") && reply[1] === tag && told == 0, 7);
        end
        1: begin  // a full window, then one too many, which cannot begin
          for (cut = 0; cut < Window; cut = cut + 1) message("F", tag + cut, FrameBytes, 0);
          tag = tag + Window;
          if (Stuck == 0 && replies == 0) begin
            message("F", tag, FrameBytes, 0);
            wait_for(Window + 1);
          end else wait_for(Window);
          // refused because its first beat was not taken: that beat is still inside
          if (Stuck == 1) begun = begun + refusals;
        end
        2, 3: begin  // damaged
          message("F", tag, FrameBytes, kind - 1);
          wait_for(1);
          refused(8'd1, tag);
          if (Beats > 1) begun = begun + 1;
        end
        4: begin  // too short
          cut = {$random(seed)} % FrameBytes;
          message("F", tag, cut, 0);
          wait_for(1);
          refused(8'd2, tag);
          if (Beats > 1 && cut >= Bytes) begun = begun + 1;
        end
        5: begin  // too long
          message("F", tag, FrameBytes + 1 + {$random(seed)} % 9, 0);
          wait_for(1);
          refused(8'd2, tag);
          if (Beats > 1) begun = begun + 1;
        end
        6: begin  // of no known type
          message("f", tag, FrameBytes, 0);
          wait_for(1);
          refused(8'd3, tag);
        end
        7: begin  // who are you
          message("I", tag, 0, 0);
          wait_for(1);
          check(reply[0] == "I" && reply[1] === tag && reply[10] === Window, 8);
          for (i = 0; i < 8; i = i + 1) check(reply[i+2] === Identity[8*i+:8], 9);
          message("I", tag, 1, 0);
          wait_for(2);
          refused(8'd2, tag);
        end
        default: begin  // the same while a frame is inside, which comes out all the same
          message("F", tag, FrameBytes, 0);
          message("I", tag + 8'd1, 0, 0);
          tag = tag + 1;
          wait_for(2);
        end
      endcase
      repeat (60) @(negedge aclk);
      check(dropped == begun, 10);
      check(heads == 0 && rooms + (open_q ? 1 : 0) == Window - Stuck, 11);
    end
    check(answered > Rounds && all_refusals > 10, 12);
    $display("%0s: %0d messages answered, %0d frames dropped, %0d errors",
             (errors == 0) ? "PASS" : "FAIL", answered, dropped, errors);
    $finish;
  end

endmodule

`default_nettype wire
