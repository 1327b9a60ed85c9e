import inspect
from collections.abc import Sequence

import pytest

from mmner.cli.annotation_files import READABLE, WRITABLE, is_of, parse_value, with_options
from mmner.datasets.formats import READERS, WRITERS
from mmner.utils import InputError


def test_the_names_are_those_of_the_formats():
    assert (tuple(READERS), tuple(WRITERS)) == (READABLE, WRITABLE)


@pytest.mark.parametrize('kind', dict.fromkeys([*READERS.values(), *WRITERS.values()]))
def test_every_argument_can_be_given(kind):
    for parameter in inspect.signature(kind).parameters.values():
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
    assert parse_value(string, inspect.signature(READERS[name]).parameters[key]) == value
    with_options(READERS[name], [option])


@pytest.mark.parametrize(('kind', 'option', 'expected'), [
    *((READERS['conll'], option, 'does not fit `') for option in (
        'tag_column=ner', 'tag_column=1.5', 'tag_column=1,x', 'tag_column=None', 'token_column=word',
        'token_column=True', 'strict=1', 'strict=yes')),
    (WRITERS['conll'], 'layers=two', 'layers=two: does not fit `layers: int = 1`; give a value of that type'),
    (WRITERS['conll'], 'layer=2', "ConllWriter has no option 'layer'; it has scheme, joiner, layers, strict"),
    (WRITERS['conll'], 'layers', 'layers: expected KEY=VALUE')])
def test_values_that_do_not_fit(kind, option, expected):
    with pytest.raises(InputError) as caught:
        with_options(kind, [option])
    assert expected in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_what_the_command_has_an_option_for():
    with pytest.raises(InputError, match='strict=True: give --strict in its place'):
        with_options(READERS['conll'], ['strict=True'], strict=False)


def test_types():
    assert is_of([1, 2], int | Sequence[int]) and is_of((), int | Sequence[int]) and is_of(None, str | None)
    assert not is_of(True, int) and not is_of('12', Sequence[int]) and not is_of([True], Sequence[int])
