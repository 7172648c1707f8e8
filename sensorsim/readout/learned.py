"""The readout that a model file was trained with, with the errors that a pipeline states."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from sensorsim.circuits.comparator import Comparator
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.readout.protocol import Readout


class LearnedReadout(Description):
    """The readout of ``network.model``, with the errors and circuit stated here.

    The model file gives kind and levels (of an ADC: resolution and curve). Every other field of
    that readout may be stated here and takes its default if left out, whatever the network was
    trained behind; the readout checks it when the model is read.
    """

    model_config = ConfigDict(extra="allow")

    kind: Literal["learned"] = "learned"
    comparator: Comparator = Field(Comparator(), description="Errors of each comparator.")

    @property
    def is_learned(self) -> bool:
        """Whether its levels are those of the model file: always true here.

        Returns
        -------
        bool
            True.
        """
        return True

    def linear_adc(self) -> None:
        """Return None: whether it is a linear ADC is stated in the model file."""
        return None

    def resolved(self, trained: Readout | None) -> Readout:
        """Apply the errors and circuit stated here to the readout of a model file.

        Parameters
        ----------
        trained : Readout or None
            Readout of the model file.

        Returns
        -------
        Readout
            The readout with its levels from the file.

        Raises
        ------
        InputError
            If ``trained`` is None, or its readout has no such field or does not accept its value.
        """
        if trained is None:
            raise InputError(
                "readout.kind 'learned' without network.model: expected a model that gives the "
                "levels; name one, or state another kind with all its fields"
            )
        stated: dict[str, Any] = self.model_extra or {}
        return trained.under(self.comparator, stated)
