"""Small files in the places where the configs look for pretrained weights, corpora and jieba's dictionary."""
import io
import json
import re
from pathlib import Path

import sentencepiece as spm
import torch
from safetensors.torch import save_file

from tests.runs import ROOT

SAMPLE = ROOT / 'mmner/datasets/sample'
BASE_WORDS = len((SAMPLE / 'vocab.txt').read_text(encoding='utf8').rstrip('\n').split('\n'))
JIEBA = ['报警 3 v', '剧组 3 n', '大街 3 n', '交通 3 n', '交通大学 3 nt', '洛阳 3 ns', '起诉 3 v', '台风 3 n']

CLUENER = [json.loads(line) for line in (SAMPLE / 'train.json').read_text(encoding='utf8').split('\n')[:8]]
HALF = [dict(record, label=record['label'] | dict(unknown={text[-1]: [[len(text) - 1, len(text) - 1]]}))
        for record in CLUENER for text in [record['text']]]
CMEEE = dict(text='患儿有急性支气管炎。', entities=[
    dict(type='dis', start_idx=3, end_idx=8, entity='急性支气管炎'),
    dict(type='bod', start_idx=5, end_idx=7, entity='支气管')])
# A character or a word, and its tag. A stroke is the end of a line; an empty line is the end of a text.
RESUME = '王 B-NAME|伟 E-NAME|， O|汉 B-RACE|族 E-RACE||在 O|银 B-ORG|行 E-ORG||大 B-EDU|学 E-EDU||经 B-PRO|济 E-PRO'
WNUT17 = 'Ann B-person|is O|in O|New B-location|York I-location||so O|good O||watching O|Rick B-person||Abba B-group'


def json_lines(records: list[dict]) -> str:
    return '\n'.join(json.dumps(record, ensure_ascii=False) for record in records)


FILES = {
    **dict.fromkeys(('cluener/train.json', 'cluener/dev.json', 'cluener_half/missing.json'), json_lines(CLUENER)),
    'cluener_half/train.json': json_lines(HALF),
    'news/texts.txt': '\n'.join(record['text'] for record in CLUENER),
    **{f'cmeee_nested/{part}.json': json.dumps([CMEEE] * 4, ensure_ascii=False) for part in ('train', 'dev', 'test')},
    **{f'resume/{part}.char.bmes': RESUME.replace('|', '\n') for part in ('train', 'dev', 'test')},
    **{f'wnut17/{name}': WNUT17.replace('|', '\n').replace(' ', '\t')
       for name in ('wnut17train.conll', 'emerging.dev.conll', 'emerging.test.annotated')},
}


def write_stand_ins(folder: Path) -> None:
    """Fill a folder from which the configs are read; dict.txt is the dictionary."""
    for name, content in FILES.items():
        file = folder / 'data' / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'{content}\n', encoding='utf8')
    (folder / 'dict.txt').write_text('\n'.join([*JIEBA, '']), encoding='utf8')
    write_e5(folder / 'e5')
    write_bert(folder / 'bert')
    (folder / 'checkpoints').mkdir()
    for name in pretrained_folders():
        (folder / name).symlink_to(folder / ('e5' if 'e5-small' in name else 'bert'))


def pretrained_folders() -> set[str]:
    """Those that the configs name."""
    return {name for file in ROOT.glob('configs/*/*.py')
            for name in re.findall(r"^pretrained = '(.+)'$", file.read_text(encoding='utf8'), re.M)}


def write_e5(folder: Path) -> None:
    """An encoder as wide as multilingual-e5-small, and a unigram model of the files with ids in its order."""
    vocabulary = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter('\n'.join(FILES.values()).split('\n')), model_writer=vocabulary, vocab_size=400,
        hard_vocab_limit=False, character_coverage=1.0, bos_id=0, pad_id=1, eos_id=2, unk_id=3,
        control_symbols=['<mask>'], minloglevel=2)
    size = spm.SentencePieceProcessor(model_proto=vocabulary.getvalue()).get_piece_size()
    write_encoder(folder, vocab_size=size, hidden_size=384, intermediate_size=1536)
    (folder / 'sentencepiece.model').write_bytes(vocabulary.getvalue())


def write_bert(folder: Path) -> None:
    """An encoder as wide as BERT-base, RoBERTa-wwm-ext and MacBERT-base, with the vocabulary of the sample corpus."""
    write_encoder(folder, vocab_size=BASE_WORDS, hidden_size=768, intermediate_size=3072)
    (folder / 'vocab.txt').symlink_to(SAMPLE / 'vocab.txt')


def write_encoder(folder: Path, **sizes: int) -> None:
    """config.json, and random weights of one layer."""
    config = dict(
        model_type='bert', num_hidden_layers=1, num_attention_heads=12, hidden_act='gelu', layer_norm_eps=1e-12,
        max_position_embeddings=512, type_vocab_size=2, pad_token_id=0, **sizes)
    weights = {name: 0.02 * torch.randn(shape) for name, shape in bert_shapes(num_layers=1, **sizes).items()}
    folder.mkdir()
    (folder / 'config.json').write_text(json.dumps(config))
    save_file(weights, folder / 'model.safetensors')


def bert_shapes(*, num_layers: int, vocab_size: int, hidden_size: int, intermediate_size: int) -> dict[str, tuple]:
    """Google's names of BERT's weights, and their shapes."""
    size, inner = hidden_size, intermediate_size
    shapes = {f'embeddings.{name}_embeddings.weight': (rows, size)
              for name, rows in (('word', vocab_size), ('position', 512), ('token_type', 2))}
    norms = ['embeddings']
    for layer in (f'encoder.layer.{number}' for number in range(num_layers)):
        norms += f'{layer}.attention.output', f'{layer}.output'
        for name, outputs, inputs in (
                *((f'attention.self.{name}', size, size) for name in ('query', 'key', 'value')),
                ('attention.output.dense', size, size), ('intermediate.dense', inner, size),
                ('output.dense', size, inner)):
            shapes |= {f'{layer}.{name}.weight': (outputs, inputs), f'{layer}.{name}.bias': (outputs,)}
    for name in norms:
        shapes |= {f'{name}.LayerNorm.weight': (size,), f'{name}.LayerNorm.bias': (size,)}
    return {f'bert.{name}': shape for name, shape in shapes.items()}
