from mmner.datasets.samplers.length_bucket import LengthBucketBatchSampler
from mmner.datasets.samplers.token_budget import TokenBudgetBatchSampler

__all__ = ['LengthBucketBatchSampler', 'TokenBudgetBatchSampler']
