"""What nibabel and SimpleITK make of files of mi-preproc (foreign.sh tells which).

usage: foreign_readers.py TASKS        lines of: WHAT IN OUT

WHAT says what was done to IN to make OUT; the same is done here by nibabel's and numpy's own means. Compared are voxels,
affine, voxel type, units, codes and fields of the header. SimpleITK has to see in OUT what nibabel sees.
The last line is `N passed, N failed, N skipped`.
"""
import json
import sys

passed = failed = 0
skipped = []
try:
    import numpy as np
    import nibabel as nib
except ImportError as e:
    print(f"SKIP: nibabel and SimpleITK, no module {e.name}")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)
try:
    import SimpleITK as sitk
except ImportError:
    sitk = None
    skipped.append("SimpleITK, it is not installed")

KEPT = ("intent_p1", "intent_p2", "intent_p3", "intent_code", "intent_name", "descrip", "aux_file", "toffset", "dim_info",
        "slice_start", "slice_end", "slice_code", "slice_duration", "xyzt_units")
# not changed by a change of values
GRID = ("dim", "pixdim", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y",
        "qoffset_z", "srow_x", "srow_y", "srow_z")


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL:", what)


def equal(a, b):
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


def values(image):
    return np.asanyarray(image.dataobj).astype(np.float64)


def expected(what, source):
    """Values and affine of what was to be made, by other means than ours."""
    x, m = values(source), source.affine
    word = what.split(":")
    n = [float(w) for w in word[1:] if word[0] != "reorient"]
    if word[0] == "clip":
        x = np.clip(x, n[0], n[1])
    elif word[0] == "rescale":
        x = n[0] * x + n[1]
    elif word[0] == "crop":
        i = [int(v) for v in n]
        part = source.slicer[i[0]:i[1], i[2]:i[3], i[4]:i[5]]
        x, m = values(part), part.affine
    elif word[0] == "pad":
        x = np.pad(x, [(int(v), int(v)) for v in n[:3]], constant_values=n[3])
        m = m.copy()
        m[:3, 3] -= m[:3, :3] @ n[:3]
    elif word[0] == "reorient":
        turn = nib.orientations.ornt_transform(nib.io_orientation(m), nib.orientations.axcodes2ornt(word[1]))
        turned = source.as_reoriented(turn)
        x, m = values(turned), turned.affine
    return x, m


def by_nibabel(what, source, name):
    a, b = nib.load(source), nib.load(name)
    x, m = expected(what, a)
    y = values(b)
    check(equal(x, y) if what[0] != "r" or what.startswith("reorient") else
          x.shape == y.shape and np.allclose(x, y, rtol=1e-6, atol=1e-5), f"{what} {name}: voxels")
    tight = 0 if what == "same" else 2e-5
    check(np.allclose(m, b.affine, rtol=0, atol=tight), f"{what} {name}: affine\n{m}\n{b.affine}")
    check(b.header.get_xyzt_units()[0] == "mm", f"{what} {name}: units {b.header.get_xyzt_units()}")
    if not what.startswith("rescale") and not (what.startswith("clip") and a.dataobj.slope != 1):
        check(a.get_data_dtype().newbyteorder("=") == b.get_data_dtype().newbyteorder("="), f"{what} {name}: type")
    old = {k: a.header[k] for k in a.header.keys()}
    new = {k: b.header[k] for k in b.header.keys()}
    fields = list(KEPT)
    if what == "same":
        fields = [k for k in old if k not in ("vox_offset", "magic", "sizeof_hdr")]
        check(a.header.endianness == b.header.endianness, f"{what} {name}: byte order")
        check(type(a.header) is type(b.header), f"{what} {name}: version")
        check(a.dataobj.slope == b.dataobj.slope and a.dataobj.inter == b.dataobj.inter, f"{what} {name}: scaling")
    elif what[0] == "c" and not what.startswith("crop") or what.startswith("rescale"):
        fields += GRID
    for k in fields:
        o, w = np.asarray(old[k]), np.asarray(new[k])
        if o.dtype.kind == "f":
            o = o.astype(w.dtype)
        check(equal(o, w) or o.tobytes() == w.tobytes(), f"{what} {name}: {k} was {o}, is {w}")
    if not what == "same" and fields == list(KEPT):
        q, s = b.get_qform(coded=True), b.get_sform(coded=True)
        check(s[1] == 1 and q[1] == 1, f"{what} {name}: codes {q[1]} {s[1]}")
        check(np.allclose(q[0], s[0], rtol=0, atol=1e-3), f"{what} {name}: qform and sform")
    words = [e for e in a.header.extensions]
    kept = [e for e in b.header.extensions]
    bare = "plain" in name
    ours = kept and kept[-1].get_code() == 6 and b'{"mi":{' in content(kept[-1])
    if words and not bare:
        check(content(kept[0]) == content(words[0]), f"{what} {name}: words of another program")
    check(bool(ours) != (bare or name == "first.nii"), f"{what} {name}: our extension")


def content(extension):
    c = extension.get_content()
    return (c.encode() if isinstance(c, str) else c if isinstance(c, bytes) else bytes(extension._raw)).rstrip(b"\0")


def world(image):
    """Affine of SimpleITK's image in RAS."""
    m = np.eye(4)
    m[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    m[:3, 3] = image.GetOrigin()
    return np.diag([-1.0, -1, 1, 1]) @ m


def by_sitk(what, name):
    b = nib.load(name)
    if isinstance(b.header, nib.Nifti2Header):
        return  # it does not know NIfTI-2
    image = sitk.ReadImage(name)
    y = sitk.GetArrayFromImage(image).T
    check(np.allclose(values(b), y.astype(np.float64), rtol=1e-6, atol=1e-6), f"{what} {name} by SimpleITK: voxels")
    check(np.allclose(world(image), b.affine, rtol=0, atol=1e-3), f"{what} {name} by SimpleITK: place\n{world(image)}\n{b.affine}")
    if b.dataobj.slope == 1 and b.dataobj.inter == 0:
        check(y.dtype == b.get_data_dtype().newbyteorder("="), f"{what} {name} by SimpleITK: type {y.dtype}")


def by_series(folder, name):
    """SimpleITK's own import of a DICOM folder; its order of slices may be the other way round."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
    a, b = reader.Execute(), sitk.ReadImage(name)
    same = sitk.DICOMOrient(a, "LPS"), sitk.DICOMOrient(b, "LPS")
    x, y = (sitk.GetArrayFromImage(i).astype(np.float64) for i in same)
    check(equal(x, y), f"dicom {name} by SimpleITK: voxels")
    check(np.allclose(world(same[0]), world(same[1]), rtol=0, atol=1e-3), f"dicom {name} by SimpleITK: place")
    header = nib.load(name).header
    check(b"" == header["descrip"].item() and b"" == header["db_name"].item() if "db_name" in header else True,
          f"dicom {name}: the header holds words")


def labels(source, name):
    a, b = nib.load(source), nib.load(name)
    check(b.get_data_dtype().kind in "iu", f"labels {name}: type {b.get_data_dtype()}")
    x, y = (np.unique(np.asanyarray(i.dataobj), return_counts=True) for i in (a, b))
    check(equal(x[0], y[0]) and equal(x[1], y[1]), f"labels {name}: labels")
    if sitk:
        stats = sitk.LabelShapeStatisticsImageFilter()
        stats.Execute(sitk.ReadImage(name))
        mine = [(v, c) for v, c in zip(*x) if v != 0]
        check([(v, stats.GetNumberOfPixels(int(v))) for v in stats.GetLabels()] == mine, f"labels {name} by SimpleITK")


def history(name):
    """Our words in the first item of a bundle."""
    mi = json.loads(content(nib.load(name).header.extensions[-1]))["mi"]
    check(mi["role"] == "image" and mi["bundle"] == {"index": 1, "of": 3}, f"{name}: {mi}")
    check([h["tool"] for h in mi["history"]] == ["mi-preproc"], f"{name}: history")


def as_theirs(source, name):
    """Another program's import of the same series, whatever its order of rows and slices."""
    a, b = (nib.as_closest_canonical(nib.load(f)) for f in (source, name))
    check(equal(values(a), values(b)), f"{name}: voxels differ from {source}")
    check(np.allclose(a.affine, b.affine, rtol=0, atol=1e-3), f"{name}: place differs from {source}\n{a.affine}\n{b.affine}")
    check(a.get_data_dtype() == b.get_data_dtype(), f"{name}: type differs from {source}")


for line in open(sys.argv[1], encoding="utf-8"):
    what, source, name = line.split()
    try:
        if what == "dicom":
            if sitk:
                by_series(source, name)
            continue
        if what == "labels":
            labels(source, name)
        elif what == "history":
            history(name)
        elif what == "as-theirs":
            as_theirs(source, name)
        else:
            by_nibabel(what, source, name)
            if sitk:
                by_sitk(what, name)
    except Exception as e:  # pylint: disable=broad-except
        check(False, f"{what} {name}: {type(e).__name__}: {e}")
for s in skipped:
    print("SKIP:", s)
print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
