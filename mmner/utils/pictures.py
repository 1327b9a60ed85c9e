# A terminal would obey control characters, and rich drops some and makes blanks of tabs; their pictures stand for them,
# one for one.
PICTURES = {**{code: 0x2400 + code for code in range(32) if chr(code) != '\n'}, 0x7f: 0x2421,
            **dict.fromkeys(range(0x80, 0xa0), 0xfffd)}
