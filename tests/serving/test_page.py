"""The page in a real Chromium, at desktop and phone width."""
import json
import os
import sys
from pathlib import Path

import pytest

pytest.importorskip('fastapi')
pytest.importorskip('uvicorn')
pytest.importorskip('prometheus_client')
pytest.importorskip('httpx')
pytest.importorskip('selenium')

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

from tests.runs import run_script  # noqa: E402
from tests.serving.servers import forked_server  # noqa: E402

# The page shows what any server answers; with this one, scores, nesting and markup are what the test needs.
PLANTED_TEXT = '😀王伟 在北京大学<b>&amp;'


def serve_planted(model: Path) -> None:
    from mmner.apis import NERInferencer
    from mmner.serving.limits import Limits
    from mmner.serving.server import serve
    from mmner.structures import Entity, Prediction

    planted = [Entity('organization', 5, 9, .9), Entity('address', 5, 7, .4), Entity('company', 8, 12, .6),
               Entity('name', 1, 3, .8)]

    class Planted(NERInferencer):
        def __call__(self, texts):
            return [Prediction(text, planted) if text.startswith('😀') else found
                    for text, found in zip(texts, super().__call__(texts), strict=True)]

    sys.exit(serve(Planted(model), host='127.0.0.1', port=0, limits=Limits()))


@pytest.fixture(scope='module')
def server(small_model):
    with forked_server(serve_planted, small_model) as server:
        yield server


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=['desktop', 'phone'])
def page(request, server, chromium):
    width, height = request.param
    chromium.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                             dict(width=width, height=height, deviceScaleFactor=1, mobile=width < 500))
    chromium.get(server.url)
    chromium.width = width
    yield chromium
    chromium.execute_cdp_cmd('Emulation.setEmulatedMedia', dict(features=[]))
    errors = [entry for entry in chromium.get_log('browser') if entry['level'] == 'SEVERE']
    assert not errors       # a script that failed, or something that the Content-Security-Policy stopped


def find(page, selector: str) -> list:
    return page.find_elements(By.CSS_SELECTOR, selector)


def enter(page, text: str) -> None:
    """Put a text into the field (chromedriver cannot type beyond the BMP), send it by keys and wait for the answer."""
    field = find(page, '#text')[0]
    page.execute_script('arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event("input"))',
                        field, text)
    field.send_keys(Keys.CONTROL, Keys.ENTER)
    wait(page, lambda _: find(page, '#marked')[0].is_displayed() and not find(page, '#message')[0].text)


def wait(page, condition) -> None:
    WebDriverWait(page, 10).until(condition)


def without_labels(page) -> str:
    return page.execute_script('const copy = document.getElementById("marked").cloneNode(true);'
                               'copy.querySelectorAll("small").forEach((label) => label.remove());'
                               'return copy.textContent;')


def marks(page) -> list[str]:
    return page.execute_script('return [...document.querySelectorAll("#marked mark")].map((mark) => {'
                               'const copy = mark.cloneNode(true);'
                               'copy.querySelectorAll("small").forEach((label) => label.remove());'
                               'return mark.title.split(" ")[0] + ":" + copy.textContent; });')


def test_entities_are_marked_and_markup_stays_text(page):
    enter(page, PLANTED_TEXT)
    assert without_labels(page) == PLANTED_TEXT and not find(page, '#marked b')
    # `company` crosses the end of `organization`: it is cut there.
    assert marks(page) == ['name:王伟', 'organization:北京大学', 'address:北京', 'company:学', 'company:<b>']
    assert page.execute_script('return document.documentElement.scrollWidth') <= page.width
    folder = os.environ.get('MMNER_SCREENSHOTS')
    if folder:
        page.save_screenshot(str(Path(folder, f'planted_{page.width}.png')))


def test_filters_by_label_and_score(page):
    enter(page, PLANTED_TEXT)
    find(page, '#filters input[value=organization]')[0].send_keys(Keys.SPACE)       # by keyboard
    assert marks(page) == ['name:王伟', 'address:北京', 'company:学<b>']
    slider = find(page, '#score')[0]
    page.execute_script('arguments[0].value = 0.5; arguments[0].dispatchEvent(new Event("input"))', slider)
    assert marks(page) == ['name:王伟', 'company:学<b>']
    slider.send_keys(Keys.END)
    assert marks(page) == [] and without_labels(page) == PLANTED_TEXT
    assert find(page, '#count')[0].text == '0 of 4 entities'


def test_downloads_what_is_shown(page):
    enter(page, PLANTED_TEXT)
    find(page, '#filters input[value=organization]')[0].click()
    file = page.downloads / 'entities.json'
    file.unlink(missing_ok=True)
    page.execute_cdp_cmd('Browser.setDownloadBehavior', dict(behavior='allow', downloadPath=str(page.downloads)))
    find(page, '#download')[0].click()
    wait(page, lambda _: file.exists())
    assert json.loads(file.read_text(encoding='utf8')) == dict(text=PLANTED_TEXT, entities=[
        dict(label=label, start=start, end=end, text=PLANTED_TEXT[start:end], score=score)
        for label, start, end, score in (('address', 5, 7, .4), ('company', 8, 12, .6), ('name', 1, 3, .8))])


def test_a_file_is_read_as_it_is(page, texts, inferencer, tmp_path):
    text = f'{texts[0]}\r\n{texts[1]}'
    (tmp_path / 'a.txt').write_bytes(text.encode())
    find(page, '#file')[0].send_keys(str(tmp_path / 'a.txt'))
    wait(page, lambda _: find(page, '#message')[0].text == 'Opened a.txt.')
    find(page, '#send')[0].click()
    wait(page, lambda _: find(page, '#marked')[0].is_displayed())
    assert without_labels(page) == text
    assert sorted(marks(page)) == sorted(f'{entity.label}:{text[entity.start:entity.end]}'
                                         for entity in inferencer(text).entities)
    (tmp_path / 'b.txt').write_bytes(b'\xff\xfe\x00')
    find(page, '#file')[0].send_keys(str(tmp_path / 'b.txt'))
    wait(page, lambda _: 'not text in UTF-8' in find(page, '#message')[0].text)


def test_a_dropped_file_is_opened(page):
    page.execute_script('''
        const data = new DataTransfer();
        data.items.add(new File(["王伟在北京"], "dropped.txt", {type: "text/plain"}));
        document.getElementById("text").dispatchEvent(
            new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));''')
    wait(page, lambda _: find(page, '#text')[0].get_property('value') == '王伟在北京')
    assert find(page, '#message')[0].text == 'Opened dropped.txt.'


def test_everything_comes_from_the_server(page, server):
    page.get_log('performance')
    page.refresh()
    enter(page, PLANTED_TEXT)
    events = [json.loads(entry['message'])['message'] for entry in page.get_log('performance')]
    asked = {event['params']['request']['url'] for event in events if event['method'] == 'Network.requestWillBeSent'}
    assert {f'{server.url}/{name}' for name in ('', 'app.js', 'style.css', 'info', 'predict')} <= asked
    assert all(url.startswith((server.url, 'data:')) for url in asked)


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_contrast_in_light_and_dark(page, scheme):
    page.execute_cdp_cmd('Emulation.setEmulatedMedia',
                         dict(features=[dict(name='prefers-color-scheme', value=scheme)]))
    enter(page, PLANTED_TEXT)
    colours = page.execute_script('''
        const pair = (node) => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor];
        return [document.body, ...document.querySelectorAll("mark, .chip, button, textarea")].map(pair);''')
    assert len(colours) >= 10 and min(contrast(*pair) for pair in colours) >= 4.5       # WCAG AA
    if os.environ.get('MMNER_SCREENSHOTS') and scheme == 'dark':
        page.save_screenshot(str(Path(os.environ['MMNER_SCREENSHOTS'], f'dark_{page.width}.png')))


def contrast(ink: str, paper: str) -> float:
    """The contrast ratio of two CSS colours, by WCAG 2."""
    lighter, darker = sorted(map(luminance, (ink, paper)), reverse=True)
    return (lighter + .05) / (darker + .05)


def luminance(colour: str) -> float:
    values = [float(value) / 255 for value in colour.split('(')[1].rstrip(')').split(',')[:3]]
    linear = [value / 12.92 if value <= .03928 else ((value + .055) / 1.055) ** 2.4 for value in values]
    return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2]


def test_it_says_what_went_wrong_and_asks_for_the_key(chromium, small_model):
    arguments = ('tools/serve.py', str(small_model), '--port', '0', '--max-characters', '20')
    with forked_server(run_script, *arguments, MMNER_API_KEY='钥匙') as server:
        chromium.get(server.url)
        find(chromium, '#text')[0].send_keys('王伟')
        find(chromium, '#send')[0].click()
        wait(chromium, lambda _: find(chromium, '#key')[0].is_displayed())
        find(chromium, '#key')[0].send_keys('钥匙', Keys.ENTER)
        wait(chromium, lambda _: find(chromium, '#marked')[0].is_displayed())
        find(chromium, '#text')[0].send_keys('王' * 30)
        find(chromium, '#send')[0].click()
        wait(chromium, lambda _: '32 characters; a request may have 20' in find(chromium, '#message')[0].text)
    find(chromium, '#send')[0].click()
    wait(chromium, lambda _: 'cannot be reached' in find(chromium, '#message')[0].text)
    assert find(chromium, '#text')[0].get_property('value') == '王伟' + '王' * 30     # nothing is lost
    chromium.get_log('browser')         # those errors were meant
