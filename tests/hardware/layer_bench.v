// Holds xnor_layer to golden vectors: every accumulator and every bit.
//
//   iverilog -g2005 -P layer_bench.HEIGHT=28 ... -o bench layer_bench.v xnor_layer.v
//   vvp bench +weights=W.hex +levels=L.hex +rising=R.hex +input=I.hex +sums=A.hex +bits=B.hex
//
// Prints PASS and how much was compared, or FAIL and how much differed.
module layer_bench;
    parameter HEIGHT = 1;
    parameter WIDTH = 1;
    parameter CHANNELS = 1;
    parameter PLANES = 1;
    parameter KERNEL_HEIGHT = 1;
    parameter KERNEL_WIDTH = 1;
    parameter STRIDE = 1;
    parameter PADDING = 0;
    parameter GROUPS = 1;
    parameter OUTPUTS = 1;
    parameter SUM_BITS = 8;
    localparam PIXELS = ((HEIGHT + 2*PADDING - KERNEL_HEIGHT) / STRIDE + 1)
                      * ((WIDTH + 2*PADDING - KERNEL_WIDTH) / STRIDE + 1);

    reg clk = 0, reset = 1;
    wire valid, done, bit_out;
    wire [31:0] pixel, channel;
    wire signed [SUM_BITS-1:0] accumulator;

    reg [SUM_BITS-1:0] sums [0:PIXELS*OUTPUTS-1];
    reg [OUTPUTS-1:0]  bits [0:PIXELS-1];
    integer compared = 0, wrong = 0;

    xnor_layer #(
        .HEIGHT(HEIGHT), .WIDTH(WIDTH), .CHANNELS(CHANNELS), .PLANES(PLANES),
        .KERNEL_HEIGHT(KERNEL_HEIGHT), .KERNEL_WIDTH(KERNEL_WIDTH), .STRIDE(STRIDE),
        .PADDING(PADDING), .GROUPS(GROUPS), .OUTPUTS(OUTPUTS), .SUM_BITS(SUM_BITS)
    ) layer (
        .clk(clk), .reset(reset), .valid(valid), .done(done), .pixel(pixel), .channel(channel),
        .accumulator(accumulator), .bit_out(bit_out)
    );

    reg [8*1024-1:0] file;

    initial begin
        if ($value$plusargs("weights=%s", file)) $readmemh(file, layer.weights);
        if ($value$plusargs("levels=%s", file)) $readmemh(file, layer.levels);
        if ($value$plusargs("rising=%s", file)) $readmemh(file, layer.rising);
        if ($value$plusargs("input=%s", file)) $readmemh(file, layer.pixels);
        if ($value$plusargs("sums=%s", file)) $readmemh(file, sums);
        if ($value$plusargs("bits=%s", file)) $readmemh(file, bits);
        #1 clk = 1; #1 clk = 0; reset = 0;
        while (!(done && !valid)) begin
            #1 clk = 1; #1 clk = 0;
            if (valid) begin
                // What comes next is known here and not asked of the layer, which may repeat itself.
                // An undefined bit (x) differs too: === and not ==.
                if (!(pixel === compared / OUTPUTS && channel === compared % OUTPUTS
                      && accumulator === sums[compared]
                      && bit_out === bits[compared / OUTPUTS][compared % OUTPUTS]))
                    wrong = wrong + 1;
                compared = compared + 1;
            end
        end
        if (wrong == 0 && compared == PIXELS*OUTPUTS) $display("PASS %0d", compared);
        else $display("FAIL %0d of %0d", wrong, compared);
        $finish;
    end
endmodule
