from mmner.apis.inferencer import NERInferencer
from mmner.apis.zoo import model_zoo
from mmner.structures import Prediction

__all__ = ['NERInferencer', 'Prediction', 'model_zoo']
