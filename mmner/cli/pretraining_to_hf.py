import json
import shutil
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.utils import InputError
from mmner.utils.files import finished_folder

EXAMPLE = ('example: %(prog)s configs/pretraining/bert-tiny_mlm_sample_3e.py '
           'work_dirs/bert-tiny_mlm_sample_3e/epoch_3.pth --out checkpoints/bert-tiny_mlm_sample')


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/model_converters/pretraining_to_hf.py') -> int:
    """Turn a checkpoint of pre-training into a folder from which fine-tuning configs load their encoder."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    if args.out.exists():
        raise InputError(f'{args.out}: exists; give another --out')
    from mmner.cli.config import load_config  # mmengine loads after --help and usage errors
    from mmner.utils.config import building, require_model
    config = load_config(args.config)
    require_model(config, args.config)
    with building(config, args.config):
        model, tokenizer = build(config, args.config)
    from mmner.models.checkpoint import load_model
    from mmner.models.weights import read_checkpoint
    load_model(model, read_checkpoint(args.checkpoint), args.checkpoint)
    with finished_folder(args.out) as folder:
        write(model, tokenizer, vocabulary_file(config), folder)
    print(f'wrote {args.out}: {", ".join(sorted(file.name for file in args.out.iterdir()))}')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('config', help='config of the pre-training')
    parser.add_argument('checkpoint', help='checkpoint that it wrote')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR',
                        help='folder to write: config.json, model.safetensors and the vocabulary')


def build(config, name: str):
    """The model of a pre-training config, its weights not yet loaded, and its tokenizer."""
    from mmner.cli.config_data import build_tokenizer
    from mmner.models import PretrainingModel
    from mmner.registry import MODELS
    model, tokenizer = MODELS.build(config.model), build_tokenizer(config, name)
    if not isinstance(model, PretrainingModel):
        raise InputError(f'{name}: its model is a {type(model).__name__}; give the config of a pre-training')
    if tokenizer is None:
        raise InputError(f'{name}: no pipeline of it has a tokenizer; give the config of a pre-training')
    return model, tokenizer


def vocabulary_file(config) -> Path:
    from mmner.utils.config import tokenizer_config
    tokenizer = tokenizer_config(config)
    return Path(tokenizer.get('vocab_file') or tokenizer['model_file'])


def write(model, tokenizer, vocabulary: Path, folder: Path) -> None:
    """Write the files of the folder."""
    from safetensors.torch import save_file

    from mmner.models.converters.hugging_face import hugging_face_config, hugging_face_weights
    config = hugging_face_config(model.encoder, pad_id=tokenizer.pad_id, bos_id=tokenizer.bos_id,
                                 eos_id=tokenizer.eos_id)
    weights_file, config_file = folder / 'model.safetensors', folder / 'config.json'
    config_file.write_text(json.dumps(config, indent=2) + '\n', encoding='utf8')
    save_file(hugging_face_weights(model.encoder, model.heads), weights_file, metadata=dict(format='pt'))
    weights_file.chmod(config_file.stat().st_mode)      # safetensors makes files that only their owner can read
    shutil.copyfile(vocabulary, folder / vocabulary.name)
