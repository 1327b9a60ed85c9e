# NERVisualizer is found through its registry: it needs cv2 and matplotlib, which marking a text does not.
from mmner.visualization.html import Rendering, sentence_html, to_html
from mmner.visualization.style import SENTENCE_STYLE
from mmner.visualization.terminal import mark_entities
from mmner.visualization.tokens import learnable_entities, mark_tokens

__all__ = ['SENTENCE_STYLE', 'Rendering', 'learnable_entities', 'mark_entities', 'mark_tokens', 'sentence_html',
           'to_html']
