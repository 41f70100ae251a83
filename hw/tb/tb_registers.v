// cf_registers: random traffic on all five channels, in and out of the map, against a model of the
// map; the protocol by axil_checker; the cycle from which a threshold is in force; resets in between.
// run: Exits=0
// run: Exits=1
// run: Exits=1 ThresholdBits=8'd1 Signeds=1'b0 Initial=64'd1 Seed=5
// run: Exits=1 ThresholdBits=8'd1 Signeds=1'b1 Initial=64'hffffffffffffffff Seed=2
// run: Exits=1 ThresholdBits=8'd17 Busy=1
// run: Exits=1 ThresholdBits=8'd32 Signeds=1'b1 Busy=1 Split=1
// run: Exits=1 ThresholdBits=8'd33 Initial=64'h1ffffffff
// run: Exits=1 ThresholdBits=8'd33 Signeds=1'b1 Initial=64'hffffffff00000000 Busy=8
// run: Exits=1 ThresholdBits=8'd64 Initial=64'hfedcba9876543210
// run: Exits=2 ThresholdBits=16'h1020 Signeds=2'b10 Initial=128'hffffffffffff800000000000ffffffff
// run: Exits=2 ThresholdBits=16'h2140 Signeds=2'b01 Busy=8
// run: Exits=5 ThresholdBits=40'h4021201101 Signeds=5'b00000
// run: Exits=5 ThresholdBits=40'h0111202140 Signeds=5'b11111 Busy=1 Split=1 Seed=3
`default_nettype none

module tb_registers;
  parameter Exits = 2;
  parameter Places = (Exits > 0) ? Exits : 1;
  parameter [8*Places-1:0] ThresholdBits = {Places{8'd16}};
  parameter [Places-1:0] Signeds = {Places{1'b0}};
  parameter [64*Places-1:0] Initial = {Places{64'd0}};
  parameter [63:0] Identity = 64'h0123456789abcdef;
  parameter [31:0] Version = 32'h00010203;
  parameter Split = 0;
  parameter Busy = 3;  // a valid or a ready comes with a chance of one in this in a cycle
  parameter Seed = 1;
  parameter Cycles = 10000;

  localparam Counters = 4 + Places;
  localparam Waiting = 16;  // places for requests

  reg                  aclk = 1'b0;
  reg                  aresetn = 1'b0;
  reg  [         11:0] awaddr, araddr;
  reg  [          2:0] awprot, arprot;
  reg  [         31:0] wdata;
  reg  [          3:0] wstrb;
  reg                  awvalid, wvalid, bready, arvalid, rready;
  wire                 awready, wready, bvalid, arready, rvalid;
  wire [          1:0] bresp, rresp;
  wire [         31:0] rdata;
  reg  [ Counters-1:0] events;
  reg  [         31:0] dropped;
  wire [64*Places-1:0] threshold;

  cf_registers #(
      .Exits(Exits),
      .ThresholdBits(ThresholdBits),
      .Signeds(Signeds),
      .Initial(Initial),
      .Identity(Identity),
      .Version(Version),
      .Split(Split)
  ) dut (
      .aclk(aclk),
      .aresetn(aresetn),
      .s_axil_awaddr(awaddr),
      .s_axil_awprot(awprot),
      .s_axil_awvalid(awvalid),
      .s_axil_awready(awready),
      .s_axil_wdata(wdata),
      .s_axil_wstrb(wstrb),
      .s_axil_wvalid(wvalid),
      .s_axil_wready(wready),
      .s_axil_bresp(bresp),
      .s_axil_bvalid(bvalid),
      .s_axil_bready(bready),
      .s_axil_araddr(araddr),
      .s_axil_arprot(arprot),
      .s_axil_arvalid(arvalid),
      .s_axil_arready(arready),
      .s_axil_rdata(rdata),
      .s_axil_rresp(rresp),
      .s_axil_rvalid(rvalid),
      .s_axil_rready(rready),
      .frame_i(events[0]),
      .answer_i(events[1]),
      .stall_in_i(events[2]),
      .stall_out_i(events[3]),
      .exit_i(events[Counters-1:4]),
      .dropped_i(dropped),
      .threshold_o(threshold)
  );

  axil_checker #(
      .Limit(2)
  ) checker_port (
      .aclk(aclk),
      .aresetn(aresetn),
      .awaddr(awaddr),
      .awprot(awprot),
      .awvalid(awvalid),
      .awready(awready),
      .wdata(wdata),
      .wstrb(wstrb),
      .wvalid(wvalid),
      .wready(wready),
      .bresp(bresp),
      .bvalid(bvalid),
      .bready(bready),
      .araddr(araddr),
      .arprot(arprot),
      .arvalid(arvalid),
      .arready(arready),
      .rdata(rdata),
      .rresp(rresp),
      .rvalid(rvalid),
      .rready(rready)
  );

  // the model: what the registers hold, and what is in force
  reg [63:0] model[0:Places-1];
  reg [31:0] held[0:Places-1];
  reg [31:0] count[0:Counters-1];
  // one cycle ago, for a read that answers now
  reg [63:0] model_before[0:Places-1];
  reg [31:0] count_before[0:Counters-1];
  reg [31:0] dropped_before;
  // requests that were accepted, in order
  reg [11:0] addresses[0:Waiting-1];
  reg [35:0] data[0:Waiting-1];
  reg [11:0] asked[0:Waiting-1];
  integer addresses_in, data_in, asked_in, written, answered;
  integer seed, n, i, e, width, errors, good_writes, bad_writes, good_reads, bad_reads, changes;
  reg aw_taken, w_taken, ar_taken, b_old, r_old, right;
  reg [63:0] value;
  reg [31:0] word;

  task check(input ok, input integer what);
    if (ok !== 1'b1) begin
      if (errors < 5) $display("cycle %0d: rule %0d is broken", n, what);
      errors = errors + 1;
    end
  endtask

  function [31:0] below(input integer limit);
    below = {$random(seed)} % limit;
  endfunction

  // The number in the low `bits` bits, extended to 64.
  function [63:0] extend(input [63:0] raw, input integer bits, input is_signed);
    reg signed [63:0] top;
    begin
      top = raw << (64 - bits);
      // no `?:`, in which one unsigned side would make the other so
      if (is_signed) extend = top >>> (64 - bits);
      else extend = top >> (64 - bits);
    end
  endfunction

  function [31:0] merge(input [31:0] old, input [31:0] fresh, input [3:0] strobes);
    integer b;
    for (b = 0; b < 4; b = b + 1)
      merge[8*b+:8] = strobes[b] ? fresh[8*b+:8] : old[8*b+:8];
  endfunction

  // A write reaches the model.
  task write_model(input [11:0] address, input [35:0] strobed);
    begin
      right = 0;
      e = (address - 256) / 16;
      if (address % 4 == 0 && address >= 256 && e < Exits) begin
        width = ThresholdBits[8*e+:8];
        if (address % 16 == 0) begin
          value = {held[e], merge(model[e][31:0], strobed[31:0], strobed[35:32])};
          // a narrow threshold is written as one word
          if (width <= 32) value = extend(value, 32, Signeds[e]);
          right = value == extend(value, width, Signeds[e]);
          if (right && model[e] != value) changes = changes + 1;
          if (right) model[e] = value;
        end else if (address % 16 == 4 && width > 32) begin
          word = merge(held[e], strobed[31:0], strobed[35:32]);
          value = {word, 32'd0};
          right = value == extend(value, width, Signeds[e]);
          if (right) held[e] = word;
        end
      end
    end
  endtask

  // What a read answers: `right` and `word`.
  task read_model(input [11:0] address);
    begin
      right = 1;
      word = 0;
      e = (address - 256) / 16;
      case (address)
        12'h000: word = "RFLC";  // "CLFR" from its low byte on
        12'h004: word = Version;
        12'h008: word = Identity[31:0];
        12'h00c: word = Identity[63:32];
        12'h010: word = Exits + (Split ? 256 : 0);
        12'h014: word = count_before[0];
        12'h018: word = dropped_before;
        12'h01c: word = count_before[1];
        12'h020: word = count_before[2];
        12'h024: word = count_before[3];
        default:
        if (address < 256 || e >= Exits) right = 0;
        else
          case (address % 16)
            0: word = model_before[e][31:0];
            4: word = model_before[e][63:32];
            8: word = count_before[4+e];
            default: right = 0;
          endcase
      endcase
    end
  endtask

  // Anything, registers that there are more often; half of what is written is a threshold.
  function [11:0] some_address(input writes);
    begin
      case (below(8))
        0: some_address = $random(seed);
        1, 2: some_address = 4 * below(12);
        default: some_address = 256 + 4 * below(4 * Exits + 2);
      endcase
      if (writes && Exits > 0 && below(2)) some_address = 256 + 16 * below(Exits) + 4 * below(2);
      if (below(12) == 0) some_address = some_address + below(4);
    end
  endfunction

  // Numbers of every size, of both signs.
  function [31:0] some_data(input dummy);
    begin
      some_data = {$random(seed)} >> below(32);
      if (below(2)) some_data = ~some_data;
      if (below(8) == 0) some_data = -below(2);
    end
  endfunction

  task clear;
    begin
      {addresses_in, data_in, asked_in, written, answered} = 0;
      {aw_taken, w_taken, ar_taken, b_old, r_old} = 0;
      {awvalid, wvalid, arvalid, bready, rready} = 0;
      for (i = 0; i < Places; i = i + 1) begin
        model[i] = Initial[64*i+:64];
        held[i] = Initial[64*i+32+:32];
        if (Exits == 0) model[i] = 0;
        model_before[i] = model[i];
      end
      for (i = 0; i < Counters; i = i + 1) {count[i], count_before[i]} = 0;
    end
  endtask

  always #5 aclk = !aclk;

  initial begin
    seed = Seed;
    {errors, good_writes, bad_writes, good_reads, bad_reads, changes} = 0;
    {awaddr, awprot, wdata, wstrb, araddr, arprot, events, dropped} = 0;
    clear;
    for (n = 0; n < Cycles; n = n + 1) begin
      @(negedge aclk);
      if (n % 2500 == 0) begin
        aresetn = 0;
        clear;
      end
      if (n % 2500 == 3) begin
        aresetn = 1;
        // so that they wrap
        if (n == 3)
          for (i = 0; i < Counters; i = i + 1) begin
            count[i] = 32'hffffff00 + 20 * i;
            dut.count_q[32*i+:32] = count[i];
          end
      end
      if (aresetn) begin
        if (aw_taken) awvalid = 0;
        if (w_taken) wvalid = 0;
        if (ar_taken) arvalid = 0;
        if (!awvalid && below(Busy) == 0) begin
          awvalid = 1;
          awaddr = some_address(1);
          awprot = $random(seed);
        end
        if (!wvalid && below(Busy) == 0) begin
          wvalid = 1;
          wdata = some_data(0);
          wstrb = below(2) ? 4'hf : $random(seed);
        end
        if (!arvalid && below(Busy) == 0) begin
          arvalid = 1;
          araddr = some_address(0);
          arprot = $random(seed);
        end
        bready = below(Busy) == 0;
        rready = below(Busy) == 0;
        events = $random(seed);
        dropped = $random(seed);
      end
      #4;
      if (aresetn) begin
        // responses in the first cycle in which they show; reads see the cycle before
        if (rvalid && !r_old) begin
          read_model(asked[answered%Waiting]);
          check(rresp === (right ? 2'b00 : 2'b10), 1);
          check(rdata === (right ? word : 32'd0), 2);
          answered = answered + 1;
          good_reads = good_reads + right;
          bad_reads = bad_reads + !right;
        end
        if (bvalid && !b_old) begin
          write_model(addresses[written%Waiting], data[written%Waiting]);
          check(bresp === (right ? 2'b00 : 2'b10), 3);
          written = written + 1;
          good_writes = good_writes + right;
          bad_writes = bad_writes + !right;
        end
        for (i = 0; i < Places; i = i + 1) check(threshold[64*i+:64] === model[i], 4);
        b_old = bvalid && !bready;
        r_old = rvalid && !rready;
        aw_taken = awvalid && awready;
        w_taken = wvalid && wready;
        ar_taken = arvalid && arready;
        addresses[addresses_in%Waiting] = awaddr;
        data[data_in%Waiting] = {wstrb, wdata};
        asked[asked_in%Waiting] = araddr;
        addresses_in = addresses_in + aw_taken;
        data_in = data_in + w_taken;
        asked_in = asked_in + ar_taken;
        for (i = 0; i < Places; i = i + 1) model_before[i] = model[i];
        for (i = 0; i < Counters; i = i + 1) begin
          count_before[i] = count[i];
          count[i] = count[i] + events[i];
        end
        dropped_before = dropped;
      end
    end
    check(good_reads > 200 && bad_reads > 100, 5);
    check(bad_writes > 200 && (Exits == 0 || (good_writes > 20 && changes > 8)), 6);
    errors = errors + checker_port.errors;
    $write("%0s: %0d+%0d writes, ", (errors == 0) ? "PASS" : "FAIL", good_writes, bad_writes);
    $display("%0d+%0d reads, %0d changes, %0d errors", good_reads, bad_reads, changes, errors);
    $finish;
  end

endmodule

`default_nettype wire
