"""The corpora that `tools/dataset_converters/prepare_dataset.py` prepares: one table.

A count comes from the files themselves (cluener's train and dev, resume, wnut17, cmeee's dev) or from the source named
beside it. One that no source gives for just this release is None, and then only the reading is checked.
"""
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmner.datasets.corpus_conversions import split_genia, without_segmentation

RAW = 'https://raw.githubusercontent.com'
DRIVE = 'https://drive.google.com/uc?export=download&id='


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    """One file of a prepared corpus.

    Attributes:
        name (str): Name in the prepared folder.
        texts (int, optional): How many texts it holds; None where that is not known.
        spans (int, optional): How many entities; 0 where they are not published, None where that is not known.
        url (str, optional): Its official address, where files are published one by one.
    """
    name: str
    texts: int | None = None
    spans: int | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Where a corpus comes from, what must arrive, and on which terms.

    Attributes:
        title (str): Its full name.
        language (str): Of its texts.
        units (str): What carries a label: characters or words.
        reader (dict): Config of the reader of its files.
        files (tuple[CorpusFile]): What it consists of when it is prepared.
        homepage (str): Where it is published, or where one asks for it.
        licence (str): On which terms.
        citation (str): The paper to cite.
        archive (str, optional): Address of an official archive that holds all files.
        sha256 (str, optional): Checksum of the archive.
        members (tuple[str]): What the archive holds, by base name, where that is not `files`.
        convert (Callable, optional): Turns the members in a folder into `files`; returns notes for the user.
        terms (str): How to get it, where nobody may fetch it without an agreement.
    """
    title: str
    language: str
    units: str
    reader: dict
    files: tuple[CorpusFile, ...]
    homepage: str
    licence: str
    citation: str
    archive: str | None = None
    sha256: str | None = None
    members: tuple[str, ...] = ()
    convert: Callable[[Path], list[str]] | None = None
    terms: str = ''

    @property
    def sources(self) -> tuple[str, ...]:
        """Base names of the files that must arrive."""
        return self.members or tuple(file.name for file in self.files)


def files_at(folder: str, *files: tuple) -> tuple[CorpusFile, ...]:
    """The files of (name, texts, spans) that are published in one folder of a server."""
    return tuple(CorpusFile(name=name, texts=texts, spans=spans, url=f'{folder}/{name}')
                 for name, texts, spans in files)


CORPORA = {
    'cluener': Corpus(
        title='CLUENER2020', language='Chinese', units='characters', reader=dict(type='CLUENERReader'),
        # The sha256 of the archive is not known; the zip's own CRCs and the counts stand in for it. test: the paper.
        archive='https://storage.googleapis.com/cluebenchmark/tasks/cluener_public.zip',
        files=(CorpusFile(name='train.json', texts=10748, spans=23972),
               CorpusFile(name='dev.json', texts=1343, spans=3072),
               CorpusFile(name='test.json', texts=1345, spans=0)),
        homepage='https://github.com/CLUEbenchmark/CLUENER2020', licence='none found',
        citation='Xu et al. 2020, https://arxiv.org/abs/2001.04351'),
    'resume': Corpus(
        title='Resume NER', language='Chinese', units='characters', reader=dict(type='ConllReader', joiner=''),
        files=files_at(f'{RAW}/jiesutd/LatticeLSTM/master/ResumeNER', ('train.char.bmes', 3821, 13440),
                       ('dev.char.bmes', 463, 1497), ('test.char.bmes', 477, 1630)),
        homepage='https://github.com/jiesutd/LatticeLSTM', licence='none found',
        citation='Zhang and Yang 2018, https://aclanthology.org/P18-1144/'),
    'weibo': Corpus(
        title='Weibo NER, second release', language='Chinese', units='characters',
        reader=dict(type='ConllReader', joiner=''), convert=without_segmentation,
        # Counts: eznlp's test of its reader on these files (github.com/syuoni/eznlp, TestConllIO.test_weibo_ner_2nd).
        files=files_at(f'{RAW}/hltcoe/golden-horse/master/data', ('weiboNER_2nd_conll.train', 1350, 1895),
                       ('weiboNER_2nd_conll.dev', 270, 389), ('weiboNER_2nd_conll.test', 270, 418)),
        homepage='https://github.com/hltcoe/golden-horse', licence="CC BY-SA 3.0, texts under Weibo's terms",
        citation='Peng and Dredze 2015, https://aclanthology.org/D15-1064/; He and Sun 2016, '
                 'https://arxiv.org/abs/1611.04234'),
    'msra': Corpus(
        title='MSRA (SIGHAN 2006)', language='Chinese', units='characters', reader=dict(type='ConllReader', joiner=''),
        # Counts: NER/MSRA/readme.md there. Another release has 46364 and 4365 texts with 74703 and 6181 entities.
        files=files_at(f'{RAW}/OYE93/Chinese-NLP-Corpus/master/NER/MSRA', ('msra_train_bio.txt', 45000, 75059),
                       ('msra_test_bio.txt', 3442, 6190)),
        homepage='https://github.com/OYE93/Chinese-NLP-Corpus', licence='none found',
        citation='Levow 2006, https://aclanthology.org/W06-0115/'),
    'peoples_daily': Corpus(
        title="People's Daily", language='Chinese', units='characters', reader=dict(type='ConllReader', joiner=''),
        # Counts: NER/People's Daily/readme.md there.
        files=files_at(f"{RAW}/OYE93/Chinese-NLP-Corpus/master/NER/People's%20Daily", ('example.train', 20864, 33992),
                       ('example.dev', 2318, 3819), ('example.test', 4636, 7707)),
        homepage='https://github.com/OYE93/Chinese-NLP-Corpus', licence='none found',
        citation='no paper found; https://github.com/zjy-ucas/ChineseNER'),
    'ontonotes4': Corpus(
        title='OntoNotes 4', language='Chinese', units='characters', reader=dict(type='ConllReader', joiner=''),
        # Published preparations of the same split differ by some sentences and entities: nothing to hold a file to.
        files=tuple(CorpusFile(name=f'{part}.char.bmes') for part in ('train', 'dev', 'test')),
        homepage='https://catalog.ldc.upenn.edu/LDC2011T03', licence='LDC user agreement',
        citation='Weischedel et al. 2011, LDC2011T03; split: Che et al. 2013, https://aclanthology.org/N13-1006/',
        terms='LDC lends it as LDC2011T03; bring it as columns of characters and BMES tags'),
    'conll2003': Corpus(
        title='CoNLL-2003', language='English', units='words', reader=dict(type='ConllReader', joiner=' '),
        # Texts: https://huggingface.co/datasets/conll2003. Entities: eznlp, TestConllIO.test_conll2003, which counts
        # 14987, 3466 and 3684 sentences, as https://aclanthology.org/W03-0419/ does, -DOCSTART- lines being some.
        files=(CorpusFile(name='eng.train', texts=14041, spans=23499),
               CorpusFile(name='eng.testa', texts=3250, spans=5942),
               CorpusFile(name='eng.testb', texts=3453, spans=5648)),
        homepage='https://www.clips.uantwerpen.be/conll2003/ner/', licence='Reuters RCV1, for research',
        citation='Tjong Kim Sang and De Meulder 2003, https://aclanthology.org/W03-0419/',
        terms='NIST gives the Reuters texts to those who sign (https://trec.nist.gov/data/reuters/reuters.html), '
              'the task page the annotation to join with them'),
    'wnut17': Corpus(
        title='WNUT-17', language='English', units='words', reader=dict(type='ConllReader', separator='\t', joiner=' '),
        files=files_at(f'{RAW}/leondz/emerging_entities_17/master', ('wnut17train.conll', 3394, 1975),
                       ('emerging.dev.conll', 1009, 836), ('emerging.test.annotated', 1287, 1079)),
        homepage='https://github.com/leondz/emerging_entities_17', licence='CC BY 4.0',
        citation='Derczynski et al. 2017, https://aclanthology.org/W17-4418/'),
    'cmeee': Corpus(
        title='CMeEE (CBLUE)', language='Chinese', units='characters', reader=dict(type='CMeEEReader'),
        files=(CorpusFile(name='CMeEE_train.json'), CorpusFile(name='CMeEE_dev.json', texts=5000, spans=20300),
               CorpusFile(name='CMeEE_test.json', spans=0)),
        homepage='https://tianchi.aliyun.com/dataset/95414', licence="Tianchi's terms",
        citation='Zhang et al. 2022, https://arxiv.org/abs/2106.08087',
        terms='Tianchi gives it to those who log in and accept its terms'),
    'genia': Corpus(
        title='GENIA 3.02p', language='English', units='words', reader=dict(type='JsonLinesReader'),
        convert=split_genia,
        # Address and sha256: github.com/percevalw/nlstruct, which checks the archive by them.
        archive='http://www.nactem.ac.uk/GENIA/current/GENIA-corpus/Part-of-speech/GENIAcorpus3.02p.tgz',
        sha256='8faa7813641cf41d24dfa13f24382ef73a94654bff2297f763fc6b19102c8b74',
        members=('GENIAcorpus3.02.merged.xml',),
        files=tuple(CorpusFile(name=f'{part}.jsonl') for part in ('train', 'dev', 'test')),
        homepage='http://www.geniaproject.org/genia-corpus', licence="GENIA project's own",
        citation='Kim et al. 2003, https://doi.org/10.1093/bioinformatics/btg1023'),
    'germeval2014': Corpus(
        title='GermEval 2014', language='German', units='words',
        reader=dict(type='ConllReader', separator='\t', token_column=1, tag_column=(2, 3), comment='#', joiner=' '),
        # Texts: https://huggingface.co/datasets/germeval_14, which reads these files.
        files=(CorpusFile(name='NER-de-train.tsv', texts=24000, url=f'{DRIVE}1Jjhbal535VVz2ap4v4r_rN1UEHTdLK5P'),
               CorpusFile(name='NER-de-dev.tsv', texts=2200, url=f'{DRIVE}1ZfRcQThdtAR5PPRjIDtrVP7BtXSCUBbm'),
               CorpusFile(name='NER-de-test.tsv', texts=5100, url=f'{DRIVE}1u9mb7kNJHWQCWyweMDRMuTFoOHOfeBTH')),
        homepage='https://sites.google.com/site/germeval2014ner/data', licence='CC BY 4.0',
        citation='Benikova et al. 2014, https://aclanthology.org/L14-1251/'),
}
