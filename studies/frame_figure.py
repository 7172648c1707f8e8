"""Draw docs/images/frame.png: a camera's RAW frame after every stage of a pipeline.

    python studies/frame_figure.py Canon_PowerShot_G2_CRW_0304.CRW

The picture in the documentation is made from that file of the digicam corpus of raw.pixls.us
(CC0 1.0).
"""

import argparse
from pathlib import Path

import common

from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.pipeline.single_frame import fixed_exposure, prepared, trace_frame
from sensorsim.plotting.pictures import draw
from sensorsim.scenes.formats import read_frame

PIPELINE = "cifar10_bayer_glt8"
STOPS = -2.0
_DPI, _COLORS = 85, 256
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path, help="camera RAW file")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "frame.png")
    args = parser.parse_args()
    chain = load_pipeline(PIPELINE, fixed_exposure(STOPS, None))
    tree = trace_frame(chain, prepared(chain, read_frame(args.raw), fit=False))
    # The picture is gray but for the lines of the histograms.
    common.save_small(draw(tree)["stages"], args.out, _DPI, _COLORS)


if __name__ == "__main__":
    main()
