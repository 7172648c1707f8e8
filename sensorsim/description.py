"""What every description shares: immutable, no unknown fields, no NaN."""

from pydantic import BaseModel, ConfigDict


class Description(BaseModel):
    """Base of all descriptions: frozen pydantic models with units in the names of their fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
