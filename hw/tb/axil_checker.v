// Watches an AXI4-Lite port, both sides of it, and counts broken rules. Simulation only: the clock's
// period is 10, and inputs of the port change at the falling edge.
//
// Just before each rising edge: no valid and no ready is unknown; no valid is high in reset; a valid
// stays high, and what it offers as it is, until its ready; a response comes after all of its
// request, no more of them than requests, and is OKAY or SLVERR; a request is accepted, and its
// response comes, within `Limit` cycles in which no earlier response waits to be taken; nothing that
// the slave drives follows the master within the cycle.
`default_nettype none

module axil_checker #(
    parameter Limit = 4
) (
    input wire        aclk,
    input wire        aresetn,
    input wire [11:0] awaddr,
    input wire [ 2:0] awprot,
    input wire        awvalid,
    input wire        awready,
    input wire [31:0] wdata,
    input wire [ 3:0] wstrb,
    input wire        wvalid,
    input wire        wready,
    input wire [ 1:0] bresp,
    input wire        bvalid,
    input wire        bready,
    input wire [11:0] araddr,
    input wire [ 2:0] arprot,
    input wire        arvalid,
    input wire        arready,
    input wire [31:0] rdata,
    input wire [ 1:0] rresp,
    input wire        rvalid,
    input wire        rready
);

  // channels: 0 write address, 1 write data, 2 write response, 3 read address, 4 read data
  localparam PayloadBits = 36;
  wire [              4:0] valids = {rvalid, arvalid, bvalid, wvalid, awvalid};
  wire [              4:0] readies = {rready, arready, bready, wready, awready};
  wire [5*PayloadBits-1:0] payloads = {
    {2'd0, rresp, rdata},
    {21'd0, arprot, araddr},
    {34'd0, bresp},
    {wstrb, wdata},
    {21'd0, awprot, awaddr}
  };
  wire [             40:0] slave = {awready, wready, bresp, bvalid, arready, rresp, rvalid, rdata};

  reg  [              4:0] held;  // valid, and not taken, one edge ago
  reg  [5*PayloadBits-1:0] before;
  reg  [             40:0] early;  // what the slave drives, soon after the rising edge
  reg                       in_reset;
  // requests accepted before this edge, and without a response
  integer                  addresses, data, reads;
  integer                  waited[0:4];
  integer                  errors, cycle, i;

  task check(input ok, input integer rule, input integer channel);
    if (ok !== 1'b1) begin
      if (errors < 5)
        $display("axil_checker, cycle %0d: rule %0d, channel %0d", cycle, rule, channel);
      errors = errors + 1;
    end
  endtask

  // Counts cycles in which channel `of` is waited for.
  task wait_for(input waits, input integer of);
    begin
      waited[of] = waits ? waited[of] + 1 : 0;
      check(waited[of] <= Limit, 7, of);
    end
  endtask

  initial begin
    {errors, cycle, addresses, data, reads} = 0;
    held = 5'd0;
    in_reset = 1'b0;
    for (i = 0; i < 5; i = i + 1) waited[i] = 0;
  end

  always @(posedge aclk) #1 early = slave;

  always @(negedge aclk) begin
    #4;
    cycle = cycle + 1;
    if (!aresetn) begin
      // before its first edge a reset is not seen
      if (in_reset) check(valids === 5'd0, 1, 5);
      in_reset = 1'b1;
      {addresses, data, reads} = 0;
      held = 5'd0;
      for (i = 0; i < 5; i = i + 1) waited[i] = 0;
    end else begin
      in_reset = 1'b0;
      check(^{valids, readies} !== 1'bx, 2, 5);
      check(slave === early, 3, 5);
      for (i = 0; i < 5; i = i + 1)
        if (held[i]) begin
          check(valids[i], 4, i);
          check(payloads[PayloadBits*i+:PayloadBits] === before[PayloadBits*i+:PayloadBits], 5, i);
        end
      if (bvalid) begin
        check(addresses > 0 && data > 0, 6, 2);
        check(bresp === 2'b00 || bresp === 2'b10, 8, 2);
      end
      if (rvalid) begin
        check(reads > 0, 6, 4);
        check(rresp === 2'b00 || rresp === 2'b10, 8, 4);
        check(^rdata !== 1'bx, 9, 4);
      end
      wait_for(awvalid && !awready && !bvalid && data > 0, 0);
      wait_for(wvalid && !wready && !bvalid && addresses > 0, 1);
      wait_for(addresses > 0 && data > 0 && !bvalid, 2);
      wait_for(arvalid && !arready && !rvalid, 3);
      wait_for(reads > 0 && !rvalid, 4);
      addresses = addresses + (awvalid && awready) - (bvalid && bready);
      data = data + (wvalid && wready) - (bvalid && bready);
      reads = reads + (arvalid && arready) - (rvalid && rready);
      held = valids & ~readies;
      before = payloads;
    end
  end
endmodule

`default_nettype wire
