"""mi-radiomics against PyRadiomics: all IBSI features (3-D averaged and merged) there, its 107 here."""
import os
import re
import resource
import sys

from benchlib.timing import rounds, run

# case: image, mask, parameters of PyRadiomics (all below {ref} or {syn}), ratio wanted with one thread
CASES = {
    "breast1": ("{ref}/breast1_image.nii.gz", "{ref}/breast1_mask.nii.gz", "{ref}/breast1_default.yaml", 80),
    "brain1": ("{ref}/brain1_image.nii.gz", "{ref}/brain1_mask.nii.gz", "{ref}/brain1_default.yaml", 40),
    "lung1": ("{ref}/lung1_image.nii.gz", "{ref}/lung1_mask.nii.gz", "{ref}/lung1_default.yaml", 60),
    "mr-tumor": ("{syn}/mr_image.nii.gz", "{syn}/mr_tumor.nii.gz", "{ref}/brain1_default.yaml", 30),
    "ct-nodule": ("{syn}/ct_image.nii.gz", "{syn}/ct_nodule.nii.gz", "{ref}/lung1_default.yaml", 80),
    "ct-organ": ("{syn}/ct_image.nii.gz", "{syn}/ct_organ.nii.gz", "{ref}/lung1_default.yaml", 40),
}


def phases(command, runs):
    """Seconds that -vv tells, of the quickest of some runs: [(what, seconds)] and the wall time."""
    best = min((run(command + ["-vv"]) for _ in range(runs)), key=lambda r: r["wall"])
    found = []
    for line in best["words"].splitlines():
        found += [(w.strip(), float(s)) for w, s in re.findall(r"([A-Za-z0-9_ -]+?) in ([0-9.]+) s\b", line)]
    return found, best["wall"]


def bench_case(name, o, at):
    image, mask, params, wanted = CASES[name]
    image, mask, params = (s.format(ref=at.ref, syn=at.syn) for s in (image, mask, params))
    base = [at.radiomics, image, mask]
    commands = {}
    if at.pyradiomics:
        commands["pyradiomics"] = lambda d: [at.pyradiomics, image, mask, "-p", params, "-o", d + "/o.json", "-f", "json"]
    for n in o.threads.split(","):
        commands[f"mi -@ {n}"] = lambda d, n=n: base + ["-@", n, "-o", d + "/o.jsonl"]
    best = rounds(commands, o.runs)
    peer = best.get("pyradiomics")
    for command, b in best.items():
        if not b:
            continue
        ratio = "        -         -"
        if peer:
            ratio = f"{peer['wall'] / b['wall']:8.1f}x {peer['cpu'] / max(b['cpu'], 1e-4):8.1f}x"
        goal = f"{wanted:6d}x" if command == "mi -@ 1" else ""
        print(f"{name:10s} {command:12s} {b['runs']:4d} {b['wall']:9.3f} {b['cpu']:9.3f} {b['rss']:9.1f} {ratio} {goal}", flush=True)
    told, wall = phases(base + ["-@", "1", "-o", os.devnull, "--force"], o.runs)
    reading = sum(s for what, s in told if what.endswith("read"))
    if told:
        print("           phases: " + ", ".join(f"{what} {s:.3f} s" for what, s in told))
        print(f"           of {wall:.3f} s reading is {100 * reading / wall:.0f} %")
    return {"wanted": wanted, "best": best, "phases": told, "phases_wall": wall, "reading": reading}


def section(o, at):
    """All cases asked for; figures by case."""
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = min(run([at.radiomics, "--version"])["wall"] for _ in range(20))
    print(f"mi-radiomics --version: {1000 * start:.1f} ms; floor of the memory figures: {floor:.0f} MB")
    print("case       command      runs    wall s     cpu s    MB peak      wall       cpu  wanted")
    result = {"version_ms": 1000 * start, "cases": {}}
    for name in o.cases.split(","):
        if name not in CASES:
            sys.exit(f"bench: no case {name}; there are {', '.join(CASES)}")
        if at.syn or "{syn}" not in CASES[name][0]:
            result["cases"][name] = bench_case(name, o, at)
    return result
