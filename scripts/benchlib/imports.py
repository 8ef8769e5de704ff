"""mi-preproc on a CT series of 300 slices against dcm2niix and SimpleITK, whole processes."""
import gzip
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from benchlib.timing import rounds

SLICES = 300
# codec: folder beside the synthetic volumes, product, peer, ratio wanted with one thread
CASES = [
    ("none", "dcm_none", ".nii", "dcm2niix", 1),
    ("rle", "dcm_rle", ".nii", "dcm2niix", 1),
    ("jpegls", "dcm_jls", ".nii", "SimpleITK", 3),
    ("none", "dcm_none", ".nii.gz", "dcm2niix", 5),
]


def series(at, codec, name):
    """The folder of a series, made when absent; None when it cannot be."""
    folder = os.path.join(at.syn, name)
    if os.path.isdir(folder) and len(os.listdir(folder)) == SLICES:
        return folder
    need = {"rle": "dcmcrle", "jpegls": "dcmcjpls"}.get(codec)
    if not at.python or (need and not shutil.which(need)):
        print(f"SKIP: import of {codec}, no series in {name} and {need if at.python else 'no MI_PEERS'} to make one with")
        return None
    print(f"making the series {name}", file=sys.stderr)
    subprocess.run([at.python, os.path.join(at.shared, "bench", "make_dicom_series.py"),
                    os.path.join(at.syn, "ct_image.nii.gz"), folder, "--codec", codec, "--slices", str(SLICES)],
                   check=True, stdout=subprocess.DEVNULL)
    return folder


def peer_command(at, peer, folder, product):
    """Function of an output folder, or None when the peer is absent."""
    if peer == "dcm2niix":
        if not shutil.which("dcm2niix"):
            return None
        return lambda d: ["dcm2niix", "-z", "i" if product.endswith(".gz") else "n", "-b", "n", "-f", "o", "-o", d, folder]
    script = os.path.join(at.shared, "bench", "peers_run", "run_sitk.py")
    if not at.python or subprocess.run([at.python, "-c", "import SimpleITK"], stderr=subprocess.DEVNULL, check=False).returncode:
        return None
    return lambda d: [at.python, script, "series", folder, d + "/o" + product]


def kind(command, product):
    """Voxel type (code of NIfTI) and bytes of the voxels of what a command makes."""
    with tempfile.TemporaryDirectory() as d:
        subprocess.run(command(d), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = os.path.join(d, "o" + product)
        with (gzip.open if product.endswith(".gz") else open)(path, "rb") as f:
            head = f.read(348)
    n = struct.unpack("<8h", head[40:56])
    code, bits = struct.unpack("<2h", head[70:74])
    return code, n[1] * n[2] * n[3] * bits // 8


def bench_case(o, at, case):
    """One codec and product: ours for each number of threads, and the peer."""
    codec, name, product, peer, wanted = case
    folder = series(at, codec, name)
    if not folder:
        return None
    for f in os.scandir(folder): # from the cache, as the others
        with open(f.path, "rb") as g:
            g.read()
    commands = {f"mi -@ {n}": lambda d, n=n: [at.preproc, "-q", "-@", n, folder, "-o", d + "/o" + product]
                for n in o.threads.split(",")}
    other = peer_command(at, peer, folder, product)
    if other:
        commands[peer] = other
    else:
        print(f"SKIP: {peer} on {codec}, it is not installed")
    code, size = kind(next(iter(commands.values())), product)
    best = rounds(commands, o.runs)
    limit = (1.3 * size + (64 << 20)) / (1 << 20)
    for command, b in best.items():
        if not b:
            continue
        words = ""
        if command != peer and best.get(peer):
            ratio = best[peer]["wall"] / b["wall"]
            first = command == next(iter(commands))
            words = f"{ratio:8.1f}x {best[peer]['cpu'] / max(b['cpu'], 1e-4):8.1f}x" + (f" {wanted:6d}x{'' if ratio >= wanted else '  short'}" if first else "")
        if command != peer and b["rss"] > limit:
            words += "  too much memory"
        print(f"{codec:8s} {product:8s} {command:12s} {b['runs']:4d} {b['wall']:9.3f} {b['cpu']:9.3f} {b['rss']:9.1f} {words}",
              flush=True)
    bits = "16 bits" if code in (4, 512) else f"type {code}, not 16 bits"
    print(f"         voxels of {size / (1 << 20):.0f} MiB, {bits}; memory wanted: under {limit:.0f} MiB")
    return {"codec": codec, "product": product, "peer": peer, "wanted": wanted, "best": best, "datatype": code,
            "bytes": size, "limit_mib": limit}


def section(o, at):
    """All codecs and products; a list of figures."""
    if not at.syn:
        return None
    print("\nimport: CT of 300 slices of 512 x 512; ratios of the minima of wall and CPU time")
    print("codec    product  command      runs    wall s     cpu s  MiB peak      wall       cpu  wanted")
    return [r for r in (bench_case(o, at, c) for c in CASES) if r]
