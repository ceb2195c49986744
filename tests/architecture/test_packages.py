"""pyproject.toml names every package of the tree, and no other; each top-level package is typed."""

import tomllib

from tests.architecture.tree import PACKAGES, ROOT, package_folders, python_files


def listed_packages() -> list[str]:
    """The packages that the wheel will have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["setuptools"]["packages"])


def packages_in_the_tree() -> set[str]:
    """The packages that are there."""
    return {".".join(folder.relative_to(ROOT).parts) for folder in package_folders()}


def test_package_list_is_the_tree() -> None:
    """A package that is not listed would be missing from the wheel."""
    listed = set(listed_packages())
    missing, gone = packages_in_the_tree() - listed, listed - packages_in_the_tree()
    assert not missing, f"add to [tool.setuptools] packages in pyproject.toml: {sorted(missing)}"
    assert not gone, f"take out of [tool.setuptools] packages in pyproject.toml: {sorted(gone)}"


def test_package_list_is_sorted() -> None:
    """So that two people adding a package do not add it twice."""
    assert listed_packages() == sorted(set(listed_packages()))


def test_every_module_is_in_a_package() -> None:
    """A folder of modules without `__init__.py` would not be installed."""
    bare = {
        str(file.parent.relative_to(ROOT))
        for package in PACKAGES
        for file in python_files(package)
        if not (file.parent / "__init__.py").exists()
    }
    assert not bare, f"add an __init__.py that says what the package is for: {sorted(bare)}"


def test_top_level_packages_are_typed() -> None:
    """PEP 561."""
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()] == []
