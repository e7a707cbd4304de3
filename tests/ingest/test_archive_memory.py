"""Archives made to be large in memory, one after another into a process of its own."""

import subprocess
import sys

PROGRAM = """
import asyncio, bz2, gzip, resource, tarfile, zlib
from rushes_ingest.archive.importing import ArchiveImporter
from rushes_ingest.settings import IngestSettings
from rushes_runtime.blobs import Blobs
from rushes_runtime.errors import InvalidError

ID = "e5a803b3-b6ce-5036-bf56-781f75cbfd99"
MB = 1_000_000
SOURCE = f"videos/{ID}/source"
MANY = [b'"%d":[]' % n for n in range(20_000)]

def header(name, size, type=b"0"):
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, type
    return entry.tobuf(tarfile.GNU_FORMAT)

async def streams(compress, head, data, times):
    yield compress(head)
    once = compress(data)
    for _ in range(times):
        yield once

async def plain(data):
    for at in range(0, len(data), 65_536):
        yield data[at : at + 65_536]

def json(name, data):
    return plain(header(f"videos/{ID}/{name}", len(data)) + data + bytes(-len(data) % 512))

ASR = b'{"status":"ok","words":['
INPUTS = {
    "a pax header of 2.5 GB": lambda: streams(gzip.compress, header("x", 2500 * MB, b"x"), bytes(5 * MB), 500),
    "a long name of 2.5 GB": lambda: streams(gzip.compress, header("x", 2500 * MB, b"L"), b"n" * 5 * MB, 500),
    "2.5 GB of zeros": lambda: streams(gzip.compress, header(SOURCE, 2500 * MB), bytes(5 * MB), 500),
    "as bzip2": lambda: streams(bz2.compress, header(SOURCE, 2500 * MB), bytes(5 * MB), 500),
    "xz that wants 1.5 GB": lambda: plain(xz()),
    "words that are numbers": lambda: json("0/asr-b1.json", ASR + b"0," * (MB - 50) + b"0]}"),
    "words that are objects": lambda: json("0/asr-b1.json", ASR + b"{}," * (MB * 2 // 3 - 50) + b"{}]}"),
    "unknown fields": lambda: json("0/asr-b1.json", b'{"status":"ok","x":[' + b"[]," * (MB * 2 // 3 - 50) + b"0]}"),
    "vectors": lambda: json("0/embed-d1.json", b'{"dimensions":1,"scenes":[' + b'"ab",' * (MB * 8 // 5) + b'""]}'),
    "metadata": lambda: json("declared.json", b'{"metadata":{' + b",".join(MANY) + b"}}"),
}

def xz():
    # The header of a stream of one block of LZMA2 with a dictionary of 1.5 GiB, and some of its data.
    head = bytes.fromhex("fd377a585a000001") + zlib.crc32(bytes.fromhex("0001")).to_bytes(4, "little")
    block = bytes.fromhex("0200210125000000")
    return head + block + zlib.crc32(block).to_bytes(4, "little") + bytes.fromhex("e0") + bytes(1000)

async def playable(key, name):
    pass

async def main():
    importer = ArchiveImporter(Blobs("memory:///"), playable, IngestSettings())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, made in INPUTS.items():
        try:
            await importer.import_archive(made(), at=1)
        except InvalidError as error:
            print(name, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1000, error, sep="|")

asyncio.run(main())
"""
MOST_MB = 256
INPUTS = 10


def test_no_archive_takes_the_doors_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=55, check=True)
    refused = [line.split("|") for line in done.stdout.splitlines()]
    assert len(refused) == INPUTS, done.stdout
    assert not [each for each in refused if int(each[1]) >= MOST_MB or not each[2]]
