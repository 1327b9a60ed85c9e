"""A device beside the CPU for a machine that has none.

Its values lie in the CPU's memory and its operations are the CPU's, but as on CUDA an operation on tensors of both is
an error, and so is to read what is on the device as if it lay on the CPU. `MMNER_TEST_DEVICE=simulated pytest
tests/models/test_cuda.py` runs on it.
"""
import torch
from torch.utils._pytree import tree_iter, tree_map
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

NAME = 'simulated'
OPERATIONS = torch.ops.aten
BETWEEN_DEVICES = {OPERATIONS.copy_.default, OPERATIONS._to_copy.default}
TAKE_INDICES_OF_THE_CPU = {OPERATIONS.index.Tensor, OPERATIONS.index_put.default, OPERATIONS.index_put_.default,
                           OPERATIONS._index_put_impl_.default}


class SimulatedTensor(torch.Tensor):
    """A tensor that is said to lie on the device; `values` is the one on the CPU that it stands for."""

    @staticmethod
    def __new__(cls, values: torch.Tensor):
        return torch.Tensor._make_wrapper_subclass(
            cls, values.shape, values.stride(), values.storage_offset(), dtype=values.dtype, device=f'{NAME}:0')

    def __init__(self, values: torch.Tensor):
        self.values = values

    def __repr__(self, *, tensor_contents=None) -> str:
        return f'SimulatedTensor({self.values})'

    def __reduce_ex__(self, protocol):
        return self.values.__reduce_ex__(protocol)

    def tolist(self) -> list:
        return self.values.tolist()

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        check_devices(operation, args, kwargs)
        device = torch.device(kwargs.get('device') or NAME).type
        results = operation(*tree_map(values_of, args),
                            **tree_map(values_of, kwargs | (dict(device='cpu') if 'device' in kwargs else {})))
        if operation is OPERATIONS.copy_.default:
            return args[0]
        written = {id(values_of(value)): value for value in tree_iter((args, kwargs))}
        return tree_map(lambda value: on_device(value, written), results) if device == NAME else results


def on_device(value, written: dict):
    """Where the operation has written into one of its arguments, this argument itself."""
    if not isinstance(value, torch.Tensor):
        return value
    return written[id(value)] if id(value) in written else SimulatedTensor(value.resolve_conj().resolve_neg())


def values_of(value):
    return value.values if isinstance(value, SimulatedTensor) else value


def check_devices(operation, args: tuple, kwargs: dict) -> None:
    """Raise a RuntimeError where CUDA would; a number on the CPU, without dimensions, goes with any device."""
    if operation in BETWEEN_DEVICES:
        return
    if operation in TAKE_INDICES_OF_THE_CPU:
        args = args[:1] + args[2:]
    tensors = [value for value in tree_iter((args, kwargs)) if isinstance(value, torch.Tensor)]
    if any(value.dim() and not isinstance(value, SimulatedTensor) for value in tensors):
        raise RuntimeError(f'{operation}: tensors on both {NAME} and cpu: {[tuple(value.shape) for value in tensors]}')


class Backend(_DummyBackendModule):
    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


def register() -> torch.library.Library:
    """Make `to('simulated')` work, in this process, as long as the outcome is kept; before the first backward pass."""
    _setup_privateuseone_for_python_backend(NAME, backend_module=Backend())
    library = torch.library.Library('aten', 'IMPL')
    for name, create in (('empty.memory_format', torch.empty), ('empty_strided', torch.empty_strided)):
        library.impl(name, lambda *sizes, dtype=None, create=create, **_: SimulatedTensor(create(*sizes, dtype=dtype)),
                     'PrivateUse1')

    def copy_from(source, target, non_blocking=False):
        values_of(target).copy_(values_of(source))
        return target

    library.impl('_copy_from', copy_from, 'PrivateUse1')
    return library
