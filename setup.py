"""Compiles the kernels of `geofences` and of the planner. All else that a build needs to know is in pyproject.toml.

Where there is no C compiler the build goes on without: the same files then run as plain Python, slower.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

PLANNER = "chance columns nearest breaks routes trips undo resting fairness places tails anneal"
JOINT = "ways state boxes pads changes offer shown standing arrivals blend"
# What views of arrays need is compiled once, for all kernels: else each holds it, and takes four times as long.
SHARED = "geofences.kernels._shared"
KERNELS = (
    "geofences.kernels.piece",
    "geofences.kernels.kernel",
    "geofences.paths.taut",
    *(f"fleet.planner.kernels.{name}" for name in PLANNER.split()),
    *(f"fleet.planner.joint.{name}" for name in JOINT.split()),
)
# Products and sums may not be fused: the compiled form answers to the last bit as the plain one does. No debugger is
# meant to walk generated C. Who says a level of his own in CFLAGS has it.
# Nobody reads `errno` after a root, or catches what a comparison raises: neither changes a result.
SAME = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
FLAGS = ["-g0", *SAME, *([] if "-O" in os.environ.get("CFLAGS", "") else ["-O3"])]

CORES = os.cpu_count() or 1

extensions = cythonize(  # type: ignore[no-untyped-call]
    [
        *(Extension(name, [name.replace(".", "/") + ".py"], extra_compile_args=FLAGS) for name in KERNELS),
        Extension(SHARED, [], extra_compile_args=FLAGS),
    ],
    build_dir="build/cython",
    nthreads=CORES,
    shared_utility_qualified_name=SHARED,
)
for extension in extensions:
    extension.optional = True  # `cythonize` makes extensions anew, and this is lost when it is said above

setup(ext_modules=extensions, options={"build_ext": {"parallel": CORES}})
