from mmner.datasets.samplers.length_bucket import LengthBucketBatchSampler

__all__ = ['LengthBucketBatchSampler']
