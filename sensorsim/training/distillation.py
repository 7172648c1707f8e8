"""Knowledge distillation: train a network on a teacher's answers and the labels.

Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network",
arXiv 1503.02531 (2015), section 2.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from sensorsim.core.description import Description


class Distillation(Description):
    """Temperature and weight of the distillation loss."""

    temperature: float = Field(
        2.0, gt=0, description="Divisor of the scores of teacher and network."
    )
    weight: float = Field(0.7, ge=0, le=1, description="Share of the teacher in the loss.")


@dataclass(frozen=True)
class Lessons:
    """A teacher's answers to all views of the training images.

    Attributes
    ----------
    distillation : Distillation
        Temperature and weight of the loss.
    answers : float16 [shifts, N, classes]
        Class scores of the teacher, the same for an image and its mirror image.
    """

    distillation: Distillation
    answers: npt.NDArray[np.float16]

    def of(self, index: npt.NDArray[np.int64], shifts: npt.NDArray[np.int64]) -> Tensor:
        """Answers to some views.

        Parameters
        ----------
        index : int64 [n]
            Positions of the images among the training images.
        shifts : int64 [n]
            Index of each image's shift in `Views.shifts`.

        Returns
        -------
        float32 [n, classes]
            Class scores.
        """
        return torch.from_numpy(self.answers[shifts, index].astype(np.float32))


def distillation_loss(
    scores: Tensor, labels: Tensor, answers: Tensor, distillation: Distillation
) -> Tensor:
    """Cross-entropy with the labels plus divergence from the teacher's softened answers.

    ``(1 - w) CE(scores, labels) + w T^2 KL(softmax(answers / T) || softmax(scores / T))``; the
    factor T^2 keeps the two gradients at the same scale.

    Parameters
    ----------
    scores : float [N, classes]
        Class scores of the network.
    labels : int64 [N]
        Class numbers.
    answers : float [N, classes]
        Class scores of the teacher.
    distillation : Distillation
        Temperature T and weight w.

    Returns
    -------
    float []
        Loss, nat, mean over the batch.
    """
    t, w = distillation.temperature, distillation.weight
    taught = F.kl_div(
        F.log_softmax(scores / t, 1), F.log_softmax(answers / t, 1),
        reduction="batchmean", log_target=True,
    )  # fmt: skip
    return (1 - w) * F.cross_entropy(scores, labels) + w * t * t * taught
