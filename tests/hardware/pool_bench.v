// Holds or_pool to golden vectors; files and lines printed as in layer_bench.v.
module pool_bench;
    parameter HEIGHT = 2;
    parameter WIDTH = 2;
    parameter CHANNELS = 1;
    parameter SIZE = 2;
    localparam PIXELS = (HEIGHT / SIZE) * (WIDTH / SIZE);

    reg clk = 0, reset = 1;
    wire valid, done;
    wire [31:0] pixel;
    wire [CHANNELS-1:0] got;

    reg [CHANNELS-1:0] bits [0:PIXELS-1];
    integer compared = 0, wrong = 0;

    or_pool #(.HEIGHT(HEIGHT), .WIDTH(WIDTH), .CHANNELS(CHANNELS), .SIZE(SIZE)) pool (
        .clk(clk), .reset(reset), .valid(valid), .done(done), .pixel(pixel), .bits(got)
    );

    reg [8*1024-1:0] file;

    initial begin
        if ($value$plusargs("input=%s", file)) $readmemh(file, pool.pixels);
        if ($value$plusargs("bits=%s", file)) $readmemh(file, bits);
        #1 clk = 1; #1 clk = 0; reset = 0;
        while (!(done && !valid)) begin
            #1 clk = 1; #1 clk = 0;
            if (valid) begin
                if (!(pixel === compared / CHANNELS && got === bits[compared / CHANNELS]))
                    wrong = wrong + 1;
                compared = compared + CHANNELS;
            end
        end
        if (wrong == 0 && compared == PIXELS*CHANNELS) $display("PASS %0d", compared);
        else $display("FAIL %0d of %0d", wrong, compared);
        $finish;
    end
endmodule
