// [[ stamp ]]
// Generated. Do not edit: change the head or the options and compile again. Everything with state
// or arithmetic is in rtl/lib/; this file only puts it together.
//
// junction             left  right  edges  lanes  cycles  units x lanes  copies  interleaver
[%- for row in rows %]
// [[ row ]]
[%- endfor %]
//
// Initiation interval: [[ design.initiation_interval ]] cycles a frame. Input: [[ design.input.bus.beats() ]] beats of [[ design.input.bus.codes_per_beat() ]] codes, [[ design.input.format ]].
`default_nettype none

module [[ design.top ]] [% if design.has_roms() %]#(
    // where the ROM files are, with a slash at the end; "./" for the working directory
    parameter RomDir = "rom/"
) [% endif %](
    input  wire         aclk,
    input  wire         aresetn,
    // frames in
    input  wire [[ bus_range ]] s_axis_tdata,
    input  wire         s_axis_tvalid,
    output wire         s_axis_tready,
    input  wire         s_axis_tlast,
    // packets out
    output wire [[ bus_range ]] m_axis_tdata,
    output wire [[ keep_range ]] m_axis_tkeep,
    output wire         m_axis_tvalid,
    input  wire         m_axis_tready,
    output wire         m_axis_tlast,
    output wire         m_axis_tuser,      // 1: answered here
[%- if design.control %]
    // thresholds, counters, identity
    input  wire [ 11:0] s_axil_awaddr,
    input  wire [  2:0] s_axil_awprot,
    input  wire         s_axil_awvalid,
    output wire         s_axil_awready,
    input  wire [ 31:0] s_axil_wdata,
    input  wire [  3:0] s_axil_wstrb,
    input  wire         s_axil_wvalid,
    output wire         s_axil_wready,
    output wire [  1:0] s_axil_bresp,
    output wire         s_axil_bvalid,
    input  wire         s_axil_bready,
    input  wire [ 11:0] s_axil_araddr,
    input  wire [  2:0] s_axil_arprot,
    input  wire         s_axil_arvalid,
    output wire         s_axil_arready,
    output wire [ 31:0] s_axil_rdata,
    output wire [  1:0] s_axil_rresp,
    output wire         s_axil_rvalid,
    input  wire         s_axil_rready,
[%- endif %]
    // a frame of the wrong length was dropped
    output wire         frame_error_o,
    output wire [ 31:0] dropped_frames_o
);
[% for layer in nets.trunk %]
[% include "layer.v" %]
[%- endfor %]
[%- for branch in nets.branches %][% for layer in branch %]
[% include "layer.v" %]
[%- endfor %][% endfor %]
[%- for stream in nets.streams %]
  wire [[ bus_range ]] [[ stream ]]_tdata;
  wire [[ keep_range ]] [[ stream ]]_tkeep;
  wire         [[ stream ]]_tvalid;
  wire         [[ stream ]]_tready;
  wire         [[ stream ]]_tlast;
  wire         [[ stream ]]_tuser;
[% endfor %]
[%- for wire in nets.others %]
  wire [% if !wire.range.is_empty() %][[ wire.range ]] [% endif %][[ wire.name ]];
[%- endfor %]
[%- for i in instances %]
[% include "instance.v" %]
[%- endfor %]
[%- if !nets.unused.is_empty() %]
  wire unused = &{1'b0[% for name in nets.unused %], [[ name ]][% endfor %]};
[% endif %]
endmodule

`default_nettype wire
