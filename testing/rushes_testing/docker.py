"""Containers, if Docker answers. They need the extra `docker`: `pip install 'rushes-testing[docker]'`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec

from rushes_testing.process import ProcessFailed, free_ports
from rushes_testing.waiting import until

START_S = 90.0


def answers() -> bool:
    """Whether a Docker engine answers and the library for it is installed."""
    if find_spec("testcontainers") is None:
        return False
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env()
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except DockerException:
        return False
    finally:
        client.close()


@contextmanager
def container(
    image: str,
    inner_port: int,
    is_ready: Callable[[str], bool],
    *,
    command: Callable[[str], Sequence[str]] = lambda _: (),
    environment: Callable[[str], Mapping[str, str]] = lambda _: {},
    more_ports: Mapping[int, int] | None = None,
    port: int | None = None,
    entrypoint: str | None = None,
) -> Iterator[str]:
    """Run an image while the context is open; yield the `host:port` that leads to its `inner_port`.

    Command and environment get that address, since a broker must advertise it. Raises ProcessFailed with the end of the
    container's log if it is not ready in time.
    """
    from testcontainers.core.container import DockerContainer

    port = port or free_ports(1)[0]
    address = f"127.0.0.1:{port}"
    running = DockerContainer(image).with_bind_ports(inner_port, port)
    for inner, outer in (more_ports or {}).items():
        running = running.with_bind_ports(inner, outer)
    for name, value in environment(address).items():
        running = running.with_env(name, value)
    if words := command(address):
        running = running.with_command(list(words))
    if entrypoint:
        running = running.with_kwargs(entrypoint=entrypoint)
    with running:
        if until(lambda: is_ready(address) or None, START_S) is None:
            output, errors = running.get_logs()
            raise ProcessFailed(f"{image} was not ready within {START_S:g} s:\n{(output + errors)[-3000:].decode()}")
        yield address
