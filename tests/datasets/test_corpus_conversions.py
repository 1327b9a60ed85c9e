import pytest

from mmner.datasets import ConllReader, JsonLinesReader
from mmner.datasets.corpus_conversions import split_genia, without_segmentation
from mmner.utils import InputError

# Two sentences in GENIA's layout: a term in another, a word cut by a term, a class that is no category, a coordination.
FIRST = ('<cons lex="IL-2_gene_expression" sem="G#other_name"><cons lex="IL-2_gene" sem="G#DNA_domain_or_region">'
         '<cons lex="IL-2" sem="G#protein_molecule"><w c="NN">IL-2</w></cons> <w c="NN">gene</w></cons> '
         '<w c="NN">expression</w></cons> <w c="CC">and</w> <cons lex="ER" sem="G#protein_family_or_group">'
         '<w c="*">ER</w></cons><w c="JJ">-mediated</w> <w c="NN">repression</w><w c=".">.</w>')
SECOND = ('<cons lex="(AND_a_b)" sem="(AND G#RNA_N/A G#RNA_N/A)"><cons lex="a*"><w c="NN">a</w></cons> '
          '<w c="CC">and</w> <cons lex="*b"><w c="NN">b</w></cons></cons> <w c="IN">in</w> '
          '<cons lex="T_cell" sem="G#cell_type"><cons lex="T_cell" sem="G#cell_type">'
          '<w c="NN">T</w>\n<w c="NN">cell</w></cons></cons>\n')


def genia(folder, sentences) -> list[str]:
    folder.joinpath('GENIAcorpus3.02.merged.xml').write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE set SYSTEM "gpml.merged.dtd">\n<set>\n'
        '<import resource="GENIAontology.daml" prefix="G"></import>\n<article>\n<articleinfo>\n'
        '<bibliomisc>MEDLINE:95369245</bibliomisc>\n</articleinfo>\n<title>\n'
        f'<sentence>{sentences[0]}</sentence>\n</title>\n<abstract>\n'
        + ''.join(f'<sentence>{sentence}</sentence>\n' for sentence in sentences[1:])
        + '</abstract>\n</article>\n</set>\n', encoding='utf8')
    return split_genia(folder)


def test_genia_has_words_and_nested_entities(tmp_path):
    notes = genia(tmp_path, [FIRST] * 9 + [SECOND])
    assert notes == ['2 terms of no class left out', '1 terms of several classes left out']
    train, dev, test = (list(JsonLinesReader(strict=True)(tmp_path / f'{part}.jsonl'))
                        if (tmp_path / f'{part}.jsonl').stat().st_size else [] for part in ('train', 'dev', 'test'))
    assert (len(train), len(dev), len(test)) == (9, 0, 1), 'ends at 8.1 and 9, rounded up'
    record = train[0]
    assert record['text'] == 'IL-2 gene expression and ER-mediated repression.'
    assert [record['text'][start:end] for start, end in record['unit_offsets']] == [
        'IL-2', 'gene', 'expression', 'and', 'ER', '-mediated', 'repression', '.']
    assert [(entity.label, record['text'][entity.start:entity.end]) for entity in record['entities']] == [
        ('DNA', 'IL-2 gene'), ('protein', 'IL-2'), ('protein', 'ER')]
    assert test[0]['text'] == 'a and b in T cell'
    assert [(*entity.span,) for entity in test[0]['entities']] == [('cell_type', 11, 17)]


@pytest.mark.parametrize(('count', 'sizes'), [(100, (81, 9, 10)), (18546, (15023, 1669, 1854))])
def test_the_parts_of_genia(tmp_path, count, sizes):
    genia(tmp_path, ['<w c="NN">a</w>'] * count)
    files = [tmp_path / f'{part}.jsonl' for part in ('train', 'dev', 'test')]
    assert tuple(len(file.read_text().splitlines()) for file in files) == sizes


def test_damaged_xml(tmp_path):
    with pytest.raises(InputError, match=r'merged.xml:10: not valid XML'):
        genia(tmp_path, ['<cons>'])


def test_segmentation_digits_of_weibo(tmp_path):
    """`小0`, digits that are characters, words of more than ten characters, a blank, CRLF; twice changes nothing."""
    file = tmp_path / 'weiboNER_2nd_conll.dev'
    file.write_bytes('小0\tB-PER.NAM\n米1\tI-PER.NAM\n50\tO\r\nl11\tO\n 0\tO\n\n5\tO\n@\tO\n'.encode())
    assert without_segmentation(tmp_path) == ['weiboNER_2nd_conll.dev: 5 characters freed of segmentation digits']
    assert file.read_bytes() == '小\tB-PER.NAM\n米\tI-PER.NAM\n5\tO\r\nl\tO\n \tO\n\n5\tO\n@\tO\n'.encode()
    assert without_segmentation(tmp_path) == ['weiboNER_2nd_conll.dev: 0 characters freed of segmentation digits']
    first, second = ConllReader()(file)
    assert first['text'] == '小米5l ' and second['text'] == '5@'
    assert [entity.span for entity in first['entities']] == [('PER.NAM', 0, 2)]
