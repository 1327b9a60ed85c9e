"""mmcv's BaseTransform, or one line on what keeps mmcv from being imported."""
from mmner.utils.opencv import import_cv2

import_cv2()    # mmcv does so too

from mmcv.transforms import BaseTransform  # noqa: E402

__all__ = ['BaseTransform']
