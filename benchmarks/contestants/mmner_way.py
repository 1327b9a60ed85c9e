"""mmner as its configs, Runner and model run it."""
from pathlib import Path

import torch
from mmengine.hooks import Hook
from safetensors.torch import load_file

from contestants.process import Turns
from contestants.task import Task
from mmner.cli.config import load_config
from mmner.cli.running import build_runner

CONFIG = Path(__file__).resolve().parents[2] / 'configs/bert_softmax/bert_softmax_cluener_adamw_5e.py'


def runner_of(task: Task, *, precision: str, batch_size: int):
    """The Runner of CONFIG over the task's texts and weights."""
    size = task.size
    config = load_config(str(CONFIG), {
        'model.precision': precision,
        'model.encoder.hidden_size': size['hidden_size'],
        'model.encoder.num_layers': size['num_hidden_layers'],
        'model.encoder.num_heads': size['num_attention_heads'],
        'model.encoder.intermediate_size': size['intermediate_size'],
        'model.encoder.init_cfg.checkpoint': str(task.folder),
        'model.decoder.hidden_size': size['hidden_size'],
        'train_cfg.max_epochs': task.most_turns + 1,     # the last, which never runs, is where the process ends
        'default_hooks.checkpoint': None,
        'log_level': 'ERROR'})
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.batch_size = batch_size
        loader.dataset.update(data_root=str(task.corpus.parent), ann_file=task.corpus.name, indices=len(task.texts))
        loader.dataset.pipeline[0].tokenizer.vocab_file = str(task.vocab)
    config.update(val_dataloader=None, val_evaluator=None, val_cfg=None)
    config.work_dir = str(task.folder / 'work_dir')
    config.load_from = str(task.folder / 'mmner.pth')
    return build_runner(config)


def convert(task: Task) -> list[torch.Tensor]:
    """Write the weights in mmner's format and return their float32 logits, (U, K) for each text."""
    runner = runner_of(task, precision='float32', batch_size=1)
    model = runner.model.eval()
    model.init_weights()
    weights = load_file(task.folder / 'model.safetensors')
    model.decoder.classifier.load_state_dict({key: weights[f'classifier.{key}'] for key in ('weight', 'bias')})
    torch.save(dict(state_dict=model.state_dict()), runner.cfg.load_from)
    logits = {}
    with torch.inference_mode():
        for data in runner.build_dataloader(runner.cfg.test_dataloader):
            batch = model.data_preprocessor(data)['batch']
            logits[batch.samples[0].index] = model.decoder(model.extract(batch)).float().cpu()
    return [logits[index] for index in range(len(task.texts))]


class EpochsAreTurns(Hook):
    """One epoch at every turn."""
    priority = 'VERY_HIGH'

    def __init__(self, turns: Turns):
        self.turns = turns

    def before_train_epoch(self, runner) -> None:
        self.turns.begin()

    def after_train_epoch(self, runner) -> None:
        self.turns.finish()


def train(task: Task, turns: Turns, *, precision: str, batch_size: int) -> None:
    runner = runner_of(task, precision=precision, batch_size=batch_size)
    runner.register_hook(EpochsAreTurns(turns))
    runner.train()


def predict(task: Task, turns: Turns, *, precision: str, batch_size: int) -> None:
    """From tokens to entities."""
    runner = runner_of(task, precision=precision, batch_size=batch_size)
    runner.load_checkpoint(runner.cfg.load_from)
    model = runner.model.eval()
    loader = runner.build_dataloader(runner.cfg.test_dataloader)

    @torch.inference_mode()
    def work() -> None:
        for batch in loader:
            model.test_step(batch)

    turns.repeat(work)
