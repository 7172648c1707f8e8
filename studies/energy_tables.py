"""Tables of docs/energy.md: every constant with its source, and the model beside published chips.

    python studies/energy_tables.py

The tests hold the document to what this prints.
"""

import tempfile
from pathlib import Path

from sensorsim.circuits.constant import Constant, Range
from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.ledger import Ledger, Row
from sensorsim.circuits.logic import Activity, xnor_popcount_rows
from sensorsim.circuits.memory import access_row
from sensorsim.circuits.pixel import HOLD, PixelArray, pixel_rows
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.technology import constants_of, load_technology
from sensorsim.readout import Adc, Comparator, Readout, SingleSlope, Thermometer
from sensorsim.readout.families import make_readout

_USUAL = EnergySettings(
    technology="cmos65", converter="first-principles", link_pj_per_bit=0, frame_rate_hz=30,
    static_power_uw=0,
)  # fmt: skip
"""Dynamic comparators of the usual size; nothing else of them matters here."""
NODES = ("cmos180", "cmos130", "cmos65", "cmos28")


def process(name: str) -> Process:
    """A process that ships."""
    found = load_technology(name)
    assert isinstance(found, Process)
    return found


def constants(technology: Survey | Process) -> list[Constant]:
    """All constants of a technology, in the order of its sections."""
    return [constant for *_, constant in constants_of(technology)]


def figure(c: Constant) -> str:
    """Low, typical and high in a cell."""
    return f"{c.low:.3g} / {c.typical:.3g} / {c.high:.3g}"


def constants_table() -> str:
    """Every constant of the process files at 65 nm, and its typical value at the other nodes."""
    nodes = [{c.id: c for c in constants(process(n))} for n in NODES]
    lines = [
        "| constant | unit | 65 nm: low / typical / high | 180, 130, 28 nm | basis | source |",
        "|---|---|---|---|---|---|",
    ]
    for c in constants(process("cmos65")):
        others = [n[c.id].typical for n in (nodes[0], nodes[1], nodes[3])]
        same = all(o == c.typical for o in others)
        spread = "same" if same else ", ".join(f"{o:.3g}" for o in others)
        basis = c.basis + ("" if c.verified or c.basis == "assumed" else ", secondhand")
        source = c.source.replace("|", "/")
        lines.append(f"| `{c.id}` | {c.unit} | {figure(c)} | {spread} | {basis} | {source} |")
    return "\n".join(lines)


def readout(name: str, kind: Readout, array: PixelArray) -> list[Row]:
    """Readout rows of one array, by parts."""
    return kind.rows(_USUAL, process(name), array)


def alone(name: str, kind: Readout, array: PixelArray) -> Range:
    """A readout by sample, without the pixel that waits for it, pJ."""
    rows = [r for r in readout(name, kind, array) if r.component != HOLD]
    return per_sample(rows, array.samples)


def per_sample(rows: list[Row], samples: int) -> Range:
    """Energy of some rows by sample, pJ."""
    return Ledger(tuple(rows)).total_pj().scaled(1 / samples)


def published() -> list[tuple[str, float, str, Range]]:
    """What was built, what was published (pJ), and what the model says (pJ)."""
    whole = PixelArray(64, 64, 1, 10.0, 0.36, 1, 300.0)  # swings no more than its supply
    wide = PixelArray(64, 128, 1, 10.0, 1.0, 1, 300.0)
    bnn = PixelArray(120, 120, 1, 5.0, 1.0, 2, 300.0)
    photon = PixelArray(1024, 1024, 1, 1.1, 1.0, 2, 300.0)
    large = PixelArray(1080, 1920, 1, 3.0, 1.0, 2, 300.0)
    qvga = PixelArray(240, 320, 1, 5.0, 1.0, 2, 300.0)
    slope = Adc(bits=8, architecture=SingleSlope(conversion_time_us=10))
    one = Thermometer(thresholds=(0.5,))
    column = Adc(bits=13, architecture=SingleSlope(conversion_time_us=40.96))
    gates = {"XNORBIN": _operation(_at_supply("cmos65", 0.9)),
             "BinarEye": _operation(process("cmos28"))}  # fmt: skip

    def sensor(node: str, kind: Readout, array: PixelArray) -> Range:
        rows = [*pixel_rows(process(node), array), *readout(node, kind, array)]
        return per_sample(rows, array.samples)

    return [
        ("64 x 64 PWM imager, 0.18 um, whole chip, per pixel", 21.4,
         "IEICE ELEX 12 (2015) 20150711", sensor("cmos180", slope, whole)),
        ("128 x 64 binary contrast imager, per pixel", 122, "Rusci et al., arXiv:1705.00221",
         sensor("cmos180", one, wide)),
        ("120 x 120 in-column BNN imager, 110 nm, 240 fps, per pixel", 1090,
         "Jeong et al., TCAS-II 70(10) 2023", sensor("cmos130", slope, bnn)),
        ("QVGA imager of 1.5-bit log gradients, 0.13 um, whole imager, per pixel", 99,
         "Young et al., JSSC 54 (2019) 2932",
         sensor("cmos130", make_readout("log-gradient", 2, Comparator()), qvga)),
        ("1 Mpixel photon-counting imager, gain and 1-bit ADC, per bit", 6.9,
         "1040 fps QIS abstract", alone("cmos65", one, photon)),
        ("13-bit column single-slope ADC, 0.18 um: 63.2 uW (derived: over 2^13 cycles of another "
         "chip's 200 MHz)", 2589, "Wei et al., Electronics 2020, 9, 757",
         alone("cmos180", column, large)),
        ("XNORBIN, 65 nm at 0.8 V, per binary operation; model at 0.9 V", 0.0105, "COOL CHIPS 2018",
         gates["XNORBIN"]),
        ("BinarEye, 28 nm, per binary operation", 0.00435, "arXiv:1804.05554", gates["BinarEye"]),
    ]  # fmt: skip


def _at_supply(name: str, digital_v: float) -> Process:
    """A process that ships, with all that follows the digital supply at another one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "supplied.toml"
        lines = (f'base = "{name}"', f'name = "{name}, {digital_v} V"', "[supply]")
        path.write_text("\n".join((*lines, f"digital_v = {digital_v}")), "utf-8")
        found = load_technology(path)
    assert isinstance(found, Process)
    return found


def _operation(gates: Process) -> Range:
    """A binary operation of gates: a quarter of the XNORs toggle, each word is used 64 times."""
    products, parallel = 1e6, 1024
    rows = [
        *xnor_popcount_rows(gates, Activity(products, products / 4, "a quarter"),
                            products / parallel, 1024, parallel),
        access_row(gates, "weight", products / 64, 2**18, "sram"),
        access_row(gates, "activation", products / 64, 2**15, "registers"),
    ]  # fmt: skip
    return Ledger(tuple(rows)).total_pj().scaled(1 / (2 * products))


def sanity_table() -> str:
    """The model beside published chips."""
    lines = [
        "| built | published pJ | model pJ: low / typical / high | published / typical | source |",
        "|---|---|---|---|---|",
    ]
    for what, pj, source, model in published():
        bounds = f"{model.low:.3g} / {model.typical:.3g} / {model.high:.3g}"
        lines.append(f"| {what} | {pj:g} | {bounds} | {pj / model.typical:.2g} | {source} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(constants_table(), sanity_table(), sep="\n\n")
