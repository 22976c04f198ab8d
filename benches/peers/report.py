"""Results as tables, as a plot, and as the block in docs/fleets.md."""


def figure(found):
    text = seconds(found["median"])
    return f"~{text}" if found["extrapolated"] else text


def seconds(value):
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def text(found):
    return ""


def write(found, tools):
    pass
