"""Knowledge distillation: a network learns a teacher's answers beside the labels.

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
    """How much of the loss is the teacher's."""

    temperature: float = Field(2.0, gt=0, description="Divides the scores of teacher and network.")
    weight: float = Field(0.7, ge=0, le=1, description="Share of the teacher in the loss.")


@dataclass(frozen=True)
class Lessons:
    """A teacher's answers to all views of the training images.

    Attributes
    ----------
    distillation : Distillation
    answers : float16 [shifts, N, classes]
        Scores of the teacher, the same for an image and its mirror image.
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
            Number of the shift of each.

        Returns
        -------
        float32 [n, classes]
        """
        return torch.from_numpy(self.answers[shifts, index].astype(np.float32))


def distillation_loss(
    scores: Tensor, labels: Tensor, answers: Tensor, distillation: Distillation
) -> Tensor:
    """Cross-entropy with the labels, and with the teacher's softened answers.

    ``(1 - w) CE(scores, labels) + w T^2 KL(softmax(answers / T) || softmax(scores / T))``; the
    factor T^2 keeps both gradients of one size.

    Parameters
    ----------
    scores : float [N, classes]
    labels : int64 [N]
    answers : float [N, classes]
    distillation : Distillation

    Returns
    -------
    float []
        Mean over the batch.
    """
    t, w = distillation.temperature, distillation.weight
    taught = F.kl_div(
        F.log_softmax(scores / t, 1), F.log_softmax(answers / t, 1),
        reduction="batchmean", log_target=True,
    )  # fmt: skip
    return (1 - w) * F.cross_entropy(scores, labels) + w * t * t * taught
