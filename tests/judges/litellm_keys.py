"""The keys that LiteLLM reads in each section of its config.yaml, from its own code: the text of schemas/litellm-keys.txt.
Run as a program it prints that text; as a judge it compares. LiteLLM has no schema that one could ask."""

import importlib.metadata
import re
import sys
from pathlib import Path

VERSION = "1.89.2"
HEAD = f"""# Keys that LiteLLM {VERSION} reads in its config.yaml, by section, as its code has them.
# Written by tests/judges/litellm_keys.py; `tests/judges/run litellm-keys` derives them again.
"""
# What the reader of another file is given, and what the router is given by the proxy itself.
NOT_IN_THE_FILE = {"force_reload", "interval_hours"}


def sections():
    import litellm
    from litellm.proxy import _types
    from litellm.types.router import LiteLLM_Params
    from litellm.types.utils import all_litellm_params

    package = Path(litellm.__file__).parent
    folders = [package, *package.parent.glob("litellm_enterprise")]
    every = "".join(f.read_text() for folder in folders for f in sorted(folder.rglob("*.py")))
    server = (package / "proxy" / "proxy_server.py").read_text()

    def read(names, text):
        """Names in `names.get("x"`, `names["x"]`, `"x" in names`."""
        found = re.findall(rf"""\b(?:{names})(?:\.get\(|\.pop\(|\[)\s*["']([a-z]\w+)["']""", text)
        return set(found) | set(re.findall(rf"""["']([a-z]\w+)["'] in (?:{names})\b""", text))

    settings = {
        name
        for name, value in vars(litellm).items()
        if re.fullmatch(r"[a-z]\w*", name)
        and not name.endswith(("_models", "_key"))
        and isinstance(value, (bool, int, float, str, list, dict, type(None)))
    }
    return {
        "top": read("config", server) - NOT_IN_THE_FILE,
        "general_settings": read("_?general_settings(?:_data)?", every) | set(_types.ConfigGeneralSettings.model_fields),
        "litellm_settings": settings | read("litellm_settings", every) | set(re.findall(r'elif key == "(\w+)"', server)),
        "router_settings": set(litellm.Router.get_valid_args()) - {"self"},
        "litellm_params": set(LiteLLM_Params.model_fields)
        | set(all_litellm_params)
        | set(litellm.OPENAI_CHAT_COMPLETION_PARAMS)
        | read("_?optional_params|_?litellm_params|non_default_params|inference_params|kwargs", every),
    }


def text():
    found = sections()
    return HEAD + "".join(f"\n[{name}]\n" + "".join(f"{key}\n" for key in sorted(keys)) for name, keys in found.items())


def main():
    import trees

    judge = "litellm-keys"
    try:
        found = importlib.metadata.version("litellm")
    except ImportError:
        trees.skip(judge, f"{sys.executable} has no litellm (set PYTHON)")
    if found != VERSION:
        trees.skip(judge, f"{sys.executable} has litellm {found}, not {VERSION}")
    kept = Path(__file__).resolve().parents[2] / "schemas" / "litellm-keys.txt"
    ours, theirs = set(kept.read_text().splitlines()), set(text().splitlines())
    problems = [f"not in LiteLLM: {key}" for key in sorted(ours - theirs)]
    problems += [f"not in the file: {key}" for key in sorted(theirs - ours)]
    trees.report(judge, "schemas/litellm-keys.txt", problems)
    return 1 if trees.failures else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["print"]:
        print(text(), end="")
    else:
        sys.exit(main())
