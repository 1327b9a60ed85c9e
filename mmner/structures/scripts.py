"""Letters of scripts that put blanks between words."""

# Thai, Lao, Tibetan, Burmese, Khmer and their neighbours, Chinese, Japanese, and what stands in these at full width.
WITHOUT_BLANKS = ('\u0e00-\u109f\u1780-\u17ff\u1950-\u1aaf\u2e80-\ua4cf\uaa60-\uaadf\uf900-\ufaff\uff00-\uffef'
                  '\U00016fe0-\U0001b2ff\U00020000-\U0003ffff')
LETTER = rf'[^\W\d_{WITHOUT_BLANKS}]'
