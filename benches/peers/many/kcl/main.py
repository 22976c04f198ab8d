"""KCL as a library. main.py INPUTS OUTPUTS [NAME...]"""
import json
import sys
from pathlib import Path

import kcl_lib.api as kcl

inputs, outputs = Path(sys.argv[1]), Path(sys.argv[2])
names = sys.argv[3:] or sorted(path.stem for path in (inputs / "clusters").glob("*.k"))
shared = [str(path) for path in sorted(inputs.glob("*.k"))]
api = kcl.API()
for name in names:
    given = kcl.ExecProgramArgs(k_filename_list=[*shared, str(inputs / "clusters" / f"{name}.k")])
    found = api.exec_program(given)
    if found.err_message:
        sys.exit(found.err_message)
    items = json.loads(found.json_result)["items"]
    (outputs / f"{name}.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
