"""The registries, children of mmengine's. A config with `default_scope = 'mmner'` finds them.

`locations` names the rooms whose import fills a registry; mmengine imports them at the first look-up.
"""
from mmengine import registry as mmengine
from mmengine.registry import Registry


def child(root: Registry, *locations: str) -> Registry:
    return Registry(root.name, parent=root, scope='mmner', locations=list(locations))


DATASETS = child(mmengine.DATASETS, 'mmner.datasets')
TRANSFORMS = child(mmengine.TRANSFORMS, 'mmner.datasets.transforms')
DATA_SAMPLERS = child(mmengine.DATA_SAMPLERS, 'mmner.datasets.samplers')
MODELS = child(mmengine.MODELS, 'mmner.models')
METRICS = child(mmengine.METRICS, 'mmner.evaluation')
HOOKS = child(mmengine.HOOKS, 'mmner.engine')
RUNNERS = child(mmengine.RUNNERS, 'mmner.engine')
VISUALIZERS = child(mmengine.VISUALIZERS, 'mmner.visualization.visualizer')
OPTIM_WRAPPERS = child(mmengine.OPTIM_WRAPPERS, 'mmner.engine')
OPTIM_WRAPPER_CONSTRUCTORS = child(mmengine.OPTIM_WRAPPER_CONSTRUCTORS, 'mmner.engine')
LOG_PROCESSORS = child(mmengine.LOG_PROCESSORS, 'mmner.engine')

FUNCTIONS = mmengine.FUNCTIONS       # the Runner looks for a `collate_fn` in mmengine's own registry alone

READERS = Registry('reader', scope='mmner', locations=['mmner.datasets.readers'])
WRITERS = Registry('writer', scope='mmner', locations=['mmner.datasets.writers'])
TOKENIZERS = Registry('tokenizer', scope='mmner', locations=['mmner.tokenizers'])
TAG_SCHEMES = Registry('tag scheme', scope='mmner', locations=['mmner.structures'])

# mmner adds nothing to these yet, but mmengine warns at every look-up in a registry without a child of this scope.
for root in (mmengine.EVALUATOR, mmengine.LOOPS, mmengine.MODEL_WRAPPERS, mmengine.OPTIMIZERS,
             mmengine.PARAM_SCHEDULERS, mmengine.VISBACKENDS, mmengine.WEIGHT_INITIALIZERS):
    child(root)
