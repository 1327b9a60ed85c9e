import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import Thread

import pytest

from tests.runs import forked_tool, write_config

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
                  '--disable-background-networking', '--disable-component-update')


@pytest.fixture(scope='session')
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope='session')
def shared() -> Path:
    """The folder with corpora and golden files beside the project."""
    folder = ROOT.parent / 'shared'
    if not folder.is_dir():
        pytest.skip(f'{folder} is absent: corpora and golden outputs of other programs live there')
    return folder


@pytest.fixture(scope='session')
def stand_in_files(tmp_path_factory) -> Path:
    """A folder with what `write_stand_ins` writes."""
    from tests.stand_ins import write_stand_ins
    folder = tmp_path_factory.mktemp('stand_ins')
    write_stand_ins(folder)
    return folder


@pytest.fixture
def stand_ins(stand_in_files, monkeypatch) -> Path:
    """The current folder, where the configs find small weights and texts of every corpus, and jieba a few words."""
    monkeypatch.chdir(stand_in_files)
    monkeypatch.setattr('mmner.datasets.lexicon.find_spec',
                        lambda name: ModuleSpec(name, None, origin=str(stand_in_files / '__init__.py')))
    return stand_in_files


@pytest.fixture
def serve():
    """Start real HTTP servers: `serve(folder)` gives the address of one that offers the files of a folder."""
    servers = []

    def start(folder: Path) -> str:
        handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
        servers.append(ThreadingHTTPServer(('127.0.0.1', 0), handler))
        Thread(target=servers[-1].serve_forever, kwargs=dict(poll_interval=0.01), daemon=True).start()
        return f'http://127.0.0.1:{servers[-1].server_port}'

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope='session')
def small_model(tmp_path_factory) -> Path:
    """The work dir of a finished small run, whose model finds most entities of its 60 sentences."""
    folder = tmp_path_factory.mktemp('small_model')
    config = write_config(
        folder, train_cfg='dict(max_epochs=30, val_interval=30)', default_hooks='dict(checkpoint=dict(interval=30))',
        optim_wrapper='dict(optimizer=dict(lr=5e-3))', param_scheduler='[]')
    done = forked_tool('train.py', config, '--work-dir', folder / 'run')
    assert done.returncode == 0, done.stderr
    return folder / 'run'


@pytest.fixture(scope='module')
def chromium(tmp_path_factory):
    """A driver of Debian's Chromium without a window; `downloads` is its folder."""
    webdriver = pytest.importorskip('selenium.webdriver')
    programs = [shutil.which(name) for name in ('chromium', 'chromedriver')]
    if None in programs:
        pytest.skip('chromium or chromedriver is absent: apt-get install chromium chromium-driver')
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    folder = tmp_path_factory.mktemp('chromium')
    for flag in (*CHROMIUM_FLAGS, f'--user-data-dir={folder}'):
        options.add_argument(flag)
    options.add_experimental_option('prefs', {'download.default_directory': str(folder)})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    driver.downloads = folder
    yield driver
    driver.quit()
