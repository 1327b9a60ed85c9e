import numpy as np
from mmengine.runner import LogProcessor

from mmner.registry import LOG_PROCESSORS


@LOG_PROCESSORS.register_module()
class NERLogProcessor(LogProcessor):
    """mmengine's LogProcessor with Python's numbers: LoggerHook writes numpy's integers, here the counts, as null."""

    def get_log_after_epoch(self, *args, **kwargs) -> tuple[dict, str]:
        values, line = super().get_log_after_epoch(*args, **kwargs)
        return {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}, line
