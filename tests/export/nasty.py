"""Texts that readers of tokens stumble over."""
NASTY = ['', ' ', '\n', '\x00', '王\ud800伟', '\udfff', '[MASK]王伟[SEP]</s>', 'İstanbul ΑΣ Σ', '😀王伟👨‍👩‍👧在北京',
         'e\u0301ﬁ\u2028\u3000 \t王伟', '<script>', '\ufeff王', '龘' * 300, 'A' * 129, ' ' * 200 + '王伟']
