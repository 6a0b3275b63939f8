"""The layers of a network as a tree of stages, blocks and layers with tick boxes: ticked ones are trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from biofm_desktop.engine.models.base import Layer
from biofm_desktop.engine.models.memory import FLOAT, MOMENTS, MemoryNeed, as_text, trained_of, training_memory

AnyIndex = QModelIndex | QPersistentModelIndex
COLUMNS = ("Train", "Kind", "Output", "Weights", "Share", "Memory", "Rate", "Opens")
RATE, OPENS = 6, 7
TIPS = (
    "Ticked layers are trained; the others stay exactly as they are (frozen)",
    "What the layer does",
    "Shape of what it gives for one sample",
    "Numbers in it that training could change",
    "How much of all weights that is",
    "What it needs while training: weights, gradients, and what is kept of each batch",
    "Factor of the learning rate; double-click (F2) to set it",
    "Epoch from which it learns; double-click (F2) to set it: it is frozen until then",
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Node:
    """A stage, a block or a layer; ``layers`` are the places of its layers in the network."""

    def __init__(self, name: str, label: str, parent: Node | None) -> None:
        self.name, self.label, self.parent = name, label, parent
        self.row = 0
        self.children: list[Node] = []
        self.layers: list[int] = []
        self.own: int | None = None

    def walk(self) -> Iterator[Node]:
        """Give this node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def grow(layers: Sequence[Layer]) -> Node:
    """Return the root of the tree that the dotted names of the layers make."""
    root, known = Node("", "", None), dict[str, Node]()
    known[""] = root
    for place, layer in enumerate(layers):
        node, name = root, ""
        root.layers.append(place)
        for part in layer.name.split("."):
            name = f"{name}.{part}" if name else part
            if name not in known:
                known[name] = Node(name, part, node)
                known[name].row = len(node.children)
                node.children.append(known[name])
            node = known[name]
            node.layers.append(place)
        node.own = place
    for node in known.values():
        # A layer with layers inside (attention) is one thing to tick: a pattern for it freezes them as well.
        if node.own is not None and node is not root:
            node.children = []
    return root


class LayerTree(QAbstractItemModel):
    """The model behind the freeze dialog's tree.

    ``ticked`` is emitted once after each change of ticks, ``edited`` when the user typed a rate or an epoch for a part:
    its name, the column, and what was typed.
    """

    ticked = Signal()
    edited = Signal(str, int, str)

    def __init__(self, layers: Sequence[Layer], head: str, batch_size: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layers, self.head, self.batch_size = tuple(layers), head, batch_size
        self._root = grow(layers)
        self._trained = [True] * len(layers)
        self._still: dict[int, frozenset[str]] = {}
        self._all = sum(layer.parameters for layer in layers)
        self._rates: dict[str, float] = {}
        self._opens: dict[str, int] = {}
        self._keeps = [True] * len(layers)

    # What is ticked

    def set_frozen(self, frozen: Set[str]) -> None:
        """Untick the layers of these names and tick all others; tensors (``layer.bias``) stay within ticked layers."""
        self._still = {}
        for place, layer in enumerate(self.layers):
            if still := frozenset(part for part in layer.tensors if f"{layer.name}.{part}" in frozen):
                self._still[place] = still
        self._set([layer.name not in frozen for layer in self.layers])

    def frozen(self) -> set[str]:
        """Return the names of the layers and tensors that are not trained."""
        names = {layer.name for layer, trained in zip(self.layers, self._trained) if not trained}
        return names | {f"{self.layers[i].name}.{part}" for i, still in self._still.items() for part in still}

    def show_plan(self, rates: dict[str, float], opens: dict[str, int]) -> None:
        """Show the rate of each layer, and from which epoch those learn that open later."""
        self._rates, self._opens = rates, opens
        self._tell()

    def patterns(self) -> tuple[str, ...]:
        """Return the shortest patterns that freeze what is unticked: whole stages or blocks, else layers."""
        found: list[str] = []
        waiting = list(reversed(self._root.children))
        while waiting:
            node = waiting.pop()
            if not any(self._trained[i] for i in node.layers):
                found.append(node.name)
            elif not node.children and node.own in self._still:
                found += [f"{node.name}.{part}" for part in sorted(self._still[node.own])]
            else:
                waiting += reversed(node.children)
        return tuple(found)

    def blocks(self) -> list[Node]:
        """Return the stages, or the blocks within stages that have some, in order and without the head."""
        nodes: list[Node] = []
        for stage in self._root.children:
            nodes += [stage] if not stage.children else stage.children
        return [n for n in nodes if n.name != self.head and not n.name.startswith(f"{self.head}.")]

    def frozen_but_last(self, blocks: int) -> set[str]:
        """Return the names of the layers to freeze so that the head and the last ``blocks`` blocks are trained."""
        kept = self.blocks()
        return {self.layers[i].name for node in kept[: max(0, len(kept) - blocks)] for i in node.layers}

    def counts(self) -> tuple[int, int, int, int]:
        """Return how many layers and weights are trained, each followed by how many there are."""
        frozen = self.frozen()
        weights = sum(trained_of(layer, frozen) for layer in self.layers)
        return sum(self._trained), len(self.layers), weights, self._all

    def memory(self) -> MemoryNeed:
        """Return what training with these ticks needs."""
        return training_memory(self.layers, self.frozen(), self.batch_size)

    def _set(self, trained: list[bool]) -> None:
        self._trained = trained
        learns = [t and layer.parameters > 0 for t, layer in zip(trained, self.layers)]
        first = learns.index(True) if True in learns else len(learns)
        self._keeps = [place >= first for place in range(len(learns))]
        self._tell()
        self.ticked.emit()

    def _tell(self) -> None:
        for node in self._root.walk():
            if node.children:
                last = node.children[-1]
                corner = self.createIndex(last.row, len(COLUMNS) - 1, last)
                self.dataChanged.emit(self.createIndex(0, 0, node.children[0]), corner)

    def holding(self, text: str) -> list[tuple[QModelIndex, bool]]:
        """Return every row, and whether its name, one above or one below it holds the text (in any case)."""
        found, text = list[tuple[QModelIndex, bool]](), text.lower()
        for node in self._root.walk():
            if node is not self._root:
                shown = any(text in below.name.lower() for below in node.walk())
                found.append((self.createIndex(node.row, 0, node), shown))
        return found

    # What a view asks for

    def node(self, index: AnyIndex) -> Node:
        """Return the node of an index (the root for none)."""
        made = index.internalPointer() if index.isValid() else self._root
        assert isinstance(made, Node)
        return made

    def index(self, row: int, column: int, parent: AnyIndex = QModelIndex()) -> QModelIndex:  # noqa: B008
        children = self.node(parent).children
        return self.createIndex(row, column, children[row]) if row < len(children) else QModelIndex()

    def parent(self, index: AnyIndex = QModelIndex()) -> QModelIndex:  # type: ignore[override] # noqa: B008
        above = self.node(index).parent if index.isValid() else None
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.column() > 0 else len(self.node(parent).children)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section >= 3:
            return _RIGHT
        return {Qt.ItemDataRole.DisplayRole: COLUMNS, Qt.ItemDataRole.ToolTipRole: TIPS}.get(
            Qt.ItemDataRole(role), (None,) * len(COLUMNS)
        )[section]

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() in (RATE, OPENS):
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node, column = self.node(index), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(node, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == 0:
            return self._state(node)
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= 3:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.name if column == 0 else TIPS[column]
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role == Qt.ItemDataRole.EditRole and index.column() in (RATE, OPENS):
            self.edited.emit(self.node(index).name, index.column(), str(value).strip().lstrip("×").strip())
            return True
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        trained = self._trained.copy()
        for place in self.node(index).layers:
            trained[place] = Qt.CheckState(value) == Qt.CheckState.Checked
            self._still.pop(place, None)
        self._set(trained)
        return True

    def _state(self, node: Node) -> Qt.CheckState:
        ticks = {self._trained[i] for i in node.layers}
        if len(ticks) == 2 or any(i in self._still for i in node.layers):
            return Qt.CheckState.PartiallyChecked
        return Qt.CheckState.Checked if True in ticks else Qt.CheckState.Unchecked

    def _text(self, node: Node, column: int) -> str:
        last = self.layers[node.layers[-1] if node.own is None else node.own]
        match column:
            case 0:
                return node.label
            case 1:
                return last.kind if node.own is not None else f"{len(node.layers)} layer{'s'[: len(node.layers) > 1]}"
            case 2:
                return " × ".join(map(str, last.shape))
            case 3:
                return f"{sum(self.layers[i].parameters for i in node.layers):,}"
            case 4:
                return f"{100 * sum(self.layers[i].parameters for i in node.layers) / max(self._all, 1):.1f} %"
            case 5:
                return as_text(sum(self._bytes(i) for i in node.layers))
        return self._planned(node, column)

    def _planned(self, node: Node, column: int) -> str:
        """Return the rate or the epoch of a part where all in it have the same; a sign where they differ."""
        names = [self.layers[i].name for i in node.layers]
        if column == RATE:
            rates = {self._rates.get(name, 1.0) for name in names}
            return "" if rates == {1.0} else f"× {rates.pop():.3g}" if len(rates) == 1 else "…"
        opens = {self._opens.get(name, 1) for name in names}
        return "" if opens == {1} else str(opens.pop()) if len(opens) == 1 else "…"

    def _bytes(self, place: int) -> int:
        layer = self.layers[place]
        learnt = trained_of(layer, self._frozen_of(place))
        return (
            FLOAT * layer.parameters
            + (FLOAT + MOMENTS) * learnt
            + self.batch_size * (layer.activation_bytes if self._keeps[place] else 0)
        )

    def _frozen_of(self, place: int) -> set[str]:
        name = self.layers[place].name
        return {f"{name}.{part}" for part in self._still.get(place, ())} if self._trained[place] else {name}
