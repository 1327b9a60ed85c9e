# NERVisualizer is found through its registry: it needs cv2 and matplotlib, which marking a text does not.
from mmner.visualization.html import Rendering, sentence_html, to_html
from mmner.visualization.style import SENTENCE_STYLE
from mmner.visualization.terminal import mark_entities

__all__ = ['SENTENCE_STYLE', 'Rendering', 'mark_entities', 'sentence_html', 'to_html']
