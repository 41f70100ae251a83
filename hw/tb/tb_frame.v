// cf_frame and cf_unframe: bytes on the line are those of an encoder written here, whose check
// sequence goes bit by bit; what comes back is what went in, and good. Messages with a changed
// byte, a framing error or an abort are bad; flags alone are no message.
// run: Seed=1
// run: Seed=2 Stalls=0
// run: Seed=3 Stalls=9
`default_nettype none

module tb_frame;
  parameter Stalls = 2;  // mean cycles that the line waits before a byte
  parameter Seed = 1;

  localparam Messages = 200;
  localparam Longest = 40;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  reg [7:0] data = 8'd0;
  reg valid = 1'b0, last = 1'b0, line_ready = 1'b0;
  wire ready, line_valid;
  wire [7:0] line;
  reg [7:0] in = 8'd0;
  reg in_valid = 1'b0, in_error = 1'b0;
  wire [7:0] out;
  wire out_valid, out_end, out_good;
  wire [15:0] fcs;
  reg [15:0] fcs_in = 16'hffff;
  reg [7:0] fcs_data = 8'd0;

  cf_frame i_frame (
      .clk_i(clk),
      .rst_ni(rst_n),
      .data_i(data),
      .valid_i(valid),
      .last_i(last),
      .ready_o(ready),
      .data_o(line),
      .valid_o(line_valid),
      .ready_i(line_ready)
  );

  cf_unframe i_unframe (
      .clk_i(clk),
      .rst_ni(rst_n),
      .data_i(in),
      .valid_i(in_valid),
      .error_i(in_error),
      .data_o(out),
      .valid_o(out_valid),
      .end_o(out_end),
      .good_o(out_good)
  );

  cf_fcs i_fcs (
      .fcs_i(fcs_in),
      .data_i(fcs_data),
      .fcs_o(fcs)
  );

  reg [7:0] message[0:Longest-1];
  reg [7:0] encoded[0:2*Longest+6];
  reg [7:0] taken[0:Longest+2];
  reg [15:0] crc;
  integer seed, m, i, length, size, errors, sent, at, ends, goods, what, victim;

  always #5 clk = !clk;

  task check(input ok, input integer rule);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("message %0d: rule %0d is broken", m, rule);
      errors = errors + 1;
    end
  endtask

  task bit_by_bit(input [7:0] value);
    for (i = 0; i < 8; i = i + 1)
      crc = (crc[0] ^ value[i]) ? (crc >> 1) ^ 16'h8408 : crc >> 1;
  endtask

  task encode(input [7:0] value);
    if (value == 8'h7e || value == 8'h7d) begin
      encoded[size] = 8'h7d;
      encoded[size+1] = value ^ 8'h20;
      size = size + 2;
    end else begin
      encoded[size] = value;
      size = size + 1;
    end
  endtask

  task line_byte(input [7:0] value, input error);
    begin
      in = value;
      in_valid = !error;
      in_error = error;
      @(negedge clk);
      in_valid = 1'b0;
      in_error = 1'b0;
      repeat ({$random(seed)} % 3) @(negedge clk);
    end
  endtask

  always @(posedge clk) begin
    if (out_valid) begin
      taken[at] = out;
      at = at + 1;
    end
    if (out_end) ends = ends + 1;
    if (out_good) goods = goods + 1;
    if (rst_n) check(!out_good || out_end, 1);
  end

  initial begin
    seed = Seed;
    {errors, at, ends, goods, m} = 'b0;
    repeat (2) @(negedge clk);
    rst_n = 1'b1;
    // the check value of CRC-16/X-25 is 906e, complemented here
    for (i = 1; i <= 9; i = i + 1) begin
      fcs_data = "0" + i;
      #1 fcs_in = fcs;
    end
    check(fcs_in === ~16'h906e, 2);
    @(negedge clk);
    for (m = 0; m < Messages; m = m + 1) begin
      length = 1 + {$random(seed)} % Longest;
      size = 1;
      encoded[0] = 8'h7e;
      crc = 16'hffff;
      for (sent = 0; sent < length; sent = sent + 1) begin
        // one in four is a flag or an escape
        message[sent] = ({$random(seed)} % 4 == 0) ? 8'h7d + {$random(seed)} % 2 : $random(seed);
        bit_by_bit(message[sent]);
        encode(message[sent]);
      end
      crc = ~crc;
      encode(crc[7:0]);
      encode(crc[15:8]);
      encoded[size] = 8'h7e;
      size = size + 1;
      // through the framer
      sent = 0;
      i = 0;
      while (i < size) begin
        data = message[sent];
        valid = sent < length;
        last = sent == length - 1;
        line_ready = {$random(seed)} % (Stalls + 1) == 0;
        #1;
        if (line_valid === 1'b1) check(line === encoded[i], 3);
        if (line_valid && line_ready) i = i + 1;
        if (ready) begin
          check(valid && line_ready, 4);
          sent = sent + 1;
        end
        @(negedge clk);
      end
      check(sent == length, 5);
      valid = 1'b0;
      line_ready = 1'b1;
      #1 check(line_valid === 1'b0, 6);
      // back again: as it was, or with something wrong
      what = {$random(seed)} % 5;
      victim = 1 + {$random(seed)} % (size - 2);
      {at, ends, goods} = 'b0;
      for (sent = 0; sent < size; sent = sent + 1)
        if (what == 1 && sent == victim) begin
          // another bit of the byte itself, not of what makes flags and escapes
          if (encoded[sent] == 8'h7d) line_byte(8'h7d, 1'b0);
          else if (encoded[sent] == 8'h7f || encoded[sent] == 8'h7c) line_byte(8'h00, 1'b0);
          else line_byte(encoded[sent] ^ 8'h01, 1'b0);
        end else if (what == 2 && sent == victim) begin
          // a byte too many, which is no byte: the sequence would be right
          line_byte(8'h00, 1'b1);
          line_byte(encoded[sent], 1'b0);
        end else if (what == 3 && sent == size - 1) begin
          line_byte(8'h7d, 1'b0);
          line_byte(8'h7e, 1'b0);
        end else line_byte(encoded[sent], 1'b0);
      repeat (3) @(negedge clk);
      check(ends == 1, 7);
      if (what == 0 || what == 4 || (what == 1 && encoded[victim] == 8'h7d)) begin
        check(goods == 1 && at == length, 8);
        for (i = 0; i < length; i = i + 1) check(taken[i] === message[i], 9);
      end else check(goods == 0, 10);
      // flags are no message, nor are two bytes a good one
      {ends, goods} = 'b0;
      line_byte(8'h7e, 1'b0);
      line_byte(8'h7e, 1'b0);
      repeat (3) @(negedge clk);
      check(ends == 0, 11);
      line_byte(8'h12, 1'b0);
      line_byte(8'h7e, 1'b0);
      repeat (3) @(negedge clk);
      check(ends == 1 && goods == 0, 12);
    end
    $display("%0s: %0d messages, %0d errors", (errors == 0) ? "PASS" : "FAIL", m, errors);
    $finish;
  end

endmodule

`default_nettype wire
