"""How marked sentences look in a browser: plain CSS, nothing fetched."""
import zlib

# A start of the checksum for which the labels of CLUENER, CMeEE, Resume and OntoNotes fall far apart.
SEED = 125699


def hue(label: str) -> int:
    """The angle of a label's colour in [0, 360): the same in every sentence, page and run."""
    return zlib.crc32(label.encode('utf8', 'surrogatepass'), SEED) % 360


# Text stands on a tint of its label's hue, and a line of that hue stands under it; only the lightness of the two is
# fixed here, so that every hue is readable. Inner entities are lower boxes, hence their --level.
SENTENCE_STYLE = '''
.mmner { --paper: #fff; --ink: #1a1a1a; --tint: 88%; --line: 30%; }
@media (prefers-color-scheme: dark) { .mmner { --paper: #17191c; --ink: #f2f2f2; --tint: 20%; --line: 66%; } }
.mmner { color: var(--ink); background: var(--paper); padding: .3em .6em; border-radius: .4em;
  font-family: system-ui, sans-serif; white-space: pre-wrap; unicode-bidi: plaintext; overflow-wrap: anywhere;
  line-height: calc(1.8em + var(--levels, 1) * .5em); }
.mmner mark { color: inherit; background: hsl(var(--hue) 65% var(--tint)); border-radius: .25em;
  border: 0 solid hsl(var(--hue) 65% var(--line)); border-bottom-width: .14em;
  padding: calc(.1em + var(--level) * .2em) .2em calc(.05em + var(--level) * .3em); margin: 0 .06em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
.mmner mark.missed { background: var(--paper); border-style: dashed; border-width: .1em; }
.mmner mark.spurious { border-bottom-style: double; border-bottom-width: .3em; }
.mmner bdi { font-size: .68em; font-weight: 600; margin: 0 .25em;
  -webkit-user-select: none; user-select: none; }
'''.strip()

PAGE_STYLE = '''
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
ol { padding-inline-start: 2.2rem; }
li { margin-block: .6rem; }
'''.strip()
