from mmner.utils import InputError


def import_cv2() -> None:
    """mmengine and mmcv import OpenCV, which on a server without libGL fails deep inside: say what to install."""
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        raise InputError(f'OpenCV cannot be imported ({error}); on a machine without a display run `pip uninstall -y '
                         'opencv-python && pip install --force-reinstall --no-deps opencv-python-headless`') from error
