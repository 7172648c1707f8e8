// A binary layer: XNOR, population count, threshold. Plain Verilog-2005, synthesizable.
//
// One clock, one output bit: outputs of a pixel one after the other, pixels row by row. Memories
// are laid out as docs/exchange.md says and are loaded with $readmemh.
//
// A dense layer is a convolution whose kernel is the whole image.

// Sum of one receptive field's products. Neighbors are added, then pairs, then fours: the tree of
// adders lies in one vector, in which each sum has room enough not to carry into the next.
module xnor_popcount #(
    parameter FAN_IN = 9,
    parameter PLANES = 1,
    parameter SUM_BITS = 8,
    // Derived; leave as they are.
    parameter LEVELS = $clog2(FAN_IN),
    parameter ROOM = 1 << LEVELS
) (
    input  [PLANES*FAN_IN-1:0]           field,
    input  [FAN_IN-1:0]                  weights,
    output signed [SUM_BITS-1:0]         accumulator
);
    wire signed [SUM_BITS-1:0] total [0:PLANES];
    assign total[0] = 0;
    assign accumulator = total[PLANES];

    genvar plane, level;
    generate
        for (plane = 0; plane < PLANES; plane = plane + 1) begin : planes
            wire [FAN_IN-1:0] agree = field[plane*FAN_IN +: FAN_IN] ~^ weights;
            wire [ROOM-1:0] counts [0:LEVELS];
            assign counts[0] = agree;
            for (level = 0; level < LEVELS; level = level + 1) begin : levels
                localparam SPAN = 1 << level;
                wire [ROOM-1:0] lower = {ROOM/(2*SPAN){{SPAN{1'b0}}, {SPAN{1'b1}}}};
                assign counts[level+1] = (counts[level] & lower) + ((counts[level] >> SPAN) & lower);
            end
            wire signed [SUM_BITS-1:0] ones = counts[LEVELS];
            assign total[plane+1] = total[plane] + ((ones + ones - FAN_IN) <<< plane);
        end
    endgenerate
endmodule

module xnor_layer #(
    parameter HEIGHT = 1,
    parameter WIDTH = 1,
    parameter CHANNELS = 1,
    parameter PLANES = 1,
    parameter KERNEL_HEIGHT = 1,
    parameter KERNEL_WIDTH = 1,
    parameter STRIDE = 1,
    parameter PADDING = 0,
    parameter GROUPS = 1,
    parameter OUTPUTS = 1,
    parameter SUM_BITS = 8,
    // Derived; leave as they are.
    parameter OUT_HEIGHT = (HEIGHT + 2*PADDING - KERNEL_HEIGHT) / STRIDE + 1,
    parameter OUT_WIDTH = (WIDTH + 2*PADDING - KERNEL_WIDTH) / STRIDE + 1,
    parameter SHARE = CHANNELS / GROUPS,
    parameter FAN_IN = KERNEL_HEIGHT * KERNEL_WIDTH * SHARE
) (
    input                             clk,
    input                             reset,
    output reg                        valid,        // the outputs below are those of a new bit
    output reg                        done,         // the last bit was given
    output reg [31:0]                 pixel,
    output reg [31:0]                 channel,
    output reg signed [SUM_BITS-1:0]  accumulator,
    output reg                        bit_out
);
    reg [CHANNELS-1:0]         pixels  [0:PLANES*HEIGHT*WIDTH-1];
    reg [FAN_IN-1:0]           weights [0:OUTPUTS-1];
    reg signed [SUM_BITS-1:0]  levels  [0:OUTPUTS-1];
    reg [OUTPUTS-1:0]          rising  [0:0];

    reg [31:0] row, column, output_number;
    reg [PLANES*FAN_IN-1:0] field;
    wire [31:0] group = output_number / (OUTPUTS / GROUPS);

    integer plane, ky, kx, y, x;

    // Outside the image every plane is dark: bit 0, which stands for -1.
    always @(row, column, group, reset) begin
        for (plane = 0; plane < PLANES; plane = plane + 1)
            for (ky = 0; ky < KERNEL_HEIGHT; ky = ky + 1)
                for (kx = 0; kx < KERNEL_WIDTH; kx = kx + 1) begin
                    y = row * STRIDE + ky - PADDING;
                    x = column * STRIDE + kx - PADDING;
                    if (y < 0 || y >= HEIGHT || x < 0 || x >= WIDTH)
                        field[plane*FAN_IN + (ky*KERNEL_WIDTH + kx)*SHARE +: SHARE] = 0;
                    else
                        field[plane*FAN_IN + (ky*KERNEL_WIDTH + kx)*SHARE +: SHARE] =
                            pixels[(plane*HEIGHT + y)*WIDTH + x]
                                  [group * SHARE +: SHARE];
                end
    end

    wire signed [SUM_BITS-1:0] sum;
    wire signed [SUM_BITS-1:0] level = levels[output_number];

    xnor_popcount #(.FAN_IN(FAN_IN), .PLANES(PLANES), .SUM_BITS(SUM_BITS)) products (
        .field(field), .weights(weights[output_number]), .accumulator(sum)
    );

    always @(posedge clk)
        if (reset) begin
            row <= 0;
            column <= 0;
            output_number <= 0;
            valid <= 0;
            done <= 0;
        end else if (!done) begin
            valid <= 1;
            pixel <= row * OUT_WIDTH + column;
            channel <= output_number;
            accumulator <= sum;
            bit_out <= rising[0][output_number] ? sum >= level : sum <= level;
            if (output_number + 1 < OUTPUTS)
                output_number <= output_number + 1;
            else begin
                output_number <= 0;
                if (column + 1 < OUT_WIDTH)
                    column <= column + 1;
                else begin
                    column <= 0;
                    if (row + 1 < OUT_HEIGHT)
                        row <= row + 1;
                    else
                        done <= 1;
                end
            end
        end else
            valid <= 0;
endmodule
