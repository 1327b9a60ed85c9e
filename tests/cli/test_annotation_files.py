import inspect
from collections.abc import Sequence

import pytest

from mmner.cli.annotation_files import READABLE, WRITABLE, build_reader, build_writer, is_of, parse_value
from mmner.registry import READERS, WRITERS
from mmner.utils import InputError


@pytest.mark.parametrize(('registry', 'name'), [
    *((READERS, name) for name in READABLE.values()), *((WRITERS, name) for name in WRITABLE.values())], ids=str)
def test_every_argument_can_be_given(registry, name):
    for parameter in inspect.signature(registry.get(name)).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY and is_of(parameter.default, parameter.annotation)


@pytest.mark.parametrize(('name', 'option', 'value'), [
    ('conll', 'tag_column=3', 3), ('conll', 'tag_column=2,3', (2, 3)), ('conll', 'tag_column=[2, 3]', [2, 3]),
    ('conll', r'separator=\t', '\t'), ('conll', "separator='\t'", '\t'), ('conll', 'separator=None', None),
    ('conll', 'separator=1', '1'), ('conll', 'joiner= ', ' '), ('conll', "joiner=' '", ' '), ('conll', 'joiner=', ''),
    ('conll', 'comment=#', '#'), ('conll', 'strict=True', True), ('label_studio', 'annotator=7', 7),
    ('label_studio', 'annotator=007', '007'), ('label_studio', 'text_key=body', 'body'),
    ('label_studio_predictions', 'model_version=1.10', '1.10'), ('label_studio_predictions', 'to_name=text', 'text')])
def test_values(name, option, value):
    key, _, string = option.partition('=')
    assert parse_value(string, inspect.signature(READERS.get(READABLE[name])).parameters[key]) == value
    build_reader(name, [option])


@pytest.mark.parametrize(('build', 'option', 'expected'), [
    *((build_reader, option, 'does not fit `') for option in (
        'tag_column=ner', 'tag_column=1.5', 'tag_column=1,x', 'tag_column=None', 'token_column=word',
        'token_column=True', 'strict=1', 'strict=yes')),
    (build_writer, 'layers=two', 'layers=two: does not fit `layers: int = 1`; give a value of that type'),
    (build_writer, 'layer=2', "ConllWriter has no option 'layer'; it has scheme, joiner, layers, strict"),
    (build_writer, 'layers', 'layers: expected KEY=VALUE')])
def test_values_that_do_not_fit(build, option, expected):
    with pytest.raises(InputError) as caught:
        build('conll', [option])
    assert expected in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_what_the_command_has_an_option_for():
    with pytest.raises(InputError, match='strict=True: give --strict in its place'):
        build_reader('conll', ['strict=True'], strict=False)


def test_types():
    assert is_of([1, 2], int | Sequence[int]) and is_of((), int | Sequence[int]) and is_of(None, str | None)
    assert not is_of(True, int) and not is_of('12', Sequence[int]) and not is_of([True], Sequence[int])
