from benchmarks.report import BEGIN, END, README, read_results, table, write_table

RESULT = dict(
    kind='training', processor='A processor', threads=2, rounds=3, date='2026-01-02', commit='abc',
    versions=dict(torch='2.13.0', onnxruntime=None), matmul_gflops=dict(bfloat16=1790.4, float32=320.0),
    contestants=[
        dict(name='mmner, fast', sentences_per_second=26.04, useful_gflops=498.4, mmner_is_faster=1.0, peak_mib=3000,
             share_of_matmul=dict(bfloat16=0.2784, float32=1.56)),
        dict(name='other', sentences_per_second=18.0, useful_gflops=376.0, mmner_is_faster=1.4467, peak_mib=None,
             share_of_matmul=dict(bfloat16=0.21, float32=1.17))],
    skipped=[dict(name='third', reason='it is not installed')])
TABLE = """\
Training on A processor, 2 threads, median of 3 rounds; matrix products reach 1790 GFLOP/s in bfloat16 and 320 GFLOP/s \
in float32. torch 2.13.0; commit abc, 2026-01-02.

| training | sentences/s | useful GFLOP/s | of the matrix rate | mmner is | memory, MiB |
|---|--:|--:|--:|--:|--:|
| **mmner, fast** | 26.0 | 498 | 28% | 1.00 × | 3000 |
| other | 18.0 | 376 | 21% | 1.45 × | – |

Not measured: third (it is not installed)."""


def test_table():
    assert table([RESULT]) == TABLE


def test_writing_changes_nothing_but_what_stands_between_the_marks(tmp_path):
    readme = tmp_path / 'README.md'
    readme.write_text(f'# Title\n{BEGIN}\nold\n{END}\nthe rest\n', encoding='utf8')
    for _ in range(2):
        write_table(readme, [RESULT])
        assert readme.read_text(encoding='utf8') == f'# Title\n{BEGIN}\n{TABLE}\n{END}\nthe rest\n'


def test_readme_shows_the_committed_results():
    assert f'{BEGIN}\n{table(read_results())}\n{END}' in README.read_text(encoding='utf8')
