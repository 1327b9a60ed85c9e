"""mmner: named entity recognition put together from Python configs and run by mmengine.

Importing the package is cheap: components load when a registry is first asked for one.
"""
from mmner.version import __version__

__all__ = ['__version__']
