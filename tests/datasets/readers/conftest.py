import json

import pytest


@pytest.fixture
def write(tmp_path):
    """Writes bytes, a string, or a value as JSON, and returns the file."""
    def run(content) -> str:
        file = tmp_path / 'data.json'
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content, ensure_ascii=False)
        file.write_bytes(content if isinstance(content, bytes) else content.encode('utf8', 'backslashreplace'))
        return str(file)
    return run
