"""The folder that runs without torch."""
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from mmner.datasets.transforms import Tokenize
from mmner.export.description import describe, tokenizer_file
from mmner.export.graph import write_onnx
from mmner.utils import InputError

MODEL, INT8_MODEL = 'model.onnx', 'model_int8.onnx'
RUNTIME = Path(__file__).parent / 'runtime'      # copied as it is; it can import three packages alone


def write_folder(folder: Path, model: nn.Module, tokenize: Tokenize) -> None:
    """Write `config.json`, `tokenizer.model`, `predict.py` with what it imports, and the model in float32.

    Raises:
        InputError: Some part of the model has no export.
    """
    description = describe(model, tokenize)
    (folder / 'config.json').write_text(json.dumps(description, ensure_ascii=False), encoding='utf8')
    (folder / 'tokenizer.model').write_bytes(tokenizer_file(tokenize.tokenizer))
    for file in RUNTIME.glob('*.py'):
        shutil.copy(file, folder)
    write_onnx(model, folder / MODEL)


def write_int8(folder: Path) -> None:
    """Write the model with weights of 8 bits beside that in float32; activations are quantized as they come."""
    import onnx
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata
    model = onnx.load(folder / MODEL)
    del model.graph.value_info[:]           # quantization transposes weights, whose shapes torch has noted here
    add_pre_process_metadata(model)         # or else it advises, at each export, what the line above has done
    quantize_dynamic(model, folder / INT8_MODEL, per_channel=True)


@contextmanager
def folder_aside(out_dir: Path) -> Iterator[Path]:
    """A new folder that appears under its name only when the block ends without an error.

    Raises:
        InputError: There is something already, or nothing can be written there.
    """
    if out_dir.exists():
        raise InputError(f'{out_dir}: exists; remove it or choose another folder')
    part = out_dir.with_name(f'{out_dir.name}.part')
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise InputError(f'{part}: {error.strerror}; remove it or choose another folder') from error
    try:
        yield part
        part.rename(out_dir)
    finally:
        shutil.rmtree(part, ignore_errors=True)
