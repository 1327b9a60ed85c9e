"""The folder that runs without torch."""
import json
import shutil
from pathlib import Path

from torch import nn

from mmner.datasets.transforms import Tokenize
from mmner.export.description import describe, tokenizer_file
from mmner.export.graph import write_onnx

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
