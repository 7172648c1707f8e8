"""What the designer must say about prices: the ``[energy]`` table of a pipeline."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sensorsim.circuits.comparison import ComparatorKind
from sensorsim.circuits.converter import Switching
from sensorsim.circuits.link import Link
from sensorsim.circuits.memory import MemoryKind
from sensorsim.core.description import Description


class ChipNetwork(Description):
    """The network at a published chip's energy per binary operation, memory included."""

    kind: Literal["chip"] = "chip"


class GateNetwork(Description):
    """The network at gate level: XNORs, popcount, accumulators and memories, one by one."""

    kind: Literal["gates"] = "gates"
    toggles_per_product: float | Literal["layers", "matches"] = Field(
        description="Transitions of an XNOR per product: a number that was measured; 'layers': "
        "those of the bits that each layer reads of the first test images, weights held still; or "
        "'matches': what each layer's XNORs gave there, one product after another, no reuse."
    )
    weight_reuse: float = Field(ge=1, description="Products made with a weight that was read once.")
    activation_reuse: float = Field(
        ge=1, description="Products made with an activation that was read once."
    )
    weight_memory: MemoryKind = Field("sram", description="What holds the weights.")
    activation_memory: MemoryKind = Field("registers", description="What holds the activations.")

    @model_validator(mode="after")
    def _toggles_are_a_part(self) -> Self:
        if not isinstance(self.toggles_per_product, str) and not 0 <= self.toggles_per_product <= 1:
            raise ValueError(
                f"toggles_per_product {self.toggles_per_product:g}: expected 0 to 1, 'layers' or "
                "'matches'"
            )
        return self


_Side = Annotated[int, Field(ge=1, le=65536)]
ConverterForm = Literal["survey", "walden", "schreier", "first-principles"]
NetworkPricing = Annotated[ChipNetwork | GateNetwork, Field(discriminator="kind")]


class EnergySettings(Description):
    """Prices of a pipeline; settings without a sourced value have no default."""

    technology: str = Field(
        description="Name of a technology that ships, or path of a TOML file: a survey of whole "
        "circuits, or a process whose circuits are priced part by part."
    )
    converter: ConverterForm | None = Field(
        None,
        description="How an ADC is priced; left out: as the technology prices everything else.",
    )
    sar_switching: Switching = Field(
        "conventional", description="How a SAR's capacitor array is switched."
    )
    comparator: ComparatorKind = Field(
        "dynamic", description="Comparators that cost per decision, or that are always biased."
    )
    comparator_size: float = Field(
        1.0, ge=1 / 64, le=64,
        description="Gate area of the comparators over that of the priced ones; energy and bias "
        "current are proportional to it. Offset and noise are stated in readout.comparator.",
    )  # fmt: skip
    link_pj_per_bit: float | None = Field(
        None, ge=0, le=1e4, description="Price of one bit from readout to network, pJ."
    )
    link: Link | None = Field(None, description="Instead of that price: what the link is.")
    network: NetworkPricing = Field(ChipNetwork(), description="How the network is priced.")
    parallel_products: int | None = Field(
        None, ge=1, description="Binary products that the network makes in one clock cycle."
    )
    array: tuple[_Side, _Side] | None = Field(
        None,
        description="Rows and columns of the array whose pixels, readout and link are priced and "
        "timed; left out: those of the images. The network stays that of the images.",
    )
    column_pitch_um: float | None = Field(
        None, ge=0.3, le=1e4,
        description="Pitch of a column's circuits, um; left out: that of the pixels.",
    )  # fmt: skip
    frame_rate_hz: float = Field(gt=0, le=1e6, description="Frames per second.")
    static_power_uw: float = Field(
        ge=0,
        le=1e7,
        description="Static power of all that no row prices (clocks, bias, pads), "
        "while the chip is on, uW; stored bits leak in rows of their own.",
    )
    duty_cycle: float = Field(
        1.0, gt=0, le=1, description="Part of the frame time for which the static power is on."
    )

    @model_validator(mode="after")
    def _link_has_one_price(self) -> Self:
        if self.link_pj_per_bit is None and self.link is None:
            raise ValueError(
                "energy.link_pj_per_bit is missing, and so is energy.link: state a price per bit "
                "or what the link is; no figure fits every chip"
            )
        if self.link_pj_per_bit is not None and self.link is not None:
            raise ValueError("energy.link_pj_per_bit and energy.link: expected only one of them")
        return self

    @model_validator(mode="after")
    def _gates_have_a_clock(self) -> Self:
        if isinstance(self.network, GateNetwork) and self.parallel_products is None:
            raise ValueError(
                "energy.parallel_products is missing: a network of gates needs its parallelism"
            )
        return self
