"""Results as tables, as a plot, and as the block in docs/fleets.md."""
import re

import validators
from description import ROOT

PAGE = ROOT / "docs/fleets.md"
PLOT = ROOT / "docs/fleets.svg"
BEGIN, END = "<!-- peers: written by `make bench` -->", "<!-- peers: end -->"
COLUMNS = {"cold": "cold", "no-op": "no-op", "one": "flag, one cluster", "all": "flag, all", "kubeconform": "+ kubeconform",
           "kubectl-validate": "+ kubectl-validate"}


def seconds(value):
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def figure(found):
    """The median and how far it spreads, or what a smaller fleet predicts."""
    if found["extrapolated"]:
        return f"*~{seconds(found['median'])}*"
    times = found["times"]
    return seconds(found["median"]) + (f" ({seconds(times[0])} to {seconds(times[-1])})" if len(times) > 1 else " (once)")


def text(found):
    """Tables of all jobs, one for each size of the fleet."""
    lines = [about(found), "", *found["said"], ""]
    for n in sizes(found):
        lines += [f"{n:,} clusters, {n * found['objects']:,} objects", "", *table(found, n), ""]
    return "\n".join(lines)


def sizes(found):
    return sorted({one["n"] for one in found["results"]})


def jobs_of(found, lane, n):
    """What was timed of a lane, by job. gatewright's cold run stands for the validators as well: it writes nothing that it has not checked."""
    jobs = {one["job"]: one for one in found["results"] if one["lane"] == lane and one["n"] == n}
    if lane.startswith("gatewright") and "cold" in jobs:
        jobs |= {job: jobs["cold"] for job in validators.NAMES}
    return jobs


def table(found, n):
    rows = ["| lane | " + " | ".join(COLUMNS.values()) + " | memory | written | objects/s |", "|---" * (len(COLUMNS) + 4) + "|"]
    for lane in dict.fromkeys(one["lane"] for one in found["results"] if one["n"] == n):
        jobs = jobs_of(found, lane, n)
        cells = [figure(jobs[job]) if job in jobs else "-" for job in COLUMNS]
        cold = jobs.get("cold") or next(iter(jobs.values()))
        cells += ["-", "-"] if cold["extrapolated"] else [f"{cold['memory'] / 1024:.0f} MiB", f"{cold['bytes'] / 1e6:.1f} MB in {cold['files']:,}"]
        cells.append(f"{n * found['objects'] / cold['median']:,.0f}")
        rows.append(f"| {lane} | " + " | ".join(cells) + " |")
    return rows


def about(found):
    machine = found["machine"]
    busy = f"; the machine was **busy** (load {machine['load']:.1f}), so times are worth little" if machine["busy"] else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (f"{machine['cores']} cores ({machine['cpu']}), {machine['memory']}, {machine['system']}, {machine['disk']}{busy}. {versions}.")


def summary(found):
    """Cold renders over the size of the fleet, in one table, and what was promised of them."""
    ns = sizes(found)
    cold = {(one["lane"], one["n"]): one for one in found["results"] if one["job"] == "cold" or one["lane"] == "reading it back"}
    lines = ["| | " + " | ".join(f"{n:,}" for n in ns) + " | memory |", "|---" * (len(ns) + 2) + "|"]
    for lane in dict.fromkeys(one["lane"] for one in found["results"]):
        cells = [(seconds(cold[lane, n]["median"]) if not cold[lane, n]["extrapolated"] else figure(cold[lane, n])) if (lane, n) in cold else "-" for n in ns]
        memory = [cold[lane, n]["memory"] for n in ns if (lane, n) in cold and cold[lane, n]["memory"]]
        lines.append(f"| {lane} | " + " | ".join(cells) + f" | {memory[-1] / 1024:.0f} MiB |" if memory else f"| {lane} | " + " | ".join(cells) + " | - |")
    return lines


def goals(found):
    """Ratios of what was measured, for each size of the fleet."""
    lines = []
    for n in sizes(found):
        lanes = {lane: jobs_of(found, lane, n) for lane in dict.fromkeys(one["lane"] for one in found["results"])}
        median = {(lane, job): one["median"] for lane, jobs in lanes.items() for job, one in jobs.items() if not one["extrapolated"]}
        if ("gatewright", "cold") not in median or ("gatewright", "no-op") not in median:
            continue
        ours, copied, read = median["gatewright", "cold"], median["cp -r", "cold"], median["reading it back", "no-op"]

        def fastest(job):
            peers = {lane: value for (lane, at), value in median.items() if at == job and not lane.startswith(("gatewright", "cp "))}
            best = min(peers, key=peers.get, default=None)
            return best and f"{peers[best] / ours:.2g} times as long ({best})"

        said = f"- {n:,} clusters: cold, checks included, is {ours / copied:.1f} times `cp -r`, a no-op {median['gatewright', 'no-op'] / read:.1f} times reading"
        peers = {"without checks": fastest("cold"), **{f"with {job}": fastest(job) for job in validators.NAMES}}
        peers = ", ".join(f"{what} {best}" for what, best in peers.items() if best)
        lines.append(said + (f"; the fastest peer takes {peers}." if peers else "."))
    return lines


def write(found):
    """The block of docs/fleets.md, and the plot beside it."""
    block = "\n".join([
        BEGIN, about(found), "", *(f"- {said}" for said in found["said"]), "", f"Cold renders of N clusters of {found['objects']} objects, with the peak memory of the largest process at the largest N:",
        "", *summary(found), "", *goals(found), "", "![Time over the number of clusters](fleets.svg)", "",
        "All jobs, with the spread of their runs (lanes and jobs: [benches/peers](../benches/peers/README.md)):", "",
        *(line for n in sizes(found) for line in ["<details>", f"<summary>{n:,} clusters</summary>", "", *table(found, n), "", "</details>", ""]),
        END])
    page = PAGE.read_text()
    if BEGIN not in page:
        raise SystemExit(f"{PAGE.name} has no block for the figures")
    PAGE.write_text(re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: block, page, flags=re.S))
    plot(found)


def plot(found):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "peers", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 5.5), sharey=True)
    lanes = list(dict.fromkeys(one["lane"] for one in found["results"]))
    colours = pyplot.get_cmap("tab20")
    for axis, job, title in zip(axes, ("cold", "kubeconform"), ("cold render", "render and validate")):
        for i, lane in enumerate(lanes):
            all = [jobs_of(found, lane, n).get(job) for n in sizes(found)]
            points = [(one["n"], one["median"]) for one in all if one and not one["extrapolated"]]
            if points:
                ours = lane.startswith("gatewright")
                axis.plot(*zip(*points), label=lane, marker="o", markersize=3, color="black" if ours else colours(i % 20),
                          linewidth=2 if ours else 1, linestyle="--" if "each" in lane else ":" if lane == "cp -r" else "-")
        axis.set(xscale="log", yscale="log", xlabel="clusters", title=title)
        axis.grid(True, which="major", linewidth=0.3)
    axes[0].set_ylabel("seconds")
    axes[1].legend(*axes[0].get_legend_handles_labels(), loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})
