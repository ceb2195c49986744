"""Writes the schema of the wire's newest version into docs/wire. `make schemas` runs it.

The schemas of older versions are frozen: a test holds the code against them.
"""

import json
from pathlib import Path

from fleet.protocol.schema import json_schema
from fleet.protocol.versions import WIRE_VERSIONS

FOLDER = Path(__file__).parents[1] / "docs" / "wire"

if __name__ == "__main__":
    newest = WIRE_VERSIONS[-1]
    file = FOLDER / f"v{newest}.schema.json"
    file.write_text(json.dumps(json_schema(newest), indent=1) + "\n", encoding="utf-8")
    print(file)
