from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
EXTRAS = ('test', 'benchmark', 'export', 'serve', 'lexicon')
VERSION = {}
exec((ROOT / 'mmner/version.py').read_text(), VERSION)


def requirements(file: str) -> list[str]:
    """The requirement lines of a file without the reasons beside them."""
    lines = (line.split('#')[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [line for line in lines if line]


setup(
    name='mmner',
    version=VERSION['__version__'],
    description='Config-driven named entity recognition in the OpenMMLab style',
    long_description=(ROOT / 'README.md').read_text(encoding='utf8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['mmner', 'mmner.*']),
    # `.mim` holds links to configs, tools and model-index.yml, which become files where OpenMMLab's `mim` looks.
    package_data={'mmner': ['.mim/*.yml', '.mim/configs/**/*', '.mim/tools/**/*'], 'mmner.datasets': ['sample/*'],
                  'mmner.export': ['runtime/*.py'], 'mmner.serving': ['page/*'],
                  'mmner.visualization': ['page/*']},
    exclude_package_data={'mmner': ['*.pyc']},      # what running a checkout leaves in tools
    entry_points={'console_scripts': ['mmner=mmner.cli.main:main']},
    install_requires=requirements('requirements.txt'),
    extras_require={name: requirements(f'requirements-{name}.txt') for name in EXTRAS} | {
        'completion': ['argcomplete>=3']},
)
