from mmner.evaluation.functional import *  # noqa: F403
from mmner.evaluation.metrics import *  # noqa: F403
