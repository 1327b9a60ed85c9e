import pytest

from mmner.export.description import pieces
from mmner.models.converters.unigram_model import SpecialIds, build_unigram_model
from mmner.tokenizers import SentencePieceTokenizer
from tests.export.nasty import NASTY


@pytest.mark.parametrize('id_layout, special', [
    ('model', ['<s>', '<pad>', '</s>', '<unk>']), ('fairseq', ['<unk>', '<s>', '</s>', '<pad>'])])
def test_pieces_as_the_tokenizer_cuts_them(id_layout, special, predict, tmp_path):
    names = [*special, '▁', '王', '伟', '王伟', '▁北京', 'ab', 'a', 'b', 'fi', 'f', 'i', '<mask>']
    file = tmp_path / 'tokenizer.model'
    file.write_bytes(build_unigram_model(names, [-float(index) for index in range(len(names))], special_ids=SpecialIds(
        **{name: special.index(piece) for name, piece in
           dict(bos='<s>', pad='<pad>', eos='</s>', unk='<unk>').items()})))
    tokenizer = SentencePieceTokenizer(model_file=str(file), id_layout=id_layout)
    own = predict.TOKENIZERS['pieces'](file, pieces(tokenizer) | dict(unk_id=tokenizer.unk_id))
    for text in ['王伟北京 ab', ' 王伟  ', 'ﬁab', '<mask>王</s>', '', '①龘龘王', 'a\u0301b', *NASTY]:
        text = text.replace('\ud800', '\ufffd').replace('\udfff', '\ufffd')
        ids, tokens = own.encode(text)
        expected = tokenizer.encode(text)
        assert list(ids) == expected.input_ids.tolist() and tokens.tolist() == expected.unit_to_token.tolist(), text
        assert [own.unit_id(character) for character in text] == tokenizer.unit_ids(text).tolist(), text
