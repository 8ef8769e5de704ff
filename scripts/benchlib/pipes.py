"""Chains of mi-preproc in a pipe against cat | cat | cat over the same volume (the synthetic CT)."""
import gzip
import os
import shutil

from benchlib.timing import rounds

# chain: its steps, and the share of the speed of cat | cat | cat that is wanted in percent
CHAINS = {
    "clip, rescale, in plane": (["--clip -900:900", "--rescale 0.5,3", "--reorient RAS"], 60),
    "clip, clip, clip": (["--clip -900:900", "--clip -800:800", "--clip -700:700"], 60),
    "in plane, three times": (["--reorient RAS", "--reorient PLS", "--reorient LPS"], 60),
    "nothing, three times": (["", "", ""], 60),
    "axes swapped, three times": (["--reorient SPR", "--reorient RIP", "--reorient LPS"], 30),
    "turned over, three times": (["--reorient LPI", "--reorient LPS", "--reorient LPI"], 30),
    "turned and swapped": (["--reorient PLI", "--reorient SLP", "--reorient LPI"], 30),
}


def volume(at):
    """The synthetic CT without gzip; made once."""
    path = os.path.join(at.syn, "ct_image.nii")
    if not os.path.exists(path):
        with gzip.open(path + ".gz", "rb") as packed, open(path + ".part", "wb") as f:
            shutil.copyfileobj(packed, f, 1 << 24)
        os.rename(path + ".part", path)
    return path


def section(o, at):
    """All chains in turn; figures by chain."""
    if not at.syn:
        return None
    image = volume(at)
    with open(image, "rb") as f: # from the cache, as the others
        while f.read(1 << 24):
            pass
    shell = ["bash", "-o", "pipefail", "-c"]
    commands = {"cat": lambda d: shell + [f"cat '{image}' | cat | cat >/dev/null"]}
    for name, (steps, _) in CHAINS.items():
        first, *rest = (f"'{at.preproc}' {s}" for s in steps)
        line = " | ".join([f"{first} '{image}'"] + rest)
        commands[name] = lambda d, line=line: shell + [line + " >/dev/null"]
    best = rounds(commands, o.runs)
    print(f"\npipes: {os.path.getsize(image) / 1e6:.0f} MB; share of the speed of cat | cat | cat (wall, CPU); memory of the largest process")
    print("chain                         runs    wall s     cpu s    MB peak   wall    cpu  wanted")
    cat, result = best["cat"], {}
    for name, b in best.items():
        if not b:
            continue
        share, wanted = 100 * cat["wall"] / b["wall"], CHAINS.get(name, (None, 100))[1]
        cpu = 100 * cat["cpu"] / max(b["cpu"], 1e-4)
        verdict = "" if name == "cat" else f"{share:5.0f}% {cpu:5.0f}% {wanted:6d}%{'' if share >= wanted else '  short'}"
        print(f"{name:28s} {b['runs']:5d} {b['wall']:9.3f} {b['cpu']:9.3f} {b['rss']:10.1f} {verdict}", flush=True)
        result[name] = dict(b, share=share, cpu_share=cpu, wanted=wanted)
    return result
