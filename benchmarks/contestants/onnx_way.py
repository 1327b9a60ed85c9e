"""transformers' model, exported to ONNX and run by onnxruntime."""
from multiprocessing import get_context
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from contestants.process import Turns
from contestants.task import Task
from contestants.transformers_way import collate, load


def export_float32(task: Task, file: Path) -> None:
    inputs = collate([(task.input_ids[0], task.labels[0])] * 2, device='cpu')
    free = {0: torch.export.Dim('sentences'), 1: torch.export.Dim('length', max=512)}
    torch.onnx.export(
        load(task).eval(), (inputs['input_ids'], inputs['attention_mask']), str(file), dynamo=True, verbose=False,
        input_names=['input_ids', 'attention_mask'], output_names=['logits'],
        dynamic_shapes=dict(input_ids=free, attention_mask=free))


def export_int8(task: Task, file: Path) -> None:
    """onnxruntime's dynamic quantization: int8 weights, activations quantized at every product."""
    from onnxruntime.quantization import quantize_dynamic
    quantize_dynamic(exported(task, 'float32'), file)


EXPORTS = dict(float32=export_float32, int8=export_int8)


def exported(task: Task, precision: str) -> Path:
    """The model's file, made by a process of its own at first, so that the memory measured is that of the run alone."""
    file = task.folder / f'{precision}.onnx'
    if not file.is_file():
        process = get_context('spawn').Process(target=EXPORTS[precision], args=(task, file))
        process.start()
        process.join()
        if process.exitcode:
            raise ImportError(f'the export to ONNX in {precision} failed; its error stands above')
    return file


def predict(task: Task, turns: Turns, *, precision: str, batch_size: int) -> None:
    """From tokens to the best tag of each; batches padded to their longest."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    session = onnxruntime.InferenceSession(exported(task, precision), options, providers=['CPUExecutionProvider'])
    loader = DataLoader(list(zip(task.input_ids, task.labels, strict=True)), batch_size,
                        collate_fn=lambda rows: collate(rows, device='cpu'))

    def work() -> None:
        for batch in loader:
            inputs = {name: batch[name].numpy() for name in ('input_ids', 'attention_mask')}
            session.run(['logits'], inputs)[0].argmax(axis=-1).tolist()

    turns.repeat(work)
