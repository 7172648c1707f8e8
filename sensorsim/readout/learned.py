"""The readout that a model file was trained with, under errors that a pipeline states."""

from typing import Any, Literal

from pydantic import Field

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Readout
from sensorsim.readout.thermometer.circuit import ThermometerCircuit


class LearnedReadout(ThermometerCircuit):
    """The readout of ``network.model``, under errors and circuit stated here.

    The file gives the levels of a thermometer or log-gradient, or resolution and curve of an ADC;
    all else is what this description says. A circuit of a thermometer may be stated for one only.
    """

    kind: Literal["learned"] = "learned"
    comparator: Comparator = Field(Comparator(), description="Errors of each comparator.")

    @property
    def is_learned(self) -> bool:
        """Whether its levels are those of the model file: they are."""
        return True

    def linear_adc(self) -> None:
        """No ADC is stated here: see `Readout.linear_adc`."""
        return None

    def stated(self) -> dict[str, Any]:
        """Fields of the circuit that differ from their defaults.

        Returns
        -------
        dict of str to value
        """
        fields = ThermometerCircuit.model_fields.items()
        return {n: v for n, f in fields if (v := getattr(self, n)) != f.default}

    def resolved(self, trained: Readout | None) -> Readout:
        """The readout of a model file, under what is stated here.

        Parameters
        ----------
        trained : Readout
            Of the model file.

        Returns
        -------
        Readout

        Raises
        ------
        ValueError
            Without the model's readout.
        InputError
            If it cannot be built so: a thermometer's circuit stated for another readout, or
            thresholds that fall on one code of the reference DAC.
        """
        if trained is None:
            raise ValueError("a learned readout is resolved by its model's; none was given")
        return trained.under(self.comparator, self.stated())
