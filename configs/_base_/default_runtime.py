default_scope = 'mmner'
runner_type = 'NERRunner'
default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    epoch_seed=dict(type='EpochSeedHook'),
    logger=dict(type='LoggerHook', interval=100),
    param_scheduler=dict(type='ParamSchedulerHook'),
    lost_gold=dict(type='LostGoldHook', strict=False),
    finite_loss=dict(type='FiniteLossHook'),
    checkpoint=dict(type='NERCheckpointHook', interval=1, max_keep_ckpts=2))
env_cfg = dict(cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork'), dist_cfg=dict(backend='nccl'))
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
log_processor = dict(type='NERLogProcessor', by_epoch=True)
randomness = dict(seed=42)
log_level = 'INFO'
load_from = None
resume = False
