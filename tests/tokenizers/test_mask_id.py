"""What hides a token in pre-training."""
from sentencepiece import SentencePieceProcessor

from mmner.tokenizers import BertVocabTokenizer, SentencePieceTokenizer

PIECES = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '北', '[MASK]']


def test_mask_of_a_bert_vocabulary(tmp_path):
    file = tmp_path / 'vocab.txt'
    file.write_text('\n'.join(PIECES), encoding='utf8')
    assert BertVocabTokenizer(vocab_file=str(file)).mask_id == 5
    file.write_text('\n'.join(PIECES[:5]), encoding='utf8')
    assert BertVocabTokenizer(vocab_file=str(file)).mask_id == 1


def test_mask_of_sentencepiece_models(models):
    """ALBERT's file has [MASK]; fairseq's ids end with <mask>; that of the trimmed e5 has none, so <unk> stands in."""
    assert SentencePieceTokenizer(model_file=models['albert']).mask_id == SentencePieceProcessor(
        model_file=models['albert'])['[MASK]'] == 4
    fairseq = SentencePieceTokenizer(model_file=models['fairseq'], id_layout='fairseq')
    assert fairseq.mask_id == fairseq.vocab_size - 1 == SentencePieceProcessor(
        model_file=models['fairseq']).get_piece_size() + 1
    assert SentencePieceTokenizer(model_file=models['e5']).mask_id == 3
