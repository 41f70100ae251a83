// The registers of a head with early exits or a split, behind AXI4-Lite: who it is, what it has
// counted, and the exits' thresholds. docs/registers.md is the map.
//
// Does:      holds a threshold for each exit, sign or zero extended to 64 bits, and counts frames,
//            packets of the trunk's end, answers of each exit and cycles in which a stream waits,
//            modulo 2^32. A new threshold is on `threshold_o` from the cycle on in which
//            `s_axil_bvalid` is first high for its write. What is not in the map answers SLVERR and
//            changes nothing.
// Does not:  say which frame a threshold counts for: its user samples `threshold_o`. Give 64 bits
//            that belong together when they are read as two words.
// Latency:   2 cycles from the later of write address and write data to `s_axil_bvalid`, 2 from a
//            read address to `s_axil_rvalid`, with no earlier response waiting. A counter reads as
//            it stood in the cycle before `s_axil_rvalid`.
// Handshake: AXI4-Lite slave; write address and write data in any order. No ready depends on a
//            valid of the same cycle. One request waits while the response before it waits.
// Limits:    0 <= Exits <= 240; 1 <= ThresholdBits <= 64 for each exit, and Initial within them.
`default_nettype none

module cf_registers #(
    parameter Exits = 2,
    // derived, not to be set: places in the lists below, one of no meaning where there is no exit
    parameter Places = (Exits > 0) ? Exits : 1,
    parameter [8*Places-1:0] ThresholdBits = {Places{8'd16}},
    parameter [Places-1:0] Signeds = {Places{1'b0}},  // two's complement
    parameter [64*Places-1:0] Initial = {Places{64'd0}},  // at reset, extended to 64 bits
    parameter [63:0] Identity = 64'd0,
    parameter [31:0] Version = 32'd0,
    parameter Split = 0
) (
    input  wire                 aclk,
    input  wire                 aresetn,
    input  wire [         11:0] s_axil_awaddr,
    input  wire [          2:0] s_axil_awprot,
    input  wire                 s_axil_awvalid,
    output wire                 s_axil_awready,
    input  wire [         31:0] s_axil_wdata,
    input  wire [          3:0] s_axil_wstrb,
    input  wire                 s_axil_wvalid,
    output wire                 s_axil_wready,
    output wire [          1:0] s_axil_bresp,
    output wire                 s_axil_bvalid,
    input  wire                 s_axil_bready,
    input  wire [         11:0] s_axil_araddr,
    input  wire [          2:0] s_axil_arprot,
    input  wire                 s_axil_arvalid,
    output wire                 s_axil_arready,
    output wire [         31:0] s_axil_rdata,
    output wire [          1:0] s_axil_rresp,
    output wire                 s_axil_rvalid,
    input  wire                 s_axil_rready,
    // what is counted, one a cycle in which it is high
    input  wire                 frame_i,    // a good frame was accepted
    input  wire                 answer_i,   // a packet of the trunk's end left
    input  wire [   Places-1:0] exit_i,     // a frame was answered by this exit
    input  wire                 stall_in_i,
    input  wire                 stall_out_i,
    input  wire [         31:0] dropped_i,  // a count already
    output wire [64*Places-1:0] threshold_o
);

  generate
    if (Exits < 0 || Exits > 240) begin : g_illegal
      cf_registers_needs_Exits_of_0_to_240 stop ();  // no such module
    end
  endgenerate

  // addresses without their lowest two bits
  localparam [9:0] AtMagic = 10'h000;
  localparam [9:0] AtVersion = 10'h001;
  localparam [9:0] AtIdentityLow = 10'h002;
  localparam [9:0] AtIdentityHigh = 10'h003;
  localparam [9:0] AtShape = 10'h004;
  localparam [9:0] AtFrames = 10'h005;
  localparam [9:0] AtDropped = 10'h006;
  localparam [9:0] AtAnswers = 10'h007;
  localparam [9:0] AtStallsIn = 10'h008;
  localparam [9:0] AtStallsOut = 10'h009;
  localparam FirstExit = 16;  // in blocks of 16 bytes
  localparam [1:0] AtLow = 2'd0;
  localparam [1:0] AtHigh = 2'd1;
  localparam [1:0] AtCount = 2'd2;

  localparam [31:0] Magic = 32'h52464c43;  // "CLFR", first byte first
  localparam [7:0] ExitsByte = Exits[7:0];
  localparam [31:0] Shape = {23'd0, Split != 0, ExitsByte};

  localparam Counters = 4 + Places;

  // requests
  reg                    aw_q;  // an address waits
  reg  [           11:0] awaddr_q;
  reg                    w_q;  // data wait
  reg  [           31:0] wdata_q;
  reg  [            3:0] wstrb_q;
  reg                    ar_q;
  reg  [           11:0] araddr_q;
  // responses
  reg                    b_q;
  reg                    bad_write_q;
  reg                    r_q;
  reg                    bad_read_q;
  reg  [           31:0] rdata_q;

  wire                   write = aw_q && w_q && !b_q;
  wire                   read = ar_q && !r_q;
  wire                   write_aligned = awaddr_q[1:0] == 2'd0;
  wire                   read_aligned = araddr_q[1:0] == 2'd0;
  wire [           31:0] strobes = {
    {8{wstrb_q[3]}}, {8{wstrb_q[2]}}, {8{wstrb_q[1]}}, {8{wstrb_q[0]}}
  };

  assign s_axil_awready = !aw_q;
  assign s_axil_wready = !w_q;
  assign s_axil_bvalid = b_q;
  assign s_axil_bresp = {bad_write_q, 1'b0};
  assign s_axil_arready = !ar_q;
  assign s_axil_rvalid = r_q;
  assign s_axil_rresp = {bad_read_q, 1'b0};
  assign s_axil_rdata = rdata_q;

  wire unused_prot = &{1'b0, s_axil_awprot, s_axil_arprot};

  // counters
  wire [   Counters-1:0] happens = {exit_i, stall_out_i, stall_in_i, answer_i, frame_i};
  reg  [32*Counters-1:0] count_q;
  integer                c;

  always @(posedge aclk) begin
    for (c = 0; c < Counters; c = c + 1) begin
      if (!aresetn) count_q[32*c+:32] <= 32'd0;
      else if (happens[c]) count_q[32*c+:32] <= count_q[32*c+:32] + 32'd1;
    end
  end

  // of each exit: whether a write is right, whether a read is, what it reads, else 0
  wire [   Places-1:0] write_right;
  wire [   Places-1:0] read_right;
  wire [32*Places-1:0] read_word;

  genvar e;
  generate
    for (e = 0; e < Exits; e = e + 1) begin : g_exit
      localparam [31:0] Asked = {24'd0, ThresholdBits[8*e+:8]};
      localparam [31:0] Bits = (Asked < 1 || Asked > 64) ? 64 : Asked;
      localparam Signed = Signeds[e];
      localparam [63:0] First = Initial[64*e+:64];
      localparam BlockInt = FirstExit + e;
      localparam [7:0] Block = BlockInt[7:0];

      if (Asked < 1 || Asked > 64) begin : g_illegal
        cf_registers_needs_ThresholdBits_of_1_to_64 stop ();  // no such module
      end
      if (Bits < 64) begin : g_initial
        if (First[63:Bits] != {(64 - Bits) {Signed & First[Bits-1]}}) begin : g_illegal
          cf_registers_needs_Initial_within_ThresholdBits stop ();  // no such module
        end
      end

      reg  [Bits-1:0] threshold_q;
      wire [    63:0] threshold;
      wire            chosen = write && write_aligned && awaddr_q[11:4] == Block;
      wire            low = chosen && awaddr_q[3:2] == AtLow;
      wire            high = chosen && awaddr_q[3:2] == AtHigh;
      wire [    31:0] new_low = (threshold[31:0] & ~strobes) | (wdata_q & strobes);

      if (Bits < 64) begin : g_extend
        assign threshold = {{(64 - Bits) {Signed & threshold_q[Bits-1]}}, threshold_q};
      end else begin : g_whole
        assign threshold = threshold_q;
      end
      assign threshold_o[64*e+:64] = threshold;

      if (Bits > 32) begin : g_wide
        reg  [Bits-33:0] held_q;  // the upper word for the next write of the lower one
        wire [     31:0] held;
        wire [     31:0] new_high = (held & ~strobes) | (wdata_q & strobes);
        wire             fits;

        if (Bits < 64) begin : g_extend
          assign held = {{(64 - Bits) {Signed & held_q[Bits-33]}}, held_q};
          assign fits = new_high[31:Bits-32] == {(64 - Bits) {Signed & new_high[Bits-33]}};
        end else begin : g_whole
          assign held = held_q;
          assign fits = 1'b1;
        end

        assign write_right[e] = low || (high && fits);
        always @(posedge aclk) begin
          if (!aresetn) begin
            threshold_q <= First[Bits-1:0];
            held_q      <= First[Bits-1:32];
          end else begin
            if (low) threshold_q <= {held_q, new_low};
            if (high && fits) held_q <= new_high[Bits-33:0];
          end
        end
      end else begin : g_narrow
        wire fits;

        if (Bits < 32) begin : g_check
          assign fits = new_low[31:Bits] == {(32 - Bits) {Signed & new_low[Bits-1]}};
        end else begin : g_whole
          assign fits = 1'b1;
        end

        assign write_right[e] = low && fits;
        wire unused_high = high;
        always @(posedge aclk) begin
          if (!aresetn) threshold_q <= First[Bits-1:0];
          else if (low && fits) threshold_q <= new_low[Bits-1:0];
        end
      end

      reg [31:0] word;
      always @* begin
        case (araddr_q[3:2])
          AtLow:   word = threshold[31:0];
          AtHigh:  word = threshold[63:32];
          AtCount: word = count_q[32*(4+e)+:32];
          default: word = 32'd0;
        endcase
      end
      wire asked = araddr_q[11:4] == Block;
      assign read_right[e] = asked && araddr_q[3:2] != 2'd3;
      assign read_word[32*e+:32] = asked ? word : 32'd0;
    end
    if (Exits == 0) begin : g_no_exit
      assign threshold_o = 64'd0;
      assign write_right = 1'b0;
      assign read_right = 1'b0;
      assign read_word = 32'd0;
      wire unused_write = &{1'b0, write_aligned, awaddr_q[11:2], wdata_q, strobes};
      wire unused_count = &{1'b0, count_q[128+:32]};
    end
  endgenerate

  reg [31:0] word;
  reg        right;
  integer    p;

  always @* begin
    right = 1'b1;
    case (araddr_q[11:2])
      AtMagic: word = Magic;
      AtVersion: word = Version;
      AtIdentityLow: word = Identity[31:0];
      AtIdentityHigh: word = Identity[63:32];
      AtShape: word = Shape;
      AtFrames: word = count_q[31:0];
      AtDropped: word = dropped_i;
      AtAnswers: word = count_q[63:32];
      AtStallsIn: word = count_q[95:64];
      AtStallsOut: word = count_q[127:96];
      default: begin
        word  = 32'd0;
        right = |read_right;
      end
    endcase
    for (p = 0; p < Places; p = p + 1) word = word | read_word[32*p+:32];
    right = right && read_aligned;
  end

  always @(posedge aclk) begin
    if (s_axil_awvalid && s_axil_awready) awaddr_q <= s_axil_awaddr;
    if (s_axil_wvalid && s_axil_wready) begin
      wdata_q <= s_axil_wdata;
      wstrb_q <= s_axil_wstrb;
    end
    if (s_axil_arvalid && s_axil_arready) araddr_q <= s_axil_araddr;
    if (write) bad_write_q <= !(|write_right);
    if (read) begin
      bad_read_q <= !right;
      rdata_q    <= right ? word : 32'd0;
    end
    if (!aresetn) begin
      aw_q <= 1'b0;
      w_q  <= 1'b0;
      b_q  <= 1'b0;
      ar_q <= 1'b0;
      r_q  <= 1'b0;
    end else begin
      aw_q <= (aw_q && !write) || (s_axil_awvalid && s_axil_awready);
      w_q  <= (w_q && !write) || (s_axil_wvalid && s_axil_wready);
      b_q  <= write || (b_q && !s_axil_bready);
      ar_q <= (ar_q && !read) || (s_axil_arvalid && s_axil_arready);
      r_q  <= read || (r_q && !s_axil_rready);
    end
  end

`ifdef FORMAL
  // what the ports have shown, counted apart from the module's own state
  reg        f_reset_q = 1'b0;  // there was a reset
  reg        f_past_q = 1'b0;  // the last cycle was none, and there was one before it
  reg        f_aw_q, f_w_q, f_ar_q;  // requests without a response
  reg        f_b_waits_q, f_r_waits_q;
  reg        f_bvalid_q;
  reg [ 1:0] f_bresp_q, f_rresp_q;
  reg [31:0] f_rdata_q;
  reg [64*Places-1:0] f_threshold_q;

  always @(posedge aclk) begin
    f_past_q      <= aresetn && f_reset_q;
    f_b_waits_q   <= s_axil_bvalid && !s_axil_bready;
    f_r_waits_q   <= s_axil_rvalid && !s_axil_rready;
    f_bvalid_q    <= s_axil_bvalid;
    f_bresp_q     <= s_axil_bresp;
    f_rresp_q     <= s_axil_rresp;
    f_rdata_q     <= s_axil_rdata;
    f_threshold_q <= threshold_o;
    if (!aresetn) begin
      f_reset_q <= 1'b1;
      f_aw_q    <= 1'b0;
      f_w_q     <= 1'b0;
      f_ar_q    <= 1'b0;
    end else begin
      f_aw_q <= (f_aw_q && !write) || (s_axil_awvalid && s_axil_awready);
      f_w_q  <= (f_w_q && !write) || (s_axil_wvalid && s_axil_wready);
      f_ar_q <= (f_ar_q && !read) || (s_axil_arvalid && s_axil_arready);
    end
    if (f_reset_q) begin
      // a response is for a request, and one only
      assert (!write || (f_aw_q && f_w_q));
      assert (!read || f_ar_q);
      assert (aw_q == f_aw_q && w_q == f_w_q && ar_q == f_ar_q);
    end
    if (f_past_q && aresetn) begin
      // a response stays as it is until it is taken
      if (f_b_waits_q) assert (s_axil_bvalid && s_axil_bresp == f_bresp_q);
      if (f_r_waits_q)
        assert (s_axil_rvalid && s_axil_rresp == f_rresp_q && s_axil_rdata == f_rdata_q);
      // thresholds change in the first cycle of a good response, and in no other
      if (threshold_o != f_threshold_q)
        assert (s_axil_bvalid && !f_bvalid_q && s_axil_bresp == 2'b00);
    end
  end
`endif

endmodule

`default_nettype wire
