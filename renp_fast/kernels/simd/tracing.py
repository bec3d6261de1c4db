"""Functions of plain Python that write their arithmetic into a kernel.

A function decorated with `traced` is never seen by Numba. Called from Python it computes with floats, NumPy arrays or
whatever else can be added and multiplied. Called in a kernel it runs once, while the kernel is compiled, on items that
stand for what the kernel will hold, and each operation on them leaves an LLVM instruction in the kernel. So its loops
run over constants and are unrolled; tuples, named tuples and classes cost nothing; integers and truth values that the
kernel spells out, or has as constants, are Python's own, and may be branched on. What is known only when the kernel
runs may not: there `select` of `simd.vectors` chooses, or the kernel branches around calls.

A `Number` is a float64 or a vector of them, so one text serves both, to the same bits: every operation is rounded as
IEEE 754 says, whatever the width of the vector. What a kernel calls is not in Numba's own key of its cache; the hash of
all sources in `simd.jit` keeps that right.
"""

import operator
import traceback
from collections.abc import Callable, Sequence
from typing import Any, SupportsFloat, TypeVar

from llvmlite import ir
from numba.core import cgutils
from numba.core import types as numba_types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

# Its names are found when they are asked for, which no type checker follows
types: Any = numba_types
F = TypeVar("F", bound=Callable[..., Any])

DOUBLE, LONG, INT, BYTE, BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(32), ir.IntType(8), ir.IntType(1)


class TracingError(TypeError):
    """What a traced function does cannot become part of a kernel; the message names its line."""


class FloatVector(types.Type):  # type: ignore[misc]
    """Numba type of several float64."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"FloatVector({lanes})")


class MaskVector(types.Type):  # type: ignore[misc]
    """Numba type of several truth values."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"MaskVector({lanes})")


@register_model(FloatVector)
class _FloatVectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(DOUBLE, kind.lanes))


@register_model(MaskVector)
class _MaskVectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(BIT, kind.lanes))


# What traced functions compute with


class Item:
    """Something that a kernel will hold: a value of LLVM, and the builder that adds instructions to the kernel."""

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    def __bool__(self) -> bool:
        raise TypeError("a traced function cannot branch on what is known only when the kernel runs")

    @property
    def lanes(self) -> int:
        """How many numbers the vector has; 0 if it is none."""
        return self.value.type.count if isinstance(self.value.type, ir.VectorType) else 0


class Truth(Item):
    """A truth value, or a vector of them."""

    __slots__ = ()

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(self.builder, self.builder.and_(self.value, other.value))

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(self.builder, self.builder.or_(self.value, other.value))

    def __invert__(self) -> "Truth":
        return Truth(self.builder, self.builder.not_(self.value))


def _whole(name: str, swapped: bool = False) -> Any:
    def operation(self: "Whole", other: "Whole | int") -> "Whole":
        pair = [self.value, other.value if isinstance(other, Whole) else LONG(operator.index(other))]
        return Whole(self.builder, getattr(self.builder, name)(*(reversed(pair) if swapped else pair)))

    return operation


class Whole(Item):
    """An integer."""

    __slots__ = ()
    __add__, __radd__ = _whole("add"), _whole("add", swapped=True)
    __sub__, __rsub__ = _whole("sub"), _whole("sub", swapped=True)
    __mul__, __rmul__ = _whole("mul"), _whole("mul", swapped=True)


def widened(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """A vector as it is, and a number as often as there are lanes."""
    if not lanes or isinstance(value.type, ir.VectorType):
        return value
    if isinstance(value, ir.Constant) and value.constant is not ir.Undefined:
        return ir.Constant(ir.VectorType(value.type, lanes), [value.constant] * lanes)
    first = builder.insert_element(ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined), value, INT(0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(INT, lanes), [0] * lanes))


def alike(*items: Any) -> tuple[ir.IRBuilder, list[ir.Value]]:
    """A builder, and numbers as values that all have as many lanes as the widest."""
    builder = next(item.builder for item in items if isinstance(item, Item))
    lanes = max(item.lanes for item in items if isinstance(item, Item))
    values = []
    for item in items:
        if isinstance(item, Whole):
            value = builder.sitofp(item.value, DOUBLE)
        else:
            value = item.value if isinstance(item, Item) else ir.Constant(DOUBLE, float(item))
        values.append(widened(builder, value, lanes))
    return builder, values


def _arithmetic(name: str, swapped: bool = False) -> Any:
    def operation(self: "Number", other: Any) -> "Number":
        if not isinstance(other, (Item, SupportsFloat)):
            return NotImplemented  # type: ignore[no-any-return]
        builder, pair = alike(*((other, self) if swapped else (self, other)))
        return Number(builder, getattr(builder, name)(*pair))

    return operation


def _comparison(relation: str, ordered: bool = True) -> Any:
    def operation(self: "Number", other: Any) -> Truth:
        builder, pair = alike(self, other)
        return Truth(builder, (builder.fcmp_ordered if ordered else builder.fcmp_unordered)(relation, *pair))

    return operation


class Number(Item):
    """A float64, or a vector of them."""

    __slots__ = ()
    __add__, __radd__ = _arithmetic("fadd"), _arithmetic("fadd", swapped=True)
    __sub__, __rsub__ = _arithmetic("fsub"), _arithmetic("fsub", swapped=True)
    __mul__, __rmul__ = _arithmetic("fmul"), _arithmetic("fmul", swapped=True)
    __truediv__, __rtruediv__ = _arithmetic("fdiv"), _arithmetic("fdiv", swapped=True)
    __lt__, __le__, __gt__, __ge__ = (_comparison(relation) for relation in ("<", "<=", ">", ">="))
    __eq__, __ne__ = _comparison("=="), _comparison("!=", ordered=False)
    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> "Number":
        return Number(self.builder, self.builder.fneg(self.value))

    def __abs__(self) -> "Number":
        return Number(self.builder, call("fabs", self).value)


class View(Item):
    """An array of float64 or int64; the value points to its first number, and strides count numbers."""

    __slots__ = ("strides",)

    def __init__(self, builder: ir.IRBuilder, value: ir.Value, strides: Sequence[Any]) -> None:
        super().__init__(builder, value)
        self.strides = strides

    def place(self, *index: Any) -> ir.Value:
        """Pointer to an entry."""
        place = self.value
        for k, stride in zip(index, self.strides, strict=False):
            step = k.value if isinstance(k, Whole) else LONG(operator.index(k))
            if stride is not None:
                step = self.builder.mul(step, stride)
            place = self.builder.gep(place, [step])
        return place

    def __getitem__(self, index: Any) -> Any:
        given = index if isinstance(index, tuple) else (index,)
        place = self.place(*given)
        if len(given) < len(self.strides):
            return View(self.builder, place, self.strides[len(given) :])
        value = self.builder.load(place)
        return Number(self.builder, value) if value.type == DOUBLE else Whole(self.builder, value)

    def __setitem__(self, index: Any, item: Any) -> None:
        value = item.value if isinstance(item, Item) else ir.Constant(DOUBLE, float(item))
        self.builder.store(value, self.place(*(index if isinstance(index, tuple) else (index,))))


def call(name: str, *items: Any) -> Any:
    """Call a function of LLVM that is known for numbers and vectors of any width."""
    builder, values = alike(*items)
    kind = values[0].type
    suffix = f"v{kind.count}f64" if isinstance(kind, ir.VectorType) else "f64"
    return Number(builder, llvm_call(builder, f"llvm.{name}.{suffix}", kind, *values))


def llvm_call(builder: ir.IRBuilder, name: str, result: ir.Type, *arguments: ir.Value) -> ir.Value:
    """Call a function of LLVM."""
    kind = ir.FunctionType(result, [value.type for value in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


# Between Numba's types and items


def _item(context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value) -> Any:
    """A value of Numba as a traced function gets it; without value, something of its type."""
    if isinstance(kind, types.Literal):
        return kind.literal_value
    if isinstance(kind, types.BaseTuple):
        values = [None] * len(kind) if value is None else cgutils.unpack_tuple(builder, value)
        entries = [_item(context, builder, *each) for each in zip(kind, values, strict=True)]
        return kind.instance_class(*entries) if isinstance(kind, types.BaseNamedTuple) else tuple(entries)
    if isinstance(kind, types.Array) and kind.dtype in (types.float64, types.int64):
        return _view(context, builder, kind, value)
    if isinstance(kind, types.NoneType):
        return None
    for model, item, width in _KINDS:
        if isinstance(kind, model):
            lanes = getattr(kind, "lanes", 0)
            if value is None:
                value = ir.Constant(ir.VectorType(width, lanes) if lanes else width, ir.Undefined)
            elif not lanes:
                value = context.cast(builder, value, kind, _NUMBA_KIND[item])
            return item(builder, value)
    raise TypeError(f"traced functions take no {kind}")


_KINDS: tuple[tuple[Any, type[Item], ir.Type], ...] = (
    (types.Boolean, Truth, BIT),
    (types.Integer, Whole, LONG),
    (types.Float, Number, DOUBLE),
    (FloatVector, Number, DOUBLE),
    (MaskVector, Truth, BIT),
)
_NUMBA_KIND = {Truth: types.boolean, Whole: types.int64, Number: types.float64}


def _view(context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value) -> View:
    """An array, of any layout."""
    if value is None:
        data = ir.Constant((DOUBLE if kind.dtype == types.float64 else LONG).as_pointer(), ir.Undefined)
        return View(builder, data, [None] * kind.ndim)
    array = context.make_array(kind)(context, builder, value)
    strides = [builder.sdiv(step, LONG(8)) for step in cgutils.unpack_tuple(builder, array.strides)]
    return View(builder, array.data, [*strides[:-1], None] if kind.layout == "C" else strides)


def _kind(item: Any) -> Any:
    """The Numba type of what a traced function returns."""
    if item is None:
        return types.none
    if isinstance(item, tuple):
        named = type(item) if hasattr(item, "_fields") else None
        return types.BaseTuple.from_types(tuple(map(_kind, item)), named)
    if isinstance(item, (bool, int, float)):
        return {bool: types.boolean, int: types.int64, float: types.float64}[type(item)]
    if isinstance(item, (Number, Truth)) and item.lanes:
        return (FloatVector if isinstance(item, Number) else MaskVector)(item.lanes)
    if isinstance(item, (Number, Truth, Whole)):
        return _NUMBA_KIND[type(item)]
    raise TypeError(f"traced functions cannot return {item!r}")


def _value(context: Any, builder: ir.IRBuilder, item: Any, kind: Any) -> ir.Value:
    """What a traced function returns as a value of Numba."""
    if item is None:
        return context.get_dummy_value()
    if isinstance(item, tuple):
        return context.make_tuple(
            builder, kind, [_value(context, builder, *each) for each in zip(item, kind, strict=True)]
        )
    return item.value if isinstance(item, Item) else context.get_constant(kind, item)


def _run(function: Callable[..., Any], arguments: Sequence[Any], then: Callable[[Any], Any]) -> Any:
    """Call a traced function on items, and another one on what it returns.

    Raises
    ------
    TracingError
        If it fails.
    """
    try:
        return then(function(*arguments))
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        at = f"{frames[-1].filename}:{frames[-1].lineno}, " if frames else ""
        name = getattr(function, "__name__", function)
        raise TracingError(f"{at}traced for {name}: {error}") from error


def traced(function: F) -> F:
    """Let kernels call a function as the text above says; in Python it stays what it is."""
    kinds: dict[tuple[Any, ...], Any] = {}

    class Template(AbstractTemplate):  # type: ignore[misc]
        key = function
        prefer_literal = True

        def generic(self, args: tuple[Any, ...], kws: object) -> Any:
            if kws:
                raise TracingError(f"{function.__name__}: kernels give arguments to traced functions by place")
            literal = (types.IntegerLiteral, types.BooleanLiteral)
            args = tuple(kind if isinstance(kind, literal) else types.unliteral(kind) for kind in args)
            if args not in kinds:
                nowhere = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), ()), "nowhere")
                builder = ir.IRBuilder(nowhere.append_basic_block())
                items = [_item(None, builder, kind, None) for kind in args]
                kinds[args] = _run(function, items, _kind)
            return signature(kinds[args], *args)

    infer_global(function, types.Function(Template))

    @lower_builtin(function, types.VarArg(types.Any))  # type: ignore[untyped-decorator]
    def lower(context: Any, builder: ir.IRBuilder, known: Any, values: Sequence[ir.Value]) -> ir.Value:
        items = [_item(context, builder, *each) for each in zip(known.args, values, strict=True)]
        return _run(function, items, lambda item: _value(context, builder, item, known.return_type))

    return function


def _teach_vectors() -> None:
    """Let kernels use operators on vectors, or on a vector and a number."""
    names = ["add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "eq", "ne", "neg"]
    for function in (getattr(operator, name) for name in names):

        @infer_global(function)
        class Template(AbstractTemplate):  # type: ignore[misc]
            def generic(self, args: tuple[Any, ...], kws: object) -> Any:  # noqa: ARG002
                lanes = {kind.lanes for kind in args if isinstance(kind, FloatVector)}
                if len(lanes) != 1 or not all(isinstance(kind, (FloatVector, types.Float)) for kind in args):
                    return None
                compares = self.key in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
                return signature((MaskVector if compares else FloatVector)(*lanes), *args)

        def lower(
            context: Any, builder: ir.IRBuilder, known: Any, values: Sequence[ir.Value], function: Any = function
        ) -> ir.Value:
            items = [_item(context, builder, *each) for each in zip(known.args, values, strict=True)]
            return function(*items).value

        for kinds in ((FloatVector, FloatVector), (FloatVector, types.Float), (types.Float, FloatVector)):
            lower_builtin(function, *(kinds if function is not operator.neg else kinds[:1]))(lower)


_teach_vectors()
