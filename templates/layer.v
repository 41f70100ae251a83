  // [[ layer.about ]]
  localparam [[ layer.local ]]Bits = [[ layer.bits ]];
  localparam [[ layer.local ]]Slots = [[ layer.slots ]];
  localparam [[ layer.local ]]Rows = [[ layer.rows ]];
  localparam [[ layer.local ]]RowBits = [[ layer.row_bits ]];
[% for room in layer.rooms %]
  wire [[ room ]];
[%- endfor %]
  wire [[ layer.name ]]_room_take;
  wire [[ layer.name ]]_frame;
  wire [[ layer.name ]]_frame_end;
  wire [ [[- layer.local ]]Slots-1:0] [[ layer.name ]]_we;
  wire [ [[- layer.local ]]Slots*[[ layer.local ]]RowBits-1:0] [[ layer.name ]]_row;
  wire [ [[- layer.local ]]Slots*[[ layer.local ]]Bits-1:0] [[ layer.name ]]_data;
