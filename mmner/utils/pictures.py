# A terminal would obey control characters and rich drops some; their pictures stand for them, one for one.
PICTURES = {**{code: 0x2400 + code for code in range(32) if chr(code) not in '\t\n'}, 0x7f: 0x2421,
            **dict.fromkeys(range(0x80, 0xa0), 0xfffd)}
