"""``sensorsim schema``: print the JSON schema of a pipeline file."""

import json

from sensorsim.cli.app import app


@app.command()
def schema() -> None:
    """Print the JSON schema of a pipeline, for editors."""
    from sensorsim.pipeline.configuration import PipelineDescription

    print(json.dumps(PipelineDescription.model_json_schema(), indent=2))
