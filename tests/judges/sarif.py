#!/usr/bin/env python3
"""What `check -o sarif` prints about every example of tests/diagnostics, against the schema of SARIF 2.1.0.

SARIF_SCHEMA names the schema's file (README.md tells where it comes from), GATEWRIGHT the program.
"""
import json
import os
import pathlib
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
program = pathlib.Path(os.environ.get("GATEWRIGHT", root / "target/debug/gatewright"))
schema = pathlib.Path(os.environ.get("SARIF_SCHEMA", "none"))

try:
    import jsonschema
except ImportError:
    print("skipped: sarif: this Python has no jsonschema")
    sys.exit(0)
for needed, what in ((schema, "SARIF_SCHEMA names no file"), (program, "the program is not built")):
    if not needed.is_file():
        print(f"skipped: sarif: {what}")
        sys.exit(0)

text = json.loads(schema.read_text())
judge = jsonschema.validators.validator_for(text)(text, format_checker=jsonschema.FormatChecker())
assert list(judge.iter_errors({"version": "2.1.0", "runs": [{"results": []}]})), "the schema refuses nothing"
failed = False
for case in sorted((root / "tests/diagnostics").iterdir()):
    said = subprocess.run([program, "-C", case, "check", "-o", "sarif"], capture_output=True, text=True)
    if said.returncode == 2 or not (case / "features.yaml").exists():
        continue  # an example of another command
    errors = list(judge.iter_errors(json.loads(said.stdout)))
    failed |= bool(errors)
    print(f"{'FAIL' if errors else 'ok'} sarif {case.name}")
    for error in errors:
        print(f"    {error.json_path}: {error.message[:200]}")
sys.exit(failed)
