"""Writes corpus/planetoid: the eight files of two tiny data sets, opcode by opcode as Python 2 pickled them.

Python 3 pickles arrays in another way, so its pickle module is of no use here. Run in any folder:
python3 crates/graph-io/tests/scripts/planetoid_corpus.py
"""

import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus" / "planetoid"


def number(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    return b"J" + struct.pack("<i", value)


def string(text):
    return b"U" + bytes([len(text)]) + text


def array(code, shape, values):
    packed = struct.pack("<%d%s" % (len(values), {b"i4": "i", b"f4": "f"}[code]), *values)
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    shape = b"(" + b"".join(map(number, shape)) + b"t"
    dtype = b"cnumpy\ndtype\n" + string(code) + b"K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    return empty + b"(K\x01" + shape + dtype + b"\x89T" + struct.pack("<I", len(packed)) + packed + b"tb"


def table(rows):
    return array(b"i4", (len(rows), len(rows[0])), [value for row in rows for value in row])


def matrix(shape, pointers, columns, values):
    return (
        b"cscipy.sparse.csr\ncsr_matrix\nq\x01)\x81q\x02}q\x03("
        + string(b"_shape") + number(shape[0]) + number(shape[1]) + b"\x86"
        + string(b"indptr") + array(b"i4", (len(pointers),), pointers)
        + string(b"indices") + array(b"i4", (len(columns),), columns)
        + string(b"data") + array(b"f4", (len(values),), values)
        + b"ub"
    )


def neighbors(lists):
    out = b"ccollections\ndefaultdict\nq\x01c__builtin__\nlist\nq\x02\x85q\x03Rq\x04("
    for node, (key, others) in enumerate(lists):
        out += number(key) + b"]q" + bytes([5 + node])
        if len(others) == 1:
            out += number(others[0]) + b"a"
        elif others:
            out += b"(" + b"".join(map(number, others)) + b"e"
    return out + b"u"


def write(name, parts, test_index):
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in parts.items():
        (folder / ("ind.%s.%s" % (name, suffix))).write_bytes(b"\x80\x02" + content + b".")
    (folder / ("ind.%s.test.index" % name)).write_text(test_index)


# Six nodes, of which node 4 is in no list.
write(
    "six",
    {
        "x": matrix((2, 2), [0, 1, 2], [0, 1], [1.0, 2.0]),
        "y": table([[1, 0], [0, 1]]),
        "allx": matrix((3, 2), [0, 1, 2, 3], [0, 1, 0], [1.0, 2.0, 3.0]),
        "ally": table([[1, 0], [0, 1], [0, 1]]),
        "tx": matrix((2, 2), [0, 1, 2], [0, 0], [5.0, 4.0]),
        "ty": table([[1, 0], [0, 1]]),
        "graph": neighbors([(0, [1, 1]), (1, [0, 0]), (2, [2]), (3, [5]), (4, [0]), (5, [])]),
    },
    "5\n3\n",
)
# Two nodes, one of them to test on, with nothing else than there must be.
write(
    "two",
    {
        "x": matrix((1, 1), [0, 1], [0], [1.0]),
        "y": table([[1]]),
        "allx": matrix((1, 1), [0, 1], [0], [1.0]),
        "ally": table([[1]]),
        "tx": matrix((1, 1), [0, 0], [], []),
        "ty": table([[1]]),
        "graph": neighbors([(0, [1]), (1, [0])]),
    },
    "1\n",
)
