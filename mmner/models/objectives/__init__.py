from mmner.models.objectives.base import BaseObjective
from mmner.models.objectives.distillation import Distillation
from mmner.models.objectives.fgm import FGM
from mmner.models.objectives.pgd import PGD
from mmner.models.objectives.r_drop import RDrop
from mmner.models.objectives.r_drop_distillation import RDropDistillation

__all__ = ['FGM', 'PGD', 'BaseObjective', 'Distillation', 'RDrop', 'RDropDistillation']
