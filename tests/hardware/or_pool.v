// Maximum over SIZE x SIZE windows of bits, which is OR; one pixel with all its channels per clock.
module or_pool #(
    parameter HEIGHT = 2,
    parameter WIDTH = 2,
    parameter CHANNELS = 1,
    parameter SIZE = 2,
    // Derived; leave as they are. Rows and columns left over are dropped.
    parameter OUT_HEIGHT = HEIGHT / SIZE,
    parameter OUT_WIDTH = WIDTH / SIZE
) (
    input                      clk,
    input                      reset,
    output reg                 valid,
    output reg                 done,
    output reg [31:0]          pixel,
    output reg [CHANNELS-1:0]  bits
);
    reg [CHANNELS-1:0] pixels [0:HEIGHT*WIDTH-1];
    reg [CHANNELS-1:0] any;
    reg [31:0] next;
    integer y, x;

    always @(next, reset) begin
        any = 0;
        for (y = 0; y < SIZE; y = y + 1)
            for (x = 0; x < SIZE; x = x + 1)
                any = any | pixels[(next / OUT_WIDTH * SIZE + y) * WIDTH
                                   + next % OUT_WIDTH * SIZE + x];
    end

    always @(posedge clk)
        if (reset) begin
            next <= 0;
            valid <= 0;
            done <= 0;
        end else if (!done) begin
            valid <= 1;
            pixel <= next;
            bits <= any;
            next <= next + 1;
            done <= next + 1 == OUT_HEIGHT * OUT_WIDTH;
        end else
            valid <= 0;
endmodule
