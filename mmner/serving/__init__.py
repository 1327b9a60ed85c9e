from mmner.serving.limits import Limits
from mmner.serving.server import serve

__all__ = ['Limits', 'serve']
