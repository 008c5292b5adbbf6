"""Writes corpus/compact, a data set of three nodes in the form of the embedded ones, and its payload alone.

Run in any folder: python3 crates/graph-io/tests/scripts/compact_corpus.py
"""

import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus"

payload = b"".join(
    [
        b"\x05three\x03",  # the name and the number of nodes
        bytes([2, 0, 0, 2, 0]),  # the edge report
        b"\x01\x01a\x01b\x02cc",  # the ids
        bytes([2, 1, 0, 0, 0]),  # node 0 to 1 and 2, as the first and the difference less one
        bytes([4, 1, 3, 0, 2, 0, 0]),  # four columns: {3}, {}, {0, 1}
        b"\x02\x01X\x01Y" + bytes([1, 0, 2]),  # two classes; node 1 has none
        bytes([1, 1, 0, 0, 1, 2]),  # one node to train on, none to validate on, one to test on
    ]
)
deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
packed = deflated.compress(payload) + deflated.flush()
header = b"G2R-DATA\x01" + struct.pack("<II", len(payload), zlib.crc32(payload))
for name, content in [("compact/three.bin", header + packed), ("compact-payload/three.bin", payload)]:
    (CORPUS / name).parent.mkdir(parents=True, exist_ok=True)
    (CORPUS / name).write_bytes(content)
