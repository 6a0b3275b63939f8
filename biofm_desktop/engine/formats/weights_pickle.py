"""What a pickle of torch says, worked out without running it: only what tensors are made of is known here.

Pickle's own machine is never asked. Every name in the pickle that is not in the list ends the reading.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from biofm_desktop.engine.faults import Fault

#: Bytes of one number of each kind of storage.
STORAGES = {"FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "BFloat16Storage": "bf16"}
STORAGES |= {"LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1"}
STORAGES |= {"BoolStorage": "b1", "ComplexFloatStorage": "c8", "ComplexDoubleStorage": "c16"}
_TENSORS = {("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2")}
_PARAMETERS = {("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state")}
_DICTS = {("collections", "OrderedDict"), ("collections", "Counter"), ("collections", "defaultdict")}
_VALUES = {("torch", "Size"), ("torch", "device"), ("builtins", "set"), ("__builtin__", "set"), ("_codecs", "encode")}
_NUMBERS = {"float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool"}
_DEEPEST = 1_000_000  # values on the stack
_COPY = "Copy or download it again"


@dataclass(frozen=True)
class Storage:
    """The numbers of one or several tensors: in the member ``key`` of the archive."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class PickledTensor:
    """A tensor over a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    module: str
    name: str

    @property
    def pair(self) -> tuple[str, str]:
        return self.module, self.name


class _Mark:
    pass


class _BrokenError(Exception):
    pass


def read_pickle(what: str, data: bytes) -> Any:
    """Return dicts, lists, texts, numbers and `PickledTensor`; raise `Fault` for anything else, which is never run."""
    try:
        return _Machine(what).run(data)
    except (_BrokenError, ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        fault = "it is damaged: its list of weights cannot be read"
        raise Fault(what, fault, _COPY, detail=repr(error)) from None


class _Machine:
    """A stack, a memory, and what each opcode does to them."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return self._stack.pop()
            self._step(opcode.name, argument)
            if len(self._stack) > _DEEPEST:
                break
        raise _BrokenError

    def _step(self, name: str, argument: Any) -> None:
        stack, act = self._stack, _ACTS.get(name)
        if name in _CONSTANTS:
            stack.append(argument)
        elif act is not None:
            act(stack, argument)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memory[len(self._memory) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memory[argument])
        elif name == "GLOBAL":
            stack.append(self._named(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            inner, module = stack.pop(), stack.pop()
            stack.append(self._named(module, inner))
        elif name == "BINPERSID":
            stack.append(_storage(stack.pop()))
        elif name == "REDUCE":
            arguments, called = stack.pop(), stack.pop()
            stack.append(self._called(called, arguments))
        elif name == "BUILD":  # a state dict carries facts of its modules, which weights do not need
            stack.pop()
            if not isinstance(stack[-1], dict):
                raise self._unsafe("an object with a state of its own")
        elif name not in ("PROTO", "FRAME"):
            raise self._unsafe(f"the step {name}")

    def _named(self, module: Any, name: Any) -> _Name:
        found = _Name(str(module), str(name))
        pair, torch = found.pair, found.module == "torch"
        known = pair in _TENSORS | _PARAMETERS | _DICTS | _VALUES
        if known or (torch and (found.name in STORAGES or found.name in _NUMBERS)):
            return found
        raise self._unsafe(f"{found.module}.{found.name}"[:80])

    def _called(self, called: Any, arguments: Any) -> Any:
        if not isinstance(called, _Name) or not isinstance(arguments, tuple):
            raise _BrokenError
        if called.pair in _TENSORS:
            return _tensor(*arguments[:4])
        if called.pair in _PARAMETERS:
            return arguments[0]
        if called.pair in _DICTS:
            pairs = arguments[0] if arguments and not isinstance(arguments[0], _Name) else ()
            return dict(pairs)
        if called.pair in _VALUES:
            return arguments[0] if arguments else ()
        raise _BrokenError

    def _unsafe(self, what: str) -> Fault:
        shown = what if what.isprintable() else repr(what)
        fault = f"it holds more than weights ({shown}): it is unsafe, could run code when loaded, and was not loaded"
        return Fault(self._what, fault, "Save the model's state_dict() and use that file, or a safetensors file")


def _storage(said: Any) -> Storage:
    match said:
        case ("storage", _Name(module="torch", name=kind), str(key), _, int(count), *_) if kind in STORAGES:
            return Storage(STORAGES[kind], key, count)
    raise _BrokenError


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any) -> PickledTensor:
    sizes = (offset, *shape, *stride)
    if not isinstance(storage, Storage) or any(isinstance(s, bool) or not isinstance(s, int) for s in sizes):
        raise _BrokenError
    return PickledTensor(storage, offset, tuple(shape), tuple(stride))


def _since_mark(stack: list[Any]) -> list[Any]:
    place = len(stack) - 1
    while not isinstance(stack[place], _Mark):
        place -= 1
        if place < 0:
            raise _BrokenError
    values = stack[place + 1 :]
    del stack[place:]
    return values


def _last(stack: list[Any], count: int) -> list[Any]:
    values = stack[len(stack) - count :]
    if len(values) < count:
        raise _BrokenError
    del stack[len(stack) - count :]
    return values


def _fill(stack: list[Any], pairs: list[Any]) -> None:
    if not isinstance(stack[-1], dict) or len(pairs) % 2:
        raise _BrokenError
    stack[-1].update(zip(pairs[::2], pairs[1::2]))


def _extend(stack: list[Any], values: list[Any]) -> None:
    if not isinstance(stack[-1], list):
        raise _BrokenError
    stack[-1].extend(values)


def _of_pairs(pairs: list[Any]) -> dict[Any, Any]:
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


_CONSTANTS = {"INT", "LONG", "LONG1", "LONG4", "BININT", "BININT1", "BININT2", "BINFLOAT", "FLOAT", "UNICODE"}
_CONSTANTS |= {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}
_CONSTANTS |= {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
_ACTS: dict[str, Callable[[list[Any], Any], None]] = {
    "NONE": lambda stack, _: stack.append(None),
    "NEWTRUE": lambda stack, _: stack.append(True),
    "NEWFALSE": lambda stack, _: stack.append(False),
    "MARK": lambda stack, _: stack.append(_Mark()),
    "POP": lambda stack, _: stack.__delitem__(-1),
    "POP_MARK": lambda stack, _: _since_mark(stack).clear(),
    "DUP": lambda stack, _: stack.append(stack[-1]),
    "EMPTY_DICT": lambda stack, _: stack.append({}),
    "EMPTY_LIST": lambda stack, _: stack.append([]),
    "EMPTY_TUPLE": lambda stack, _: stack.append(()),
    "EMPTY_SET": lambda stack, _: stack.append([]),
    "TUPLE": lambda stack, _: stack.append(tuple(_since_mark(stack))),
    "TUPLE1": lambda stack, _: stack.append(tuple(_last(stack, 1))),
    "TUPLE2": lambda stack, _: stack.append(tuple(_last(stack, 2))),
    "TUPLE3": lambda stack, _: stack.append(tuple(_last(stack, 3))),
    "LIST": lambda stack, _: stack.append(_since_mark(stack)),
    "DICT": lambda stack, _: stack.append(_of_pairs(_since_mark(stack))),
    "FROZENSET": lambda stack, _: stack.append(_since_mark(stack)),
    "SETITEM": lambda stack, _: _fill(stack, _last(stack, 2)),
    "SETITEMS": lambda stack, _: _fill(stack, _since_mark(stack)),
    "APPEND": lambda stack, _: _extend(stack, _last(stack, 1)),
    "APPENDS": lambda stack, _: _extend(stack, _since_mark(stack)),
    "ADDITEMS": lambda stack, _: _extend(stack, _since_mark(stack)),
}
