#!/usr/bin/env python3
"""Passes tensors from the reference implementation of safetensors through Ravine and back.

usage: safetensors_interop.py PATH_TO_RAVINE_TESTS

Exit code 77 means skipped: this Python has no `safetensors` or no `numpy`.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    import safetensors
    from safetensors.numpy import load_file, save_file
except ImportError as error:
    print(f"skipped: {sys.executable} cannot compare files with Ravine's: {error}")
    sys.exit(77)

CASE = "what the reference implementation writes is passed on to it unchanged"
METADATA = {"note": "written by Python: \u03b2\n", "spec": '{"class_name": "Sequential"}'}


def tensors():
    """Every type both sides have, shapes of every rank, and sizes that leave others misaligned."""
    random = numpy.random.default_rng(1)
    made = {
        "matrix": numpy.arange(1, 7, dtype=numpy.float32).reshape(2, 3),
        "scalar": numpy.array(-7, dtype=numpy.int64),
        "empty": numpy.zeros((0, 5), dtype=numpy.float64),
        "name with \"quotes\", \u03b2 and /": numpy.ones(3, dtype=numpy.uint8),
        "special": numpy.array([numpy.nan, numpy.inf, -0.0, 1e-45], dtype=numpy.float32),
    }
    types = "bool_ uint8 int8 int16 uint16 float16 int32 uint32 float32 float64 int64 uint64".split()
    for rank, name in enumerate(types):
        dtype = numpy.dtype(getattr(numpy, name))
        shape = tuple(random.integers(1, 4, size=rank % 9))
        raw = random.bytes(int(numpy.prod(shape)) * dtype.itemsize)
        values = numpy.frombuffer(raw, dtype=numpy.uint8)
        values = values % 2 if name == "bool_" else values
        made[f"type/{name}"] = values.view(dtype).reshape(shape)
    return made


def main():
    program = sys.argv[1]
    expected = tensors()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        save_file(expected, folder / "python.safetensors", metadata=METADATA)
        subprocess.run([program, f"--test-case={CASE}"], check=True,
                       env=os.environ | {"RAVINE_INTEROP_DIR": name})
        found = load_file(folder / "ravine.safetensors")
        with safetensors.safe_open(folder / "ravine.safetensors", framework="numpy") as file:
            metadata = file.metadata()

    assert metadata == METADATA, f"metadata: {metadata}, expected {METADATA}"
    assert found.keys() == expected.keys(), f"names: {sorted(found)}, expected {sorted(expected)}"
    for key, value in expected.items():
        other = found[key]
        assert other.dtype == value.dtype, f"{key}: {other.dtype}, expected {value.dtype}"
        assert other.shape == value.shape, f"{key}: {other.shape}, expected {value.shape}"
        assert other.tobytes() == value.tobytes(), f"{key}: {other}, expected {value}"
    print(f"{len(expected)} tensors agree with safetensors {safetensors.__version__}")


main()
