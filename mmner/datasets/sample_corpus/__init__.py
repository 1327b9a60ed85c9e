from mmner.datasets.sample_corpus.generator import SAMPLE_FOLDER, write_sample_corpus

__all__ = ['SAMPLE_FOLDER', 'write_sample_corpus']
