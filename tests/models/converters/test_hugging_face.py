import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from mmner.models.converters.hugging_face import hugging_face_config, hugging_face_weights
from mmner.models.encoders import BertEncoder, PretrainedBertEncoder
from mmner.models.heads import MaskedLanguageHead, NextSentenceHead
from mmner.structures import PackedBatch
from mmner.utils import InputError

FAMILIES = ('bert', 'xlmr', 'electra', 'albert')
IDS = dict(pad_id=1, bos_id=0, eos_id=2)


@pytest.mark.parametrize('family', FAMILIES)
def test_weights_and_config_come_out_as_transformers_wrote_them(shared, family):
    folder = shared / 'golden/transformers' / family
    encoder = PretrainedBertEncoder(checkpoint=str(folder))
    encoder.init_weights()
    written = hugging_face_weights(encoder)
    theirs = {key: value for key, value in load_file(folder / 'model.safetensors').items() if 'pooler' not in key}
    prefix = dict(bert='bert.', xlmr='roberta.', electra='electra.', albert='albert.')[family]
    assert written.keys() == {prefix + key.removeprefix(prefix) for key in theirs}
    assert all(torch.equal(written[prefix + key.removeprefix(prefix)], value) for key, value in theirs.items())
    config, asked = hugging_face_config(encoder, **IDS), json.loads((folder / 'config.json').read_text())
    assert {key for key in config.keys() & asked.keys() if config[key] != asked[key]} <= {
        'pad_token_id', 'bos_token_id', 'eos_token_id'}


@pytest.mark.parametrize('changes', [{}, dict(first_position=2), dict(embedding_size=6), dict(
    shared_layers=True, embedding_size=6)], ids=str)
def test_transformers_reads_encoder_and_head(tmp_path, changes):
    """Its logits for the words of the text are those of this head."""
    transformers = pytest.importorskip('transformers')
    torch.manual_seed(0)
    encoder = BertEncoder(vocab_size=50, hidden_size=16, num_layers=2, num_heads=2, intermediate_size=24, max_length=20,
                          **changes)
    head = MaskedLanguageHead(encoder=encoder)
    for parameter in (*encoder.parameters(), *head.parameters()):
        torch.nn.init.normal_(parameter, std=0.3)
    save_file(hugging_face_weights(encoder, [head]), tmp_path / 'model.safetensors', metadata=dict(format='pt'))
    (tmp_path / 'config.json').write_text(json.dumps(hugging_face_config(encoder, **IDS)))
    model, info = transformers.AutoModelForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not info['missing_keys'] and not info['unexpected_keys'] and not info['mismatched_keys']
    again = PretrainedBertEncoder(checkpoint=str(tmp_path)).eval()
    again.init_weights()
    ids = torch.randint(5, 50, (1, 9))
    with torch.no_grad():
        expected = model.eval()(ids).logits[0]
        hidden = again(as_batch(ids[0]))
        torch.testing.assert_close(head(hidden), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(first_position=5), 'first_position=5 would be 2'),
    (dict(first_position=2, shared_layers=True, embedding_size=6), 'first_position=2 would be 0'),
    (dict(first_position=2, embedding_size=6), 'xlm-roberta with embedding_size'),
    (dict(shared_layers=True), 'albert without embedding_size')], ids=str)
def test_what_no_config_can_hold_is_refused(changes, message):
    encoder = BertEncoder(vocab_size=9, hidden_size=8, num_layers=1, num_heads=2, intermediate_size=8, **changes)
    with pytest.raises(InputError, match=f'no Hugging Face config holds this encoder with pad id 1: {message}'):
        hugging_face_config(encoder, **IDS)


def as_batch(ids: torch.Tensor) -> PackedBatch:
    nothing = torch.zeros(0, dtype=torch.long)
    return PackedBatch(
        input_ids=ids, position_ids=torch.arange(len(ids)), cu_seqlens=torch.tensor([0, len(ids)], dtype=torch.int32),
        max_seqlen=len(ids), max_id=0, unit_to_token=nothing, unit_ids=nothing, unit_places=nothing, cu_units=nothing,
        samples=[])


def test_both_heads_of_bert(shared):
    folder = shared / 'golden/transformers/bert_pretraining'
    theirs = load_file(folder / 'model.safetensors')
    encoder = PretrainedBertEncoder(checkpoint=str(folder))
    encoder.init_weights()
    heads = [MaskedLanguageHead(encoder=encoder), NextSentenceHead(encoder=encoder)]
    assert all(head.load_from(theirs, str(folder)) for head in heads)
    written = hugging_face_weights(encoder, heads)
    assert written.keys() == theirs.keys() and all(torch.equal(written[key], theirs[key]) for key in theirs)
